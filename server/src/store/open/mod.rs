//! Opening the database: connections, migrations, what is fixed at the first opening.

mod postgres;
mod sqlite;

use std::fs::File;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex, OnceLock};

pub use postgres::PostgresConfig;
pub(super) use postgres::{
    migrate as migrate_postgres, named as postgres_named, pool as postgres_pool,
};
pub use sqlite::SqliteConfig;

use protocol::HistoryId;

use super::{Inner, Installation, OpenError, Pool, Store, StoreError, run_on};
use crate::clock::Clock;
use crate::random::Random;

/// How many queues commands are spread over; fixed when a database is made.
const SHARDS: u32 = 16;

/// Which database to open, and how.
#[derive(Debug, Clone)]
pub enum DatabaseConfig {
    /// A file.
    Sqlite(SqliteConfig),
    /// A server.
    Postgres(PostgresConfig),
}

impl Store {
    /// Opens the database, making and migrating it as needed.
    ///
    /// # Errors
    /// Each kind says in one sentence what is wrong and where.
    pub async fn open(
        config: &DatabaseConfig,
        clock: &Clock,
        random: &Random,
    ) -> Result<Self, OpenError> {
        match config {
            DatabaseConfig::Sqlite(config) => Self::open_file(config, clock, random).await,
            DatabaseConfig::Postgres(config) => Self::connect(config, clock, random).await,
        }
    }

    /// Gives the history a new id, after a backup was restored: browsers then compare what they hold
    /// with what is here.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn renew_history(&self, clock: &Clock, random: &Random) -> Result<(), StoreError> {
        let id = HistoryId::new(clock.now(), random.bytes());
        run_on!(
            self.write(),
            sqlx::query("UPDATE installation SET history_id = $1").bind(id.0)
        )?;
        self.set_history_id(id);
        Ok(())
    }

    fn over(
        read: Pool,
        write: Pool,
        batches_at_a_time: u32,
        installation: Installation,
        lock: Option<File>,
    ) -> Self {
        Self(Arc::new(Inner {
            read,
            write,
            batches_at_a_time,
            history_id: Mutex::new(installation.history_id),
            installation,
            failed_at: AtomicI64::new(0),
            standing: OnceLock::new(),
            _lock: lock,
        }))
    }
}
