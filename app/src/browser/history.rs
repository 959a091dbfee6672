//! What the disk holds, by its meaning.

use protocol::api::accounts::{Me, User};
use protocol::api::contacts::{Contact, ContactRequest};
use protocol::api::conversations::Members;
use protocol::sync::{self, Entry, Meta, Record};
use protocol::{ConversationId, Event, Kind, Seq, UserId, json};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::disk::{Disk, DiskError, GENERATION, How, Key, Row, Table, Write};

/// Most rows that are read at once.
const WINDOW: u64 = 1_000;

/// One user's history on this device.
pub struct History {
    /// Where it is.
    pub disk: Disk,
    user: UserId,
}

/// A list of the account's, and the `ETag` it came with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Kept<T> {
    /// As the server told.
    pub value: T,
    /// To ask whether it changed.
    #[serde(default)]
    pub etag: Option<String>,
}

/// Names of single values.
pub mod name {
    /// What the engine knows about the whole.
    pub const ENGINE: &str = "engine";
    /// The reader's own profile.
    pub const ME: &str = "me";
    /// The contacts.
    pub const CONTACTS: &str = "contacts";
    /// The requests to become contacts.
    pub const REQUESTS: &str = "requests";
}

/// All but the events.
#[derive(Debug, Clone, Default)]
pub struct Start {
    pub records: Vec<Record>,
    pub users: Vec<User>,
    pub contacts: Vec<Contact>,
    pub requests: Vec<ContactRequest>,
    pub outbox: Vec<Entry>,
    pub me: Option<Me>,
}

impl History {
    /// The name of a user's database.
    pub fn name(user: UserId) -> String {
        format!("zspchat-{user}")
    }

    /// Opens a user's.
    pub async fn open(user: UserId) -> Self {
        Self {
            disk: Disk::open(&Self::name(user)).await,
            user,
        }
    }

    /// Whose it is.
    pub fn user(&self) -> UserId {
        self.user
    }

    /// What the list and the cards show.
    pub async fn start(&self) -> Result<Start, DiskError> {
        let kept = |it: Option<Kept<Vec<Contact>>>| it.map(|it| it.value).unwrap_or_default();
        let asked =
            |it: Option<Kept<Vec<ContactRequest>>>| it.map(|it| it.value).unwrap_or_default();
        Ok(Start {
            records: read_all(&self.disk.all(Table::Conversations).await?),
            users: read_all(&self.disk.all(Table::Users).await?),
            contacts: kept(self.value(name::CONTACTS).await?),
            requests: asked(self.value(name::REQUESTS).await?),
            outbox: self.outbox().await?,
            me: self
                .value::<Kept<Me>>(name::ME)
                .await?
                .map(|kept| kept.value),
        })
    }

    /// What an engine starts from.
    pub async fn for_engine(&self) -> Result<sync::Disk, DiskError> {
        Ok(sync::Disk {
            user: self.user,
            meta: self.value::<Meta>(name::ENGINE).await?.unwrap_or_default(),
            records: read_all(&self.disk.all(Table::Conversations).await?),
            outbox: self.outbox().await?,
        })
    }

    /// Makes all that lead so far lose their right to write, and gives the new right.
    pub async fn take_over(&self) -> Result<u64, DiskError> {
        let key = Key::Text(GENERATION.to_owned());
        let next = |old: Option<String>| {
            let old = old.and_then(|it| it.parse::<u64>().ok()).unwrap_or(0);
            Some((old + 1).to_string())
        };
        let text = self
            .disk
            .change(Table::Meta, &key, How::default(), next)
            .await?;
        text.and_then(|it| it.parse().ok())
            .ok_or_else(|| DiskError::Failed("the generation cannot be read".to_owned()))
    }

