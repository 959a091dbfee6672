//! Storing a batch of commands all or nothing, with as many statements for two hundred as for one.
//!
//! [`Append::load`] reads what the rules look at, the caller decides, [`Append::commit`] writes what
//! came of it. Dropped before that, nothing happened.
//!
//! On SQLite nothing else is written in between. On Postgres nothing is locked in between, so that a
//! writer that is frozen holds nobody up: each log is moved on from where it was read to end, and
//! where another writer moved it meanwhile nothing is committed ([`StoreError::Conflict`]). All that
//! the rules look at of a conversation changes with its log only, so that this is enough.

mod appender;
mod changes;
mod commands;
mod load;
mod save;
mod sql;

use sqlx::Sqlite;
use sqlx::pool::PoolConnection;

pub use appender::Appender;
use appender::Own;
pub use changes::{Changes, CommandRow, MembershipRow};
pub use load::{Known, Loaded, Wanted};

/// A batch being stored.
#[derive(Debug)]
pub struct Append<'a> {
    connection: Connection,
    appender: &'a Appender,
}

#[derive(Debug)]
enum Connection {
    /// To a file.
    Sqlite(PoolConnection<Sqlite>),
    /// To a server.
    Postgres(Own),
}

/// Runs one statement of a batch, whichever database it is; evaluates to a `Result`.
macro_rules! on_append {
    ($append:expr, $connection:ident => $statement:expr) => {
        match &mut $append.connection {
            $crate::store::append::Connection::Sqlite(connection) => {
                let $connection = &mut **connection;
                $statement.await.map_err($crate::store::StoreError::from)
            }
            $crate::store::append::Connection::Postgres(own) => {
                let $connection = &mut own.connection;
                $crate::store::pool::in_time($statement).await
            }
        }
    };
}
use on_append;

/// Runs one statement of a batch of which only that it was done is wanted.
macro_rules! run_append {
    ($append:expr, $statement:expr) => {
        match &mut $append.connection {
            $crate::store::append::Connection::Sqlite(connection) => {
                match $statement.execute(&mut **connection).await {
                    Ok(_) => Ok(()),
                    Err(error) => Err($crate::store::StoreError::from(error)),
                }
            }
            $crate::store::append::Connection::Postgres(own) => {
                let done = $statement.execute(&mut own.connection);
                $crate::store::pool::in_time(done).await.map(drop)
            }
        }
    };
}
use run_append;
