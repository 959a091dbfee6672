//! The disk: tables of text by key, over IndexedDB, or in memory where there is none.

mod indexed;
mod keys;
mod memory;
mod request;

use std::fmt;

use indexed::Indexed;
use memory::Memory;

/// A table. What it is keyed by, and what its text is:
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// By [`Key::Place`]: an event's JSON.
    Events,
    /// By conversation: a record's JSON.
    Conversations,
    /// By conversation: the members' JSON.
    Members,
    /// By user: the profile's JSON.
    Users,
    /// By a number the table gives: an outbox entry's JSON.
    Outbox,
    /// By [`Key::Place`]: nothing; the reader took this event out of their view.
    Hidden,
    /// By [`Key::Place`]: the text of an own message that was recalled.
    Recalled,
    /// By name: single values.
    Meta,
}

impl Table {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Events,
        Self::Conversations,
        Self::Members,
        Self::Users,
        Self::Outbox,
        Self::Hidden,
        Self::Recalled,
        Self::Meta,
    ];

    /// The name of the object store.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Conversations => "conversations",
            Self::Members => "members",
            Self::Users => "users",
            Self::Outbox => "outbox",
            Self::Hidden => "hidden",
            Self::Recalled => "recalled",
            Self::Meta => "meta",
        }
    }
}

/// Where a row stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// Given by the table, growing.
    Number(u64),
    /// An id or a name.
    Text(String),
    /// A conversation and a seq.
    Place(String, u64),
}

/// A row: its key and its text. A row whose text is none was written by somebody else.
pub type Row = (Key, Option<String>);

/// One change.
#[derive(Debug)]
pub enum Write {
    /// Writes a row, over the one that stands there.
    Put(Table, Key, String),
    /// Deletes a row.
    Delete(Table, Key),
    /// Deletes all rows between two keys, both included.
    DeleteSpan(Table, Key, Key),
    /// Deletes all rows.
    Empty(Table),
    /// Writes a row under the next number.
    Append(Table, String),
}

impl Write {
    fn table(&self) -> Table {
        match self {
            Self::Put(table, ..)
            | Self::Delete(table, _)
            | Self::DeleteSpan(table, ..)
            | Self::Empty(table)
            | Self::Append(table, _) => *table,
        }
    }
}

/// How a transaction is written.
#[derive(Debug, Clone, Copy, Default)]
pub struct How {
    /// Only done when it is on the disk for good, not just handed to the system.
    pub strict: bool,
    /// Done only while this is the generation in [`Table::Meta`]: the writer still leads.
    pub fence: Option<u64>,
}

/// The name under which the generation stands in [`Table::Meta`].
pub const GENERATION: &str = "generation";

/// Why the disk did not do what was asked; nothing of the transaction was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiskError {
    /// The browser gives no more room.
    Full,
    /// Somebody else leads now.
    Fenced,
    /// The database was closed, since another tab deletes it or has a newer version of the app.
    LetGo,
    /// Anything else, in the browser's words.
    Failed(String),
}

impl fmt::Display for DiskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.write_str("The browser gives no more room for the history."),
            Self::Fenced => f.write_str("Another tab has taken over."),
            Self::LetGo => f.write_str("Another tab has deleted the history, or is newer."),
            Self::Failed(why) => write!(f, "The browser's storage failed: {why}"),
        }
    }
}

/// One user's disk.
pub enum Disk {
    /// Outlives the tab.
    Indexed(Indexed),
    /// Lives as long as the tab.
    Memory(Memory),
}

macro_rules! each {
    ($disk:expr, $form:ident => $body:expr) => {
        match $disk {
            Disk::Indexed($form) => $body,
            Disk::Memory($form) => $body,
        }
    };
}

impl Disk {
    /// Opens the database of that name, or, where the browser gives none, an empty one in memory.
    pub async fn open(name: &str) -> Self {
        match Indexed::open(name).await {
            Ok(indexed) => Self::Indexed(indexed),
            Err(error) => {
                web_sys::console::warn_1(&error.to_string().into());
                Self::Memory(Memory::default())
            }
        }
    }

    /// Deletes the database of that name; others that have it open let go of it by themselves.
    pub async fn delete(name: &str) -> Result<(), DiskError> {
        Indexed::delete(name).await
    }

    /// Lets go of the database.
    pub fn close(&self) {
        if let Self::Indexed(indexed) = self {
            indexed.close();
        }
    }

    /// Whether it outlives the tab.
    pub fn lasting(&self) -> bool {
        matches!(self, Self::Indexed(_))
    }

    /// The text of a row.
    pub async fn get(&self, table: Table, key: &Key) -> Result<Option<String>, DiskError> {
        each!(self, form => form.get(table, key).await)
    }

    /// All rows, by key.
    pub async fn all(&self, table: Table) -> Result<Vec<Row>, DiskError> {
        each!(self, form => form.rows(table, None).await)
    }

    /// The rows between two keys, both included, by key.
    pub async fn span(&self, table: Table, from: Key, to: Key) -> Result<Vec<Row>, DiskError> {
        each!(self, form => form.rows(table, Some((from, to))).await)
    }

    /// The keys between two, both included, in order.
    pub async fn keys(&self, table: Table, from: Key, to: Key) -> Result<Vec<Key>, DiskError> {
        each!(self, form => form.keys(table, from, to).await)
    }

    /// The last key between two, both included.
    pub async fn last(&self, table: Table, from: Key, to: Key) -> Result<Option<Key>, DiskError> {
        each!(self, form => form.last(table, from, to).await)
    }

    /// How many rows there are.
    pub async fn count(&self, table: Table) -> Result<u64, DiskError> {
        each!(self, form => form.count(table).await)
    }

    /// Does all of it in one transaction, and gives the numbers of what was appended.
    pub async fn write(&self, writes: Vec<Write>, how: How) -> Result<Vec<u64>, DiskError> {
        if writes.is_empty() {
            return Ok(Vec::new());
        }
        each!(self, form => form.write(writes, how).await)
    }

    /// Reads a row, and writes what `change` makes of it (nothing for none), in one transaction.
    /// Gives the text that stands there then.
    pub async fn change(
        &self,
        table: Table,
        key: &Key,
        how: How,
        change: impl FnOnce(Option<String>) -> Option<String>,
    ) -> Result<Option<String>, DiskError> {
        each!(self, form => form.change(table, key, how, change).await)
    }
}