    /// The commands that wait, by position.
    pub async fn outbox(&self) -> Result<Vec<Entry>, DiskError> {
        let rows = self.disk.all(Table::Outbox).await?;
        Ok(rows
            .iter()
            .filter_map(|(key, text)| entry(key, text.as_deref()?))
            .collect())
    }

    /// One of them.
    pub async fn entry(&self, position: u64) -> Result<Option<Entry>, DiskError> {
        let key = Key::Number(position);
        let text = self.disk.get(Table::Outbox, &key).await?;
        Ok(text.and_then(|text| entry(&key, &text)))
    }

    /// A conversation's record.
    pub async fn record(&self, conversation: ConversationId) -> Result<Option<Record>, DiskError> {
        self.json(Table::Conversations, conversation.to_string())
            .await
    }

    /// A conversation's members, as last told.
    pub async fn members(
        &self,
        conversation: ConversationId,
    ) -> Result<Option<Members>, DiskError> {
        self.json(Table::Members, conversation.to_string()).await
    }

    /// A single value.
    pub async fn value<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, DiskError> {
        self.json(Table::Meta, name.to_owned()).await
    }

    /// The rows of a stretch of a log, as they are: sound or not.
    pub async fn rows(
        &self,
        conversation: ConversationId,
        from: Seq,
        to: Seq,
    ) -> Result<Vec<Row>, DiskError> {
        self.disk
            .span(
                Table::Events,
                place(conversation, from),
                place(conversation, to),
            )
            .await
    }

    /// Where events of a log stand, from `from` on.
    pub async fn seqs(
        &self,
        conversation: ConversationId,
        from: Seq,
    ) -> Result<Vec<Seq>, DiskError> {
        let (from, to) = (place(conversation, from), place(conversation, Seq::MAX));
        let keys = self.disk.keys(Table::Events, from, to).await?;
        Ok(keys.iter().filter_map(seq).collect())
    }

    /// What the reader took out of their view, in order.
    pub async fn hidden(&self, conversation: ConversationId) -> Result<Vec<Seq>, DiskError> {
        let rows = self
            .disk
            .span(
                Table::Hidden,
                place(conversation, 0),
                place(conversation, Seq::MAX),
            )
            .await?;
        Ok(rows.iter().filter_map(|(key, _)| seq(key)).collect())
    }

    /// The texts of own messages that were recalled.
    pub async fn recalled(
        &self,
        conversation: ConversationId,
    ) -> Result<Vec<(Seq, String)>, DiskError> {
        let rows = self
            .disk
            .span(
                Table::Recalled,
                place(conversation, 0),
                place(conversation, Seq::MAX),
            )
            .await?;
        let texts = rows.into_iter();
        Ok(texts
            .filter_map(|(key, text)| Some((seq(&key)?, text?)))
            .collect())
    }

    /// Events older than `before`, by seq, without the hidden ones: at least `count` and down to
    /// `to`, if there are so many; and whether there are still older ones.
    pub async fn older(
        &self,
        conversation: ConversationId,
        before: Seq,
        count: usize,
        to: Option<Seq>,
    ) -> Result<(Vec<Event>, bool), DiskError> {
        let hidden = self.hidden(conversation).await?;
        self.stretch(conversation, before, count, to, &hidden).await
    }

    /// As [`History::older`], with the hidden ones.
    pub async fn unfiltered(
        &self,
        conversation: ConversationId,
        before: Seq,
        count: usize,
    ) -> Result<(Vec<Event>, bool), DiskError> {
        self.stretch(conversation, before, count, None, &[]).await
    }

