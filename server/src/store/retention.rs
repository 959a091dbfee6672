//! Letting go of what is too old.

use protocol::{ClientId, Millis};
use sqlx::{PgExecutor, PgPool, SqlitePool};
use uuid::Uuid;

use super::pool::{Pool, connect, in_time, run_on};
use super::rows::unsigned;
use super::{Store, StoreError};

/// How much one round of deleting took away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Deleted {
    /// Events.
    pub events: u64,
    /// Records of what became of commands.
    pub send_keys: u64,
    /// Sessions.
    pub sessions: u64,
    /// Log-ins that nobody finished.
    pub log_ins: u64,
    /// What those who are away were told, or should have been.
    pub notifications: u64,
}

impl Deleted {
    /// Whether nothing was left to delete.
    pub fn is_empty(&self) -> bool {
        self.events + self.send_keys + self.sessions + self.log_ins + self.notifications == 0
    }
}

/// How many rows of a table go at a time, so that no send waits long.
const AT_ONCE: i64 = 500;

const DAY: Millis = 24 * 60 * 60 * 1_000;

/// How many days are made ahead, in which a server may be without anybody who makes them.
pub const DAYS_AHEAD: i64 = 7;

/// Makes the days that are missing on Postgres.
pub(super) async fn make_days(
    server: impl PgExecutor<'_>,
    events_from: Millis,
    keys_from: Millis,
    now: Millis,
) -> Result<(), StoreError> {
    let made = sqlx::query("SELECT make_partitions($1, $2, $3)")
        .bind(events_from.div_euclid(DAY))
        .bind(keys_from.div_euclid(DAY))
        .bind(now.div_euclid(DAY) + DAYS_AHEAD)
        .execute(server);
    in_time(made).await?;
    Ok(())
}

impl Store {
    /// Makes room for what is to come: on Postgres the days of a week, and those of commands that may
    /// come late. Call it now and then.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn make_room(
        &self,
        events_from: Millis,
        keys_from: Millis,
        now: Millis,
    ) -> Result<(), StoreError> {
        match self.write() {
            Pool::Sqlite(_) => Ok(()),
            Pool::Postgres(pool) => make_days(pool, events_from, keys_from, now).await,
        }
    }

    /// Deletes some of what is too old: events stored before one time, commands' records made
    /// before another, sessions and log-ins that have run out. Call it again until nothing is left.
    ///
    /// Of each conversation the oldest events go first, so that what is kept has no holes. Postgres
    /// keeps events until their whole day is too old.
    ///
    /// # Errors
    /// The database cannot serve; on Postgres also where readers hold a day for more than two seconds.
    pub async fn delete_expired(
        &self,
        events_before: Millis,
        keys_before: Millis,
        now: Millis,
    ) -> Result<Deleted, StoreError> {
        let (events, send_keys) = match self.write() {
            Pool::Sqlite(pool) => (
                delete_events(pool, events_before).await?,
                delete_keys(pool, keys_before).await?,
            ),
            Pool::Postgres(pool) => (
                drop_days(pool, "events", events_before).await?,
                drop_days(pool, "send_keys", keys_before).await?,
            ),
        };
        let sessions = run_on!(
            self.write(),
            sqlx::query(
                "DELETE FROM sessions WHERE token_hash IN
                     (SELECT token_hash FROM sessions WHERE expires_at < $1 LIMIT $2)",
            )
            .bind(now)
            .bind(AT_ONCE)
        )?;
        let log_ins = run_on!(
            self.write(),
            sqlx::query(
                "DELETE FROM log_ins WHERE state_hash IN
                     (SELECT state_hash FROM log_ins WHERE expires_at < $1 LIMIT $2)",
            )
            .bind(now)
            .bind(AT_ONCE)
        )?;
        let newcomers = run_on!(
            self.write(),
            sqlx::query(
                "DELETE FROM newcomers WHERE browser_hash IN
                     (SELECT browser_hash FROM newcomers WHERE expires_at < $1 LIMIT $2)",
            )
            .bind(now)
            .bind(AT_ONCE)
        )?;
        let qr_log_ins = run_on!(
            self.write(),
            sqlx::query(
                "DELETE FROM qr_log_ins WHERE browser_hash IN
                     (SELECT browser_hash FROM qr_log_ins WHERE expires_at < $1 LIMIT $2)",
            )
            .bind(now)
            .bind(AT_ONCE)
        )?;
        let notifications = run_on!(
            self.write(),
            sqlx::query(
                "DELETE FROM push_notifications WHERE (conversation, seq, subscription) IN
                     (SELECT conversation, seq, subscription FROM push_notifications
                      WHERE at < $1 LIMIT $2)",
            )
            .bind(events_before)
            .bind(AT_ONCE)
        )?;
        let offline_jobs = run_on!(
            self.write(),
            sqlx::query(
                "DELETE FROM offline_jobs WHERE (conversation, seq) IN
                     (SELECT conversation, seq FROM offline_jobs WHERE at < $1 LIMIT $2)",
            )
            .bind(events_before)
            .bind(AT_ONCE)
        )?;
        Ok(Deleted {
            events,
            send_keys,
            sessions,
            log_ins: log_ins + newcomers + qr_log_ins,
            notifications: notifications + offline_jobs,
        })
    }
}

async fn delete_events(pool: &SqlitePool, before: Millis) -> Result<u64, StoreError> {
    let deleted = sqlx::query(
        "DELETE FROM events WHERE (conversation, seq) IN
             (SELECT conversation, seq FROM events WHERE at < $1
              ORDER BY at, conversation, seq LIMIT $2)",
    )
    .bind(before)
    .bind(AT_ONCE)
    .execute(pool)
    .await?;
    Ok(deleted.rows_affected())
}

async fn delete_keys(pool: &SqlitePool, before: Millis) -> Result<u64, StoreError> {
    // The smallest id of that time: all made earlier sort before it.
    let ClientId(first_kept) = ClientId::new(before, [0; 10]);
    let first_kept = Uuid::from_u128(first_kept.as_u128() >> 80 << 80);
    let deleted = sqlx::query(
        "DELETE FROM send_keys WHERE (client_id, sender) IN
             (SELECT client_id, sender FROM send_keys WHERE client_id < $1
              ORDER BY client_id LIMIT $2)",
    )
    .bind(first_kept)
    .bind(AT_ONCE)
    .execute(pool)
    .await?;
    Ok(deleted.rows_affected())
}

/// Drops the days of a table of which all is too old, and gives how many rows they had.
async fn drop_days(pool: &PgPool, table: &'static str, before: Millis) -> Result<u64, StoreError> {
    let mut rows = 0;
    while let Some(dropped) = drop_day(pool, table, before).await? {
        rows += unsigned(dropped);
    }
    Ok(rows)
}

/// Drops the oldest of those days, if there is one.
async fn drop_day(
    pool: &PgPool,
    table: &'static str,
    before: Millis,
) -> Result<Option<i64>, StoreError> {
    let mut work = in_time(connect(pool.begin())).await?;
    // To count a day takes a while, but to wait for its readers would hold up all who come after.
    let limits = sqlx::query(
        "SELECT set_config('lock_timeout', '2s', true), set_config('statement_timeout', '5min', true)",
    );
    in_time(limits.execute(&mut *work)).await?;
    let dropped = sqlx::query_scalar("SELECT drop_partition($1, $2)")
        .bind(table)
        .bind(before.div_euclid(DAY))
        .fetch_one(&mut *work)
        .await?;
    in_time(work.commit()).await?;
    Ok(dropped)
}
