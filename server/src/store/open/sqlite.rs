//! Opening SQLite's file.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use protocol::HistoryId;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use uuid::Uuid;

use super::super::{Installation, OpenError, Pool, Store};
use super::SHARDS;
use crate::clock::Clock;
use crate::random::Random;

static MIGRATIONS: Migrator = sqlx::migrate!("../migrations/sqlite");

/// Which file to open, and how.
#[derive(Debug, Clone)]
pub struct SqliteConfig {
    /// The SQLite file. It and its folder are made where they are missing.
    pub file: PathBuf,
    /// Whether to refuse a file that another server has open. Only short-lived commands beside a
    /// running server set this to false.
    pub exclusive: bool,
    /// How many connections read at the same time.
    pub readers: u32,
    /// How long to wait for a lock that another process holds.
    pub busy_timeout: Duration,
}

impl SqliteConfig {
    /// A server's own file, with the defaults.
    pub fn file(file: impl Into<PathBuf>) -> Self {
        Self {
            file: file.into(),
            exclusive: true,
            readers: 4,
            busy_timeout: Duration::from_secs(5),
        }
    }
}

impl Store {
    pub(super) async fn open_file(
        config: &SqliteConfig,
        clock: &Clock,
        random: &Random,
    ) -> Result<Self, OpenError> {
        let lock = prepare_folder(config)?;
        let fail = |cause| open_error(&config.file, cause);
        let options = SqliteConnectOptions::new()
            .filename(&config.file)
            .journal_mode(SqliteJournalMode::Wal)
            // A commit is on the disk before it is acknowledged.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(config.busy_timeout)
            .pragma("cache_size", "-32768")
            .pragma("mmap_size", "268435456")
            .pragma("temp_store", "memory")
            // 64 MiB between checkpoints: each one is a burst of random writes, of pages that busy
            // conversations change again and again.
            .pragma("wal_autocheckpoint", "16384")
            .pragma("journal_size_limit", "67108864");
        let write = pool_options(1)
            .connect_with(options.clone().create_if_missing(true))
            .await
            .map_err(fail)?;
        let installation = set_up(&write, clock, random)
            .await
            .map_err(|error| migrate_error(&config.file, error))?;
        let read = pool_options(config.readers.max(1))
            .connect_with(options.pragma("query_only", "on"))
            .await
            .map_err(fail)?;
        Ok(Self::over(
            Pool::Sqlite(read),
            Pool::Sqlite(write),
            1,
            installation,
            lock,
        ))
    }

    /// A database in memory, gone with its last clone: for tests and the simulation.
    ///
    /// It has one connection for reading and writing.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn in_memory(clock: &Clock, random: &Random) -> Result<Self, OpenError> {
        let memory = Path::new(":memory:");
        let options = SqliteConnectOptions::new()
            .in_memory(true)
            .foreign_keys(true);
        let pool = pool_options(1)
            .connect_with(options)
            .await
            .map_err(|error| open_error(memory, error))?;
        let installation = set_up(&pool, clock, random)
            .await
            .map_err(|error| migrate_error(memory, error))?;
        Ok(Self::over(
            Pool::Sqlite(pool.clone()),
            Pool::Sqlite(pool),
            1,
            installation,
            None,
        ))
    }
}

fn pool_options(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .min_connections(1)
        .max_connections(connections)
        // A connection to a file does not go away by itself.
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(Duration::from_secs(10))
}

fn prepare_folder(config: &SqliteConfig) -> Result<Option<File>, OpenError> {
    let folder = match config.file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let fail = |cause| OpenError::Folder {
        folder: folder.to_owned(),
        cause,
    };
    std::fs::create_dir_all(folder).map_err(fail)?;
    let mut lock_file = config.file.clone().into_os_string();
    lock_file.push(".lock");
    let lock = File::create(lock_file).map_err(fail)?;
    if !config.exclusive {
        return Ok(None);
    }
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse {
            file: config.file.clone(),
        }),
        Err(TryLockError::Error(cause)) => Err(fail(cause)),
    }
}

/// Migrates, and reads or makes the installation's one row.
async fn set_up(
    pool: &sqlx::SqlitePool,
    clock: &Clock,
    random: &Random,
) -> Result<Installation, MigrateError> {
    MIGRATIONS.run(pool).await?;
    let history_id = HistoryId::new(clock.now(), random.bytes());
    let secret: [u8; 32] = random.bytes();
    sqlx::query(
        "INSERT INTO installation (only_row, history_id, shards, secret) VALUES (1, $1, $2, $3)
         ON CONFLICT DO NOTHING",
    )
    .bind(history_id.0)
    .bind(SHARDS)
    .bind(secret.to_vec())
    .execute(pool)
    .await?;
    let (history_id, shards, secret): (Uuid, u32, Vec<u8>) =
        sqlx::query_as("SELECT history_id, shards, secret FROM installation")
            .fetch_one(pool)
            .await?;
    let secret = secret
        .try_into()
        .map_err(|_| sqlx::Error::Decode("the installation's secret has 32 bytes".into()))?;
    Ok(Installation {
        history_id: HistoryId(history_id),
        shards,
        secret,
    })
}

fn migrate_error(file: &Path, error: MigrateError) -> OpenError {
    match error {
        MigrateError::VersionMissing(step) | MigrateError::VersionTooNew(step, _) => {
            OpenError::Newer {
                database: file.display().to_string(),
                step,
            }
        }
        MigrateError::Execute(cause) => open_error(file, cause),
        other => open_error(file, sqlx::Error::Migrate(Box::new(other))),
    }
}

fn open_error(file: &Path, cause: sqlx::Error) -> OpenError {
    let code = cause
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code)
        .and_then(|code| code.parse::<u32>().ok())
        .map(|code| code & 0xff);
    let file = file.to_owned();
    match code {
        // SQLITE_NOTADB
        Some(26) => OpenError::NotADatabase { file },
        // SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_PERM
        Some(8 | 14 | 3) => OpenError::Folder {
            folder: file.parent().map_or_else(PathBuf::new, Path::to_owned),
            cause: std::io::Error::other(cause.to_string()),
        },
        _ => OpenError::Other {
            database: file.display().to_string(),
            cause: cause.into(),
        },
    }
}
