//! The Postgres database that something is moved to.

use std::collections::BTreeSet;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnection, PgPool};
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection as _, Postgres};
use uuid::Uuid;

use super::super::open::{migrate_postgres, postgres_named, postgres_pool};
use super::super::pool::in_time;
use super::super::{Installation, OpenError, PostgresConfig, StoreError};
use super::{MoveError, source_error, target_error};

/// How long a statement may take: deleting what is copied anew is the longest.
const STATEMENT: &str = "30min";

/// How long to wait for a predecessor that was killed, whose last statement may go on for a while.
const PREDECESSOR: Duration = Duration::from_secs(5);

/// The target, on one connection, which keeps others from moving something there.
pub(super) struct Target {
    name: String,
    pool: PgPool,
    connection: PoolConnection<Postgres>,
}

/// How much of the installation is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Some, or nothing.
    Half,
    /// All, from an earlier time.
    Whole,
}

impl Target {
    /// Connects, and waits a while for others who move something there.
    pub async fn open(config: &PostgresConfig) -> Result<Self, MoveError> {
        let name = postgres_named(&config.url)?;
        let fail = |cause: StoreError| OpenError::Other {
            database: name.clone(),
            cause,
        };
        let pool = postgres_pool(&config.url, 2)?;
        let mut connection = in_time(pool.acquire()).await.map_err(fail)?;
        let limits = sqlx::query(
            "SELECT set_config('statement_timeout', $1, false), set_config('lock_timeout', $2, false)",
        )
        .bind(STATEMENT)
        .bind(PREDECESSOR.as_millis().to_string())
        .execute(&mut *connection);
        in_time(limits).await.map_err(fail)?;
        let lock = sqlx::query("SELECT pg_advisory_lock(hashtext('zspchat move'))");
        if let Err(error) = lock.execute(&mut *connection).await {
            return Err(if is_lock_timeout(&error) {
                MoveError::Busy(name)
            } else {
                fail(error.into()).into()
            });
        }
        Ok(Self {
            name,
            pool,
            connection,
        })
    }

    /// Which it is, as it may be shown.
    pub fn name(&self) -> String {
        self.name.clone()
    }

    pub fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection
    }

    /// Makes the tables, and takes the database for this installation, unless it is another's: that is
    /// left as it was.
    pub async fn claim(
        &mut self,
        installation: &Installation,
        from: &mut SqliteConnection,
    ) -> Result<Standing, MoveError> {
        let fail = target_error("the installation");
        let connection = &mut *self.connection;
        let own = installation.history_id.0;
        if let Some(found) = history(connection).await.map_err(&fail)?
            && found != own
        {
            return Err(MoveError::OtherInstallation(self.name.clone()));
        }
        migrate_postgres(&self.pool, &self.name).await?;
        let mut work = connection.begin().await.map_err(&fail)?;
        sqlx::query(
            "INSERT INTO installation (only_row, history_id, shards, secret, origin, moving)
             VALUES (1, $1, $2, $3, origin(), TRUE) ON CONFLICT DO NOTHING",
        )
        .bind(own)
        .bind(i64::from(installation.shards))
        .bind(installation.secret.to_vec())
        .execute(&mut *work)
        .await
        .map_err(&fail)?;
        let (found, shards, secret, moving): (Uuid, i64, Vec<u8>, bool) =
            sqlx::query_as("SELECT history_id, shards, secret, moving FROM installation")
                .fetch_one(&mut *work)
                .await
                .map_err(&fail)?;
        let same = found == own
            && shards == i64::from(installation.shards)
            && secret == installation.secret;
        if !same {
            return Err(MoveError::OtherInstallation(self.name.clone()));
        }
        if !moving {
            return Ok(Standing::Whole);
        }
        let theirs: Vec<Uuid> = sqlx::query_scalar("SELECT id FROM users")
            .fetch_all(&mut *work)
            .await
            .map_err(&fail)?;
        let ours: Vec<Uuid> = sqlx::query_scalar("SELECT id FROM users")
            .fetch_all(from)
            .await
            .map_err(source_error)?;
        let ours = BTreeSet::from_iter(ours);
        if theirs.iter().any(|id| !ours.contains(id)) {
            return Err(MoveError::OtherUsers(self.name.clone()));
        }
        work.commit().await.map_err(&fail)?;
        Ok(Standing::Half)
    }

    /// Once all is copied: numbers go on behind those that are given, and the server looks at how much
    /// there is of what.
    pub async fn settle(&mut self) -> Result<(), MoveError> {
        let fail = target_error("the last preparations");
        sqlx::query(
            "SELECT setval('conversation_numbers',
                 GREATEST(9999, (SELECT MAX(number) FROM conversations)))",
        )
        .execute(&mut *self.connection)
        .await
        .map_err(&fail)?;
        sqlx::query(
            "ANALYZE users, identities, contacts, conversations, members, events, send_keys",
        )
        .execute(&mut *self.connection)
        .await
        .map_err(&fail)?;
        Ok(())
    }

    /// Lets servers open it from now on.
    pub async fn release(&mut self) -> Result<(), MoveError> {
        sqlx::query("UPDATE installation SET moving = FALSE, origin = origin()")
            .execute(&mut *self.connection)
            .await
            .map_err(target_error("the installation"))?;
        Ok(())
    }

    pub async fn close(self) {
        drop(self.connection);
        self.pool.close().await;
    }
}

/// Whose data is there, where there is any.
async fn history(connection: &mut PgConnection) -> Result<Option<Uuid>, sqlx::Error> {
    let made: bool = sqlx::query_scalar("SELECT to_regclass('installation') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await?;
    if !made {
        return Ok(None);
    }
    sqlx::query_scalar("SELECT history_id FROM installation")
        .fetch_optional(connection)
        .await
}

fn is_lock_timeout(error: &sqlx::Error) -> bool {
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    code.as_deref() == Some("55P03")
}
