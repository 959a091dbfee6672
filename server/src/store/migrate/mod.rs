//! Moving an installation from SQLite's file to a Postgres server, with all its numbers, so that
//! browsers notice nothing.
//!
//! - The file is read as of one moment, and no server may have it open.
//! - The target gets the installation's row first, marked `moving`: no server opens it from then on
//!   until the mark is taken away, and nothing else can be moved there.
//! - Each table is copied in the order of its keys, a transaction a batch ([`copy`]). Batches that are
//!   there already are compared; from the first one that differs on, the table is copied anew. So a
//!   repeat goes on where an earlier attempt stopped, and also brings over what has changed since.
//! - At the end all rows are read again on both sides and compared ([`compare`]). Only where they are
//!   equal, the mark is taken away.
//!
//! The file is left as it was.

mod compare;
mod copy;
mod rows;
mod statements;
mod tables;
mod target;

use sqlx::sqlite::SqliteConnection;

use super::pool::Pool;
use super::{DatabaseConfig, OpenError, PostgresConfig, SqliteConfig, Store, StoreError};
use crate::clock::Clock;
use crate::random::Random;
use compare::{Summary, differences};
use tables::TABLES;
use target::{Standing, Target};

/// Rows that are read, and committed, at a time: a few MiB of events at most.
const ROWS: usize = 1_000;

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is done at the moment.
    pub step: Step,
    /// To which table.
    pub table: &'static str,
    /// Rows that this is done with.
    pub done: u64,
    /// Rows that there are in the file.
    pub of: u64,
}

/// What is done to a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Its rows are copied, or found to be there.
    Copy,
    /// Its rows in the file are read again.
    ReadFile,
    /// Its rows on the server are read again.
    ReadServer,
}

/// What was moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Whether this was the case before already, and nothing had to be done.
    pub before: bool,
    /// Rows of all tables.
    pub rows: u64,
    /// Rows that this attempt had to copy.
    pub copied: u64,
    /// Conversations whose logs were compared.
    pub conversations: usize,
    /// Which tables, and the sum of their rows' hashes: equal on both sides.
    pub hash: u128,
}

/// Why it was not moved, in one sentence.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// One of the two cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Source(#[source] StoreError),
    /// The server does not take it, or does not answer.
    #[error(
        "{place} on the server: {cause}; once that is mended, the same command goes on from there"
    )]
    Target {
        /// What was being written or read.
        place: &'static str,
        /// What the server says.
        #[source]
        cause: StoreError,
    },
    /// Somebody else's data is there.
    #[error("the database {0} holds another installation of zspchat; name an empty one")]
    OtherInstallation(String),
    /// Users are there that the file does not have.
    #[error("the database {0} holds users that are not in the file; name an empty one")]
    OtherUsers(String),
    /// Another process moves something there.
    #[error("something is being moved to the database {0} at this moment")]
    Busy(String),
    /// It was moved before, and served since.
    #[error(
        "the database {0} holds this installation already, and one of the two has been in use since: \
         nothing was copied"
    )]
    InUse(String),
    /// The two sides are not equal in the end. Servers go on refusing the target.
    #[error("the two sides differ: {0}")]
    Differ(String),
}

/// Copies all of a file to an empty Postgres database, or goes on with that, and compares the two.
///
/// Where the same was done before, and neither side has changed since, it only compares.
///
/// # Errors
/// See [`MoveError`]. The file is left as it was in any case.
pub async fn move_to_postgres(
    source: &SqliteConfig,
    target: &PostgresConfig,
    clock: &Clock,
    random: &Random,
    report: &mut (dyn FnMut(Progress) + Send),
) -> Result<Moved, MoveError> {
    let store = Store::open(&DatabaseConfig::Sqlite(source.clone()), clock, random).await?;
    let Pool::Sqlite(pool) = store.read() else {
        unreachable!("a file is SQLite's");
    };
    // One moment for all that is read.
    let mut from = pool.begin().await.map_err(source_error)?;
    let mut to = Target::open(target).await?;
    let standing = to.claim(store.installation(), &mut from).await?;
    let mut copied = 0;
    if standing == Standing::Half {
        for table in &TABLES {
            let of = count(&mut from, table.name).await?;
            copied += copy::copy(&mut from, to.connection(), table, of, report).await?;
        }
        to.settle().await?;
    }
    let here = Summary::of_file(&mut from, report).await?;
    let there = Summary::of_server(to.connection(), &here, report).await?;
    if let Some(difference) = differences(&here, &there) {
        return Err(match standing {
            Standing::Half => MoveError::Differ(difference),
            Standing::Whole => MoveError::InUse(to.name()),
        });
    }
    if standing == Standing::Half {
        to.release().await?;
    }
    drop(from);
    to.close().await;
    store.close().await;
    Ok(Moved {
        before: standing == Standing::Whole,
        rows: here.rows(),
        copied,
        conversations: here.logs.len(),
        hash: here.hash(),
    })
}

/// How many rows a table has in the file.
async fn count(from: &mut SqliteConnection, table: &'static str) -> Result<u64, MoveError> {
    let sql = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
    let count: i64 = sqlx::query_scalar(sql)
        .fetch_one(from)
        .await
        .map_err(source_error)?;
    Ok(super::rows::unsigned(count))
}

fn source_error(error: sqlx::Error) -> MoveError {
    MoveError::Source(error.into())
}

/// An error of the server, at something.
fn target_error(place: &'static str) -> impl Fn(sqlx::Error) -> MoveError {
    move |error| MoveError::Target {
        place,
        cause: error.into(),
    }
}
