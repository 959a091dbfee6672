//! A writer's way into the database.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use protocol::Millis;
use sqlx::{Connection as _, PgConnection, PgPool};
use tokio::time::Instant;

use super::super::pool::{Pool, connect, in_time};
use super::super::retention::make_days;
use super::super::{Store, StoreError};
use super::{Append, Connection};

/// How long a connection is kept: then it is opened anew, wherever the server's name leads by then.
const KEPT: Duration = Duration::from_mins(30);

/// What one writer appends by: to a file by the connection that all write by, to a server by a
/// connection of its own, which it keeps from one batch to the next. From a pool, each batch would have
/// to wait for one, and for the pool to ask whether it is still there.
#[derive(Debug)]
pub struct Appender {
    store: Store,
    /// Of a server it only opens connections, which are its own no more then: one that was cut off in
    /// the middle of something is dropped, and holds up neither the next one nor the end.
    pool: Pool,
    kept: Mutex<Option<Own>>,
}

/// A connection to a server that belongs to one writer.
#[derive(Debug)]
pub(super) struct Own {
    pub(super) connection: PgConnection,
    opened: Instant,
}

impl Store {
    /// A way into the database for one writer. To a server it connects on the runtime that the writer
    /// runs on.
    pub fn appender(&self) -> Appender {
        let pool = match self.write() {
            Pool::Sqlite(pool) => Pool::Sqlite(pool.clone()),
            Pool::Postgres(pool) => {
                let options = pool.options().clone().max_connections(1);
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
            Pool::Postgres(pool) => Connection::Postgres(self.own(pool).await?),
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
        let mut own = self.own(pool).await?;
        make_days(&mut own.connection, events_from, keys_from, now).await?;
        self.keep(own);
        Ok(())
    }

    /// Closes the connection, if it is its own.
    pub async fn close(&self) {
        let kept = self.kept().take();
        if let Some(Own { connection, .. }) = kept {
            // Without a goodbye it is closed too.
            let _ = in_time(connection.close()).await;
        }
    }

    /// Keeps a connection, on which nothing is under way, for the next batch.
    pub(super) fn keep(&self, own: Own) {
        self.kept().replace(own);
    }

    /// The connection that was kept, or another one.
    async fn own(&self, pool: &PgPool) -> Result<Own, StoreError> {
        let kept = self.kept().take();
        if let Some(own) = kept.filter(|own| own.opened.elapsed() < KEPT) {
            return Ok(own);
        }
        let connection = in_time(connect(pool.acquire())).await?.detach();
        let opened = Instant::now();
        Ok(Own { connection, opened })
    }

    fn kept(&self) -> MutexGuard<'_, Option<Own>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