    async fn stretch(
        &self,
        conversation: ConversationId,
        before: Seq,
        count: usize,
        to: Option<Seq>,
        hidden: &[Seq],
    ) -> Result<(Vec<Event>, bool), DiskError> {
        let lowest = to.unwrap_or(Seq::MAX);
        let (mut parts, mut found, mut end) = (Vec::new(), 0, before);
        while found < count || end > lowest {
            let Some(top) = self.top(conversation, end).await? else {
                return Ok((parts.into_iter().rev().flatten().collect(), false));
            };
            let missing = (count - found.min(count)) as u64;
            let wanted = missing.max(top.saturating_sub(lowest) + 1).clamp(1, WINDOW);
            end = (top + 1).saturating_sub(wanted);
            let rows = self.rows(conversation, end, top).await?;
            let part: Vec<Event> = rows
                .iter()
                .filter_map(event)
                .filter(|event| hidden.binary_search(&event.seq).is_err())
                .collect();
            found += part.len();
            parts.push(part);
        }
        let older = self.top(conversation, end).await?.is_some();
        Ok((parts.into_iter().rev().flatten().collect(), older))
    }

    async fn top(
        &self,
        conversation: ConversationId,
        before: Seq,
    ) -> Result<Option<Seq>, DiskError> {
        let Some(to) = before.checked_sub(1) else {
            return Ok(None);
        };
        let (from, to) = (place(conversation, 0), place(conversation, to));
        let last = self.disk.last(Table::Events, from, to).await?;
        Ok(last.as_ref().and_then(seq))
    }

    async fn json<T: DeserializeOwned>(
        &self,
        table: Table,
        key: String,
    ) -> Result<Option<T>, DiskError> {
        let text = self.disk.get(table, &Key::Text(key)).await?;
        // What cannot be read is as good as not there: it is fetched again.
        Ok(text.and_then(|text| json::from_str(&text).ok()))
    }
}

/// Where an event stands, and its marks.
pub fn place(conversation: ConversationId, seq: Seq) -> Key {
    Key::Place(conversation.to_string(), seq)
}

/// The seq of a place.
pub fn seq(key: &Key) -> Option<Seq> {
    match key {
        Key::Place(_, seq) => Some(*seq),
        _ => None,
    }
}

/// The event of a row, if it can be read and stands where it belongs.
pub fn event((key, text): &Row) -> Option<Event> {
    let event: Event = json::from_str(text.as_deref()?).ok()?;
    (place(event.conversation, event.seq) == *key).then_some(event)
}

/// As [`event`], if it is also what the server made it.
pub fn sound_event(row: &Row) -> Option<Event> {
    event(row).filter(|event| event.digest == event.computed_digest())
}

fn entry(key: &Key, text: &str) -> Option<Entry> {
    let entry: Entry = json::from_str(text).ok()?;
    match key {
        Key::Number(position) => Some(Entry {
            position: *position,
            ..entry
        }),
        _ => None,
    }
}

fn read_all<T: DeserializeOwned>(rows: &[Row]) -> Vec<T> {
    rows.iter()
        .filter_map(|(_, text)| json::from_str(text.as_deref()?).ok())
        .collect()
}

/// Writes an event over what stands in its place.
pub fn put_event(event: &Event) -> Write {
    let key = place(event.conversation, event.seq);
    Write::Put(Table::Events, key, json::to_string(event))
}

/// Writes a record.
pub fn put_record(record: &Record) -> Write {
    let key = Key::Text(record.conversation.id.to_string());
    Write::Put(Table::Conversations, key, json::to_string(record))
}

/// Writes a profile.
pub fn put_user(user: &User) -> Write {
    Write::Put(
        Table::Users,
        Key::Text(user.id.to_string()),
        json::to_string(user),
    )
}

/// Writes a single value.
pub fn put_value(name: &str, value: &impl Serialize) -> Write {
    Write::Put(
        Table::Meta,
        Key::Text(name.to_owned()),
        json::to_string(value),
    )
}

/// The text of a message, for its writer to edit again.
pub fn message_text(event: &Event) -> Option<String> {
    if event.kind != Kind::Message {
        return None;
    }
    match event.body() {
        protocol::Body::Message(message) => match message.content {
            protocol::Content::Text { text } => Some(text),
            protocol::Content::Unknown => None,
        },
        _ => None,
    }
}
