//! Which database it is.

/// Connections to the database, by kind.
#[derive(Debug, Clone)]
pub(crate) enum Pool {
    /// A file, or memory.
    Sqlite(sqlx::SqlitePool),
}

/// Repeats a body for each kind of database, with its pool under the name given.
macro_rules! on_pool {
    ($which:expr, $pool:ident => $body:expr) => {
        match $which {
            $crate::store::Pool::Sqlite($pool) => $body,
        }
    };
}
pub(crate) use on_pool;
