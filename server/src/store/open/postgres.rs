//! Connecting to Postgres.

use std::num::NonZero;
use std::str::FromStr as _;
use std::time::Duration;

use protocol::HistoryId;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection as _, PgPool};
use uuid::Uuid;

use super::super::pool::{STATEMENT, in_time};
use super::super::{Installation, OpenError, Pool, Store, StoreError};
use super::SHARDS;
use crate::clock::Clock;
use crate::random::Random;

static MIGRATIONS: Migrator = sqlx::migrate!("../migrations/postgres");

/// How long to wait for a free connection, or for a new one.
const ACQUIRE: Duration = Duration::from_secs(5);

/// A connection that nobody has used for so long may be gone.
const IDLE: Duration = Duration::from_secs(1);

/// Which server, and how.
#[derive(Debug, Clone)]
pub struct PostgresConfig {
    /// `postgres://user:password@host:port/database?sslmode=…`.
    pub url: String,
    /// Most connections for reading.
    pub readers: u32,
    /// Most connections for writing.
    pub writers: u32,
}

impl Store {
    pub(super) async fn connect(
        config: &PostgresConfig,
        clock: &Clock,
        random: &Random,
    ) -> Result<Self, OpenError> {
        let database = named(&config.url)?;
        let fail = |cause: StoreError| OpenError::Other {
            database: database.clone(),
            cause,
        };
        let appenders = appenders(config.writers);
        let (read, write) = (
            pool(&config.url, config.readers)?,
            pool(&config.url, config.writers.saturating_sub(appenders))?,
        );
        in_time(write.acquire()).await.map_err(fail)?;
        migrate(&write, &database).await?;
        let (installation, moving) = installation(&write, clock, random).await.map_err(fail)?;
        if moving {
            return Err(OpenError::Moving { database });
        }
        let store = Self::over(
            Pool::Postgres(read),
            Pool::Postgres(write),
            appenders,
            installation,
            None,
        );
        store.check_history(clock, random).await.map_err(fail)?;
        Ok(store)
    }

    /// Whether this is still the history it was. After a backup was restored, or a standby took over,
    /// it gets a new id, and browsers compare theirs with it. Call it now and then.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn check_history(&self, clock: &Clock, random: &Random) -> Result<(), StoreError> {
        let Pool::Postgres(pool) = self.write() else {
            return Ok(());
        };
        let renewed = sqlx::query(
            "UPDATE installation SET history_id = $1, origin = origin() WHERE origin <> origin()",
        )
        .bind(HistoryId::new(clock.now(), random.bytes()).0)
        .execute(pool);
        if in_time(renewed).await?.rows_affected() > 0 {
            tracing::warn!("this is another place of the history: browsers will compare theirs");
        }
        let id = sqlx::query_scalar("SELECT history_id FROM installation").fetch_one(pool);
        self.set_history_id(HistoryId(in_time(id).await?));
        Ok(())
    }
}

/// How many of the connections that write are appenders' own: half of them, but no more than one for
/// every two processors, which it takes to keep one busy. More would only have smaller batches.
fn appenders(writers: u32) -> u32 {
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    let fed = u32::try_from(processors / 2).unwrap_or(u32::MAX);
    (writers / 2).min(fed).max(1)
}

/// Every statement here finds its rows by an index. The planner would rather read whole tables that it
/// takes for empty, as long as nobody has analysed them, and keeps to that plan while they grow: sends
/// were three times slower in the first minutes of a database.
const BY_INDEX: [(&str, &str); 4] = [
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("jit", "off"),
];

fn options(url: &str) -> Result<PgConnectOptions, OpenError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|error| OpenError::Url(error.to_string()))?
        .application_name("zspchat");
    let limit = STATEMENT.as_millis().to_string();
    // Whoever is frozen or cut off must not hold others up.
    let options = options.options([
        ("statement_timeout", limit.as_str()),
        ("idle_in_transaction_session_timeout", limit.as_str()),
        ("tcp_user_timeout", limit.as_str()),
    ]);
    Ok(options.options(BY_INDEX))
}

/// Which database an address names, as it may be shown: without the password.
pub(in crate::store) fn named(url: &str) -> Result<String, OpenError> {
    let options = options(url)?;
    Ok(format!(
        "{} at {}:{}",
        options.get_database().unwrap_or("postgres"),
        options.get_host(),
        options.get_port()
    ))
}

/// Connections that are made when they are needed.
pub(in crate::store) fn pool(url: &str, connections: u32) -> Result<PgPool, OpenError> {
    let options = options(url)?;
    Ok(PgPoolOptions::new()
        .max_connections(connections.max(1))
        .acquire_timeout(ACQUIRE)
        // One that was in use just now is there; to ask would cost as much as a short statement.
        .test_before_acquire(false)
        .before_acquire(|connection, metadata| {
            Box::pin(async move {
                if metadata.idle_for > IDLE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .after_connect(|connection, _| Box::pin(async { commits_are_durable(connection).await }))
        .connect_lazy_with(options))
}

/// Brings the schema up to date.
pub(in crate::store) async fn migrate(pool: &PgPool, database: &str) -> Result<(), OpenError> {
    let database = database.to_owned();
    let Err(error) = MIGRATIONS.run(pool).await else {
        return Ok(());
    };
    let cause = match error {
        MigrateError::VersionMissing(step) | MigrateError::VersionTooNew(step, _) => {
            return Err(OpenError::Newer { database, step });
        }
        MigrateError::Execute(cause) => cause,
        other => sqlx::Error::Migrate(Box::new(other)),
    };
    Err(OpenError::Other {
        database,
        cause: cause.into(),
    })
}

/// What is acknowledged must be on the disk, whatever the server's default.
async fn commits_are_durable(connection: &mut sqlx::PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query(
        "SELECT set_config('synchronous_commit', 'on', false)
         WHERE current_setting('synchronous_commit') = 'off'",
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Reads or makes the installation's one row; tells whether it is still being moved there.
async fn installation(
    pool: &PgPool,
    clock: &Clock,
    random: &Random,
) -> Result<(Installation, bool), StoreError> {
    let secret: [u8; 32] = random.bytes();
    let made = sqlx::query(
        "INSERT INTO installation (only_row, history_id, shards, secret, origin)
         VALUES (1, $1, $2, $3, origin()) ON CONFLICT DO NOTHING",
    )
    .bind(HistoryId::new(clock.now(), random.bytes()).0)
    .bind(i64::from(SHARDS))
    .bind(secret.to_vec())
    .execute(pool);
    in_time(made).await?;
    let row = sqlx::query_as("SELECT history_id, shards, secret, moving FROM installation")
        .fetch_one(pool);
    let (history_id, shards, secret, moving): (Uuid, i64, Vec<u8>, bool) = in_time(row).await?;
    let corrupt = || {
        StoreError::from(sqlx::Error::Decode(
            "the installation's row is not whole".into(),
        ))
    };
    let installation = Installation {
        history_id: HistoryId(history_id),
        shards: u32::try_from(shards).map_err(|_| corrupt())?,
        secret: secret.try_into().map_err(|_| corrupt())?,
    };
    Ok((installation, moving))
}
