//! Which database it is.

use sqlx::{Sqlite, SqliteConnection, SqlitePool, Transaction};

use super::{Store, StoreError};

/// Connections to the database, by kind.
#[derive(Debug, Clone)]
pub(crate) enum Pool {
    /// A file, or memory.
    Sqlite(SqlitePool),
}

/// What functions shared by several transactions run on.
pub(super) type Connection = SqliteConnection;

/// Repeats a body for each kind of database, with its pool under the name given.
macro_rules! on_pool {
    ($which:expr, $pool:ident => $body:expr) => {
        match $which {
            $crate::store::Pool::Sqlite($pool) => $body,
        }
    };
}
pub(crate) use on_pool;

impl Store {
    /// Begins to read: all statements see the same moment.
    pub(crate) async fn reading(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(on_pool!(self.read(), pool => pool.begin().await?))
    }

    /// Begins to write: nobody else does until it ends.
    pub(crate) async fn writing(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        on_pool!(self.write(), pool => begin(pool).await)
    }
}

/// Begins to write on SQLite's one connection for it.
pub(super) async fn begin(pool: &SqlitePool) -> Result<Transaction<'static, Sqlite>, StoreError> {
    const BEGIN: &str = "BEGIN IMMEDIATE";
    match pool.begin_with(BEGIN).await {
        // When the disk is full SQLite ends a transaction by itself, and the connection takes it for
        // one that goes on: it is of no use any more.
        Err(sqlx::Error::InvalidSavePointStatement) => {
            pool.acquire().await?.close().await?;
            Ok(pool.begin_with(BEGIN).await?)
        }
        begun => Ok(begun?),
    }
}
