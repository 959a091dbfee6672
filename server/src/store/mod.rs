//! The database: the only place with SQL.
//!
//! One concrete [`Store`] over whatever database is configured. Queries are written so that SQLite
//! and Postgres both take them (`$1`, `RETURNING`, `ON CONFLICT`); only the hot append of a batch
//! ([`append`]) and lists of ids as one parameter speak one dialect.
//!
//! Reads that need several statements to agree run in one transaction on a reading connection.
//! Everything that writes goes through the one writing connection; nothing may be awaited while it
//! is held, but the database itself.

pub mod append;
mod contact_requests;
mod contacts;
mod contacts_between;
mod conversations;
mod error;
mod heads;
mod log;
mod membership;
mod mentions;
mod open;
mod pool;
mod preferences;
mod profiles;
mod retention;
mod rows;
mod sessions;
mod users;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use protocol::{HistoryId, Millis};

pub use contact_requests::NewRequest;
pub use contacts::Acquaintance;
pub use error::{OpenError, StoreError};
pub use heads::{Heads, Joined, Moved, Standing};
pub use open::DatabaseConfig;
pub(crate) use pool::{Pool, on_pool};
pub use retention::Deleted;
pub use sessions::{NewSession, StoredSession};
pub use users::{Credentials, NewUser, UserKey};

/// How long a failure to write counts.
const FAILURE_COUNTS: Millis = 10_000;

/// The database. Clones share its connections.
#[derive(Debug, Clone)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    read: Pool,
    write: Pool,
    installation: Installation,
    /// When it could not be written to, if it has not been since; else 0.
    failed_at: AtomicI64,
    /// Held as long as the database is open, so that no second server writes to it.
    _lock: Option<std::fs::File>,
}

/// What was fixed when the database was made.
#[derive(Debug, Clone, Copy)]
pub struct Installation {
    /// The identity of this history; changes when a backup is restored.
    pub history_id: HistoryId,
    /// How many queues the conversations' commands are spread over.
    pub shards: u32,
    /// Signs form tokens.
    pub secret: [u8; 32],
}

impl Store {
    /// What was fixed when the database was made.
    pub fn installation(&self) -> &Installation {
        &self.0.installation
    }

    /// Connections for reading; writing on them fails.
    pub(crate) fn read(&self) -> &Pool {
        &self.0.read
    }

    /// The connection for writing.
    pub(crate) fn write(&self) -> &Pool {
        &self.0.write
    }

    /// Notes whether a batch could be written: a full disk can still be read.
    pub fn note_written(&self, written: bool, now: Millis) {
        let failed_at = if written { 0 } else { now };
        self.0.failed_at.store(failed_at, Ordering::Relaxed);
    }

    /// Whether the last batch could not be written, which was not long ago. After a while it counts
    /// no more, since only another attempt can show whether it can be written now.
    pub fn fails(&self, now: Millis) -> bool {
        now - self.0.failed_at.load(Ordering::Relaxed) < FAILURE_COUNTS
    }

    /// Whether the database answers, for `/readyz`.
    ///
    /// # Errors
    /// It does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        on_pool!(self.write(), pool => {
            sqlx::query("SELECT 1").execute(pool).await?;
        });
        Ok(())
    }

    /// Closes all connections, once what is under way is done. SQLite then folds its write-ahead
    /// log into the database file.
    pub async fn close(&self) {
        on_pool!(self.read(), pool => pool.close().await);
        on_pool!(self.write(), pool => pool.close().await);
    }
}
