//! A writer's way into the database.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use protocol::Millis;
use sqlx::pool::PoolConnection;
use sqlx::{Connection as _, PgPool, Postgres};
use tokio::time::Instant;

use super::super::pool::{Pool, connect, in_time};
use super::super::retention::make_days;
use super::super::{Store, StoreError};
use super::{Append, Connection};

/// How long a connection that is not used is taken to be there still.
const LASTS: Duration = Duration::from_secs(1);

/// What one writer appends by: to a file by the connection that all write by, to a server by a
/// connection of its own, which it keeps from one batch to the next. From a pool, each batch would wait
/// for two more answers: whether the connection is there, and whether it is fit to be put back.
#[derive(Debug)]
pub struct Appender {
    store: Store,
    pool: Pool,
    kept: Mutex<Option<Kept>>,
}

#[derive(Debug)]
struct Kept {
    connection: PoolConnection<Postgres>,
    since: Instant,
}

impl Store {
    /// A way into the database for one writer. To a server it connects on the runtime that the writer
    /// runs on.
    pub fn appender(&self) -> Appender {
        let pool = match self.write() {
            Pool::Sqlite(pool) => Pool::Sqlite(pool.clone()),
            Pool::Postgres(pool) => {
                let options = pool.options().clone().max_connections(1);
                // It is kept, and looked at here.
                let options = options.idle_timeout(None).max_lifetime(None);
                Pool::Postgres(options.connect_lazy_with((*pool.connect_options()).clone()))
            }
        };
        Appender {
            store: self.clone(),
            pool,
            kept: Mutex::default(),
        }
    }
}

impl Appender {
    /// Where it leads to.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Begins a batch.
    ///
    /// # Errors
    /// The database cannot serve, or another server may have it.
    pub async fn begin(&self) -> Result<Append<'_>, StoreError> {
        if !self.store.may_append() {
            return Err(StoreError::NotOurs);
        }
        let connection = match &self.pool {
            Pool::Sqlite(pool) => Connection::Sqlite(pool.acquire().await?),
            Pool::Postgres(pool) => Connection::Postgres(self.take(pool).await?),
        };
        Ok(Append {
            connection,
            appender: self,
        })
    }

    /// Makes room for what is to come: see [`Store::make_room`].
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn make_room(
        &self,
        events_from: Millis,
        keys_from: Millis,
        now: Millis,
    ) -> Result<(), StoreError> {
        let Pool::Postgres(pool) = &self.pool else {
            return Ok(());
        };
        let mut connection = self.take(pool).await?;
        make_days(&mut *connection, events_from, keys_from, now).await?;
        self.keep(connection);
        Ok(())
    }

    /// Closes the connection, if it is its own.
    pub async fn close(&self) {
        drop(self.kept().take());
        if let Pool::Postgres(pool) = &self.pool {
            pool.close().await;
        }
    }

    /// Keeps a connection for the next batch, on which the one before went well.
    pub(super) fn keep(&self, connection: PoolConnection<Postgres>) {
        let since = Instant::now();
        self.kept().replace(Kept { connection, since });
    }

    /// The connection that was kept, or another one.
    async fn take(&self, pool: &PgPool) -> Result<PoolConnection<Postgres>, StoreError> {
        let kept = self.kept().take();
        if let Some(mut kept) = kept {
            if kept.since.elapsed() <= LASTS {
                return Ok(kept.connection);
            }
            match in_time(kept.connection.ping()).await {
                Ok(()) => return Ok(kept.connection),
                Err(error) => {
                    tracing::info!(%error, "the connection to the database was lost meanwhile");
                    kept.connection.close_on_drop();
                }
            }
        }
        in_time(connect(pool.acquire())).await
    }

    fn kept(&self) -> MutexGuard<'_, Option<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
