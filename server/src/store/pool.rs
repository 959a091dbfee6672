//! Which database it is.

use sqlx::{Sqlite, SqliteConnection, Transaction};

use super::{Store, StoreError};

/// Connections to the database, by kind.
#[derive(Debug, Clone)]
pub(crate) enum Pool {
    /// A file, or memory.
    Sqlite(sqlx::SqlitePool),
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
        Ok(on_pool!(self.write(), pool => pool.begin_with("BEGIN IMMEDIATE").await?))
    }
}
