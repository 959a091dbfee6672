//! The database: the only place with SQL.
//!
//! One concrete [`Store`] over SQLite or Postgres. Statements are written so that both take them
//! (`$1`, `RETURNING`, `ON CONFLICT`, `NOT flag`), and macros in [`pool`] run them on the one that it
//! is; only the append of a batch ([`append`]) and retention are written twice.
//!
//! Reads that need several statements to agree run in one transaction. On SQLite everything that
//! writes goes through one connection, so nothing may be awaited while it is held but the database
//! itself; on Postgres what is read to be written again is locked first.

mod access_tokens;
pub mod append;
mod claim;
mod contact_requests;
mod contacts;
mod contacts_between;
mod conversations;
mod error;
mod heads;
mod identities;
mod log;
mod log_ins;
mod membership;
mod mentions;
pub mod migrate;
mod nodes;
mod open;
mod pool;
mod preferences;
mod profiles;
mod push;
mod qr_log_ins;
mod retention;
mod rows;
mod second_factors;
mod sessions;
mod users;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use protocol::{HistoryId, Millis};

pub use access_tokens::ListedToken;
pub use claim::{Claim, Seen, Share};
pub use contact_requests::NewRequest;
pub use contacts::Acquaintance;
pub use error::{OpenError, StoreError};
pub use heads::{Heads, Joined, Moved, Standing};
pub use identities::{Admission, IdentityOwner, LinkedIdentity, Linking, NewIdentity, Unlinking};
pub use log_ins::{AfterLogIn, LogInPlan, NewLogIn, NewNewcomer, StoredNewcomer};
pub use open::{DatabaseConfig, PostgresConfig, SqliteConfig};
use pool::{Pool, on_pool, run_on};
pub use push::{
    Addressed, Candidate, Due, ListedSubscription, MostSubscriptions, NewSubscription,
    NotificationKey, OfflineJob,
};
pub use qr_log_ins::{AskingDevice, MostQrLogIns, NewQrLogIn, StoredQrLogIn};
pub use retention::{DAYS_AHEAD, Deleted};
pub use second_factors::SecondFactor;
pub use sessions::{ListedSession, NewSession, StoredSession};
pub use users::{Credentials, NewUser, UserKey};

/// How long to wait for connections to a server to be closed.
const CLOSE: Duration = Duration::from_secs(3);

/// How long a failure to write counts.
const FAILURE_COUNTS: Millis = 10_000;

/// The database. Clones share its connections.
#[derive(Debug, Clone)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    read: Pool,
    write: Pool,
    batches_at_a_time: u32,
    installation: Installation,
    /// As it is now.
    history_id: Mutex<HistoryId>,
    /// When it could not be written to, if it has not been since; else 0.
    failed_at: AtomicI64,
    /// Set once a server claims it.
    standing: OnceLock<claim::Standing>,
    /// Held as long as the database is open, so that no second server writes to it.
    _lock: Option<std::fs::File>,
}

/// What was fixed when the database was made.
#[derive(Debug, Clone, Copy)]
pub struct Installation {
    history_id: HistoryId,
    /// How many queues the conversations' commands are spread over.
    pub shards: u32,
    /// What secrets of the installation are derived from.
    pub secret: [u8; 32],
}

impl Store {
    /// What was fixed when the database was made.
    pub fn installation(&self) -> &Installation {
        &self.0.installation
    }

    /// The identity of this history; changes when a backup is restored.
    pub fn history_id(&self) -> HistoryId {
        *self
            .0
            .history_id
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn set_history_id(&self, id: HistoryId) {
        *self
            .0
            .history_id
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = id;
    }

    /// Connections for reading; writing on them fails.
    fn read(&self) -> &Pool {
        &self.0.read
    }

    /// Connections for writing.
    fn write(&self) -> &Pool {
        &self.0.write
    }

    /// Whether it is on a server, not in a file.
    pub fn is_on_server(&self) -> bool {
        self.write().is_postgres()
    }

    /// How many batches of commands may be stored side by side, each by an appender of its own. A file
    /// takes one at a time.
    pub fn batches_at_a_time(&self) -> u32 {
        self.0.batches_at_a_time
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
        run_on!(self.write(), sqlx::query("SELECT 1"))?;
        Ok(())
    }

    /// Closes all connections but those of appenders, once what is under way is done. SQLite then folds
    /// its write-ahead log into the database file. A server that does not answer is not waited for long.
    pub async fn close(&self) {
        for pool in [self.read(), self.write()] {
            match pool {
                Pool::Sqlite(pool) => pool.close().await,
                // What is left ends with the process.
                Pool::Postgres(pool) => drop(tokio::time::timeout(CLOSE, pool.close()).await),
            }
        }
    }
}
