//! What can go wrong with the database.

use std::path::PathBuf;

use sqlx::postgres::PgDatabaseError;

/// A statement failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot serve now: busy, full, unreadable or closed. Nothing was committed; the
    /// same may work later.
    #[error("the database cannot serve now: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// Somebody else changed the same rows meanwhile. Nothing was committed; the same works when what
    /// it went by is read again.
    #[error("somebody else changed the same meanwhile: {0}")]
    Conflict(#[source] sqlx::Error),
    /// There is no partition for the time of a row. Nothing was committed.
    #[error("there is no partition for it: {0}")]
    NoRoom(#[source] sqlx::Error),
    /// The database refuses this very statement, now and later.
    #[error("the database refuses it: {0}")]
    Refused(#[source] sqlx::Error),
    /// Another server may have the database. Nothing was committed; the same may work later.
    #[error("another server may have the database")]
    NotOurs,
}

impl StoreError {
    /// Whether the same may work later.
    pub fn is_transient(&self) -> bool {
        !matches!(self, Self::Refused(_))
    }

    /// Whether somebody else changed the same meanwhile: another attempt goes by what is there then.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict(_)) || self.is_unique_violation()
    }

    /// Whether the connection to a server is gone, which may have happened long before it was used.
    /// Whether anything was committed cannot be known.
    pub fn is_lost_connection(&self) -> bool {
        let Self::Unavailable(error) = self else {
            return false;
        };
        match error {
            sqlx::Error::Io(_) => true,
            sqlx::Error::Database(error) => error
                .code()
                .is_some_and(|code| POSTGRES_HANGS_UP.contains(&code.as_ref())),
            _ => false,
        }
    }

    /// Whether a row with the same unique key is there already.
    pub fn is_unique_violation(&self) -> bool {
        let (Self::Unavailable(error)
        | Self::Conflict(error)
        | Self::NoRoom(error)
        | Self::Refused(error)) = self
        else {
            return false;
        };
        error
            .as_database_error()
            .is_some_and(sqlx::error::DatabaseError::is_unique_violation)
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let postgres = error
            .as_database_error()
            .and_then(|error| error.try_downcast_ref::<PgDatabaseError>());
        if let Some(cause) = postgres {
            return match cause.code() {
                // serialization_failure, deadlock_detected
                "40001" | "40P01" => Self::Conflict(error),
                // check_violation, as which a row without a partition counts
                "23514" if cause.message().starts_with("no partition") => Self::NoRoom(error),
                code if POSTGRES_TRANSIENT.contains(&code.get(..2).unwrap_or_default()) => {
                    Self::Unavailable(error)
                }
                // lock_not_available, read_only_sql_transaction, as on a standby
                "55P03" | "25006" => Self::Unavailable(error),
                _ => Self::Refused(error),
            };
        }
        if transient(&error) {
            Self::Unavailable(error)
        } else {
            Self::Refused(error)
        }
    }
}

/// Classes of Postgres's error codes: connection, resources (also a full disk), operator's
/// intervention (also a statement's time-out), system.
const POSTGRES_TRANSIENT: [&str; 4] = ["08", "53", "57", "58"];

/// With which Postgres ends a connection: `admin_shutdown`, `crash_shutdown`.
const POSTGRES_HANGS_UP: [&str; 2] = ["57P01", "57P02"];

fn transient(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
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
        "the database {database} was made by a newer version of zspchat (its schema has step {step}, \
         which this version does not know)"
    )]
    Newer {
        /// Which.
        database: String,
        /// The first migration that is not known here.
        step: i64,
    },
    /// The file is something else.
    #[error("{file} is not a zspchat database", file = file.display())]
    NotADatabase {
        /// Which.
        file: PathBuf,
    },
    /// An installation is being moved there, and only a part of it may be there.
    #[error(
        "the database {database} holds a part of an installation that is being moved there; finish \
         with zspchat migrate sqlite-to-postgres"
    )]
    Moving {
        /// Which.
        database: String,
    },
    /// The address of the database server makes no sense.
    #[error("database.url must be like postgres://user:password@host/database: {0}")]
    Url(String),
    /// Anything else, as the database says it.
    #[error("the database {database} cannot be opened: {cause}")]
    Other {
        /// Which; of a server without the password.
        database: String,
        /// What the database says.
        #[source]
        cause: StoreError,
    },
}

impl OpenError {
    /// Whether the same may work later: a server does not answer yet.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Other { cause, .. } if cause.is_transient())
    }
}
