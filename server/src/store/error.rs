//! What can go wrong with the database.

use std::path::PathBuf;

/// A statement failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot serve now: busy, full, unreadable or closed. Nothing was committed; the
    /// same may work later.
    #[error("the database cannot serve now: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// The database refuses this very statement, now and later.
    #[error("the database refuses it: {0}")]
    Refused(#[source] sqlx::Error),
}

impl StoreError {
    /// Whether the same may work later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    /// Whether a row with the same unique key is there already.
    pub fn is_unique_violation(&self) -> bool {
        let (Self::Unavailable(error) | Self::Refused(error)) = self;
        error
            .as_database_error()
            .is_some_and(sqlx::error::DatabaseError::is_unique_violation)
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if transient(&error) {
            Self::Unavailable(error)
        } else {
            Self::Refused(error)
        }
    }
}

fn transient(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => true,
        sqlx::Error::Database(error) => error
            .code()
            .and_then(|code| code.parse::<u32>().ok())
            .is_some_and(|code| SQLITE_TRANSIENT.contains(&(code & 0xff))),
        _ => false,
    }
}

/// Primary result codes of SQLite: BUSY, LOCKED, NOMEM, READONLY, INTERRUPT, IOERR, FULL, CANTOPEN,
/// PROTOCOL.
const SQLITE_TRANSIENT: [u32; 9] = [5, 6, 7, 8, 9, 10, 13, 14, 15];

/// The database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder is not there and cannot be made, or may not be written to.
    #[error("the folder {folder} cannot be written to: {cause}", folder = folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// Another server has it open.
    #[error("the database {file} is in use by another zspchat", file = file.display())]
    InUse {
        /// Which.
        file: PathBuf,
    },
    /// A later version of this program made it.
    #[error(
        "the database {file} was made by a newer version of zspchat (its schema has step {step}, \
         which this version does not know)", file = file.display()
    )]
    Newer {
        /// Which.
        file: PathBuf,
        /// The first migration that is not known here.
        step: i64,
    },
    /// The file is something else.
    #[error("{file} is not a zspchat database", file = file.display())]
    NotADatabase {
        /// Which.
        file: PathBuf,
    },
    /// Anything else, as the database says it.
    #[error("the database {file} cannot be opened: {cause}", file = file.display())]
    Other {
        /// Which.
        file: PathBuf,
        /// What the database says.
        cause: sqlx::Error,
    },
}
