//! Which database it is, and how the same statement runs on either.

use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use sqlx::postgres::PgPool;
use sqlx::{Postgres, Sqlite, SqlitePool, Transaction};

use super::{Store, StoreError};

/// Connections to the database, by kind.
#[derive(Debug, Clone)]
pub(super) enum Pool {
    /// A file, or memory.
    Sqlite(SqlitePool),
    /// A server.
    Postgres(PgPool),
}

/// Statements that see, and change, one moment together. Dropped before [`Work::commit`], it changes
/// nothing.
#[derive(Debug)]
pub(super) enum Work {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// Longest time a statement may take on a server, which may be frozen or cut off. The server itself
/// gives up at the same time.
pub(super) const STATEMENT: Duration = Duration::from_secs(10);

/// Runs one statement on a pool, whichever it is; evaluates to a `Result`.
macro_rules! on_pool {
    ($which:expr, $pool:ident => $statement:expr) => {
        match $which {
            $crate::store::Pool::Sqlite($pool) => {
                $statement.await.map_err($crate::store::StoreError::from)
            }
            $crate::store::Pool::Postgres($pool) => $crate::store::pool::in_time($statement).await,
        }
    };
}
pub(super) use on_pool;

/// Runs one statement within [`Work`], whichever it is; evaluates to a `Result`.
macro_rules! on {
    ($work:expr, $connection:ident => $statement:expr) => {
        match &mut *$work {
            $crate::store::pool::Work::Sqlite(work) => {
                let $connection = &mut **work;
                $statement.await.map_err($crate::store::StoreError::from)
            }
            $crate::store::pool::Work::Postgres(work) => {
                let $connection = &mut **work;
                $crate::store::pool::in_time($statement).await
            }
        }
    };
}
pub(super) use on;

/// Runs a statement on a pool and evaluates to the number of rows it changed.
macro_rules! run_on {
    ($which:expr, $statement:expr) => {
        match $which {
            $crate::store::Pool::Sqlite(pool) => match $statement.execute(pool).await {
                Ok(done) => Ok(done.rows_affected()),
                Err(error) => Err($crate::store::StoreError::from(error)),
            },
            $crate::store::Pool::Postgres(pool) => {
                let done = $crate::store::pool::in_time($statement.execute(pool)).await;
                done.map(|done| done.rows_affected())
            }
        }
    };
}
pub(super) use run_on;

/// Runs a statement within [`Work`] and evaluates to the number of rows it changed.
macro_rules! run {
    ($work:expr, $statement:expr) => {
        match &mut *$work {
            $crate::store::pool::Work::Sqlite(work) => {
                match $statement.execute(&mut **work).await {
                    Ok(done) => Ok(done.rows_affected()),
                    Err(error) => Err($crate::store::StoreError::from(error)),
                }
            }
            $crate::store::pool::Work::Postgres(work) => {
                let done = $crate::store::pool::in_time($statement.execute(&mut **work)).await;
                done.map(|done| done.rows_affected())
            }
        }
    };
}
pub(super) use run;

/// A statement about a list, which is one parameter ([`Ids`](super::rows::Ids)): `among!(which,
/// "… WHERE id ", "$1", " ORDER BY id")`.
macro_rules! among {
    ($which:expr, $before:literal, $parameter:literal, $after:literal) => {
        if $which.is_postgres() {
            concat!($before, "= ANY(", $parameter, ")", $after)
        } else {
            concat!(
                $before,
                "IN (SELECT unhex(value) FROM json_each(",
                $parameter,
                "))",
                $after
            )
        }
    };
}
pub(super) use among;

/// Waits for a server as long as a statement may take.
pub(super) async fn in_time<T>(
    statement: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, StoreError> {
    match tokio::time::timeout(STATEMENT, statement).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(sqlx::Error::PoolTimedOut.into()),
    }
}

/// Takes a connection to a server. In a box: it may have to be opened, for which eight kilobytes are set
/// aside, that every request would otherwise carry along from its beginning, on SQLite too.
pub(super) fn connect<'a, T>(
    taken: impl Future<Output = Result<T, sqlx::Error>> + Send + 'a,
) -> BoxFuture<'a, Result<T, sqlx::Error>> {
    taken.boxed()
}

impl Pool {
    pub(super) fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }
}

impl Work {
    pub(super) fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Keeps what was changed: once this returns `Ok`, it is on the disk.
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(work) => Ok(work.commit().await?),
            Self::Postgres(work) => in_time(work.commit()).await,
        }
    }

    /// Waits until nobody else holds this lock, until the end. On SQLite there is only one who writes.
    pub(super) async fn lock(&mut self, lock: Lock) -> Result<(), StoreError> {
        if let Self::Postgres(work) = self {
            let taken = sqlx::query("SELECT pg_advisory_xact_lock(hashtext($1))")
                .bind(lock.name())
                .execute(&mut **work);
            in_time(taken).await?;
        }
        Ok(())
    }
}

/// What only one may do at a time, on all nodes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Lock {
    /// Making an account: they are numbered, and the first is special.
    NewUser,
}

impl Lock {
    fn name(self) -> &'static str {
        match self {
            Self::NewUser => "zspchat new user",
        }
    }
}

impl Store {
    /// Begins to read: all statements see the same moment.
    pub(super) async fn reading(&self) -> Result<Work, StoreError> {
        Ok(match self.read() {
            Pool::Sqlite(pool) => Work::Sqlite(pool.begin().await?),
            Pool::Postgres(pool) => {
                let begun = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
                Work::Postgres(in_time(connect(begun)).await?)
            }
        })
    }

    /// Begins to write. On SQLite nobody else does until it ends; on Postgres rows must be locked that
    /// are read first.
    pub(super) async fn writing(&self) -> Result<Work, StoreError> {
        Ok(match self.write() {
            Pool::Sqlite(pool) => Work::Sqlite(begin(pool).await?),
            Pool::Postgres(pool) => Work::Postgres(in_time(connect(pool.begin())).await?),
        })
    }
}

/// Begins to write on SQLite's one connection for it.
async fn begin(pool: &SqlitePool) -> Result<Transaction<'static, Sqlite>, StoreError> {
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
