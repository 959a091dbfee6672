//! Log-ins at providers that are under way. Only hashes are kept of what proves one.

use protocol::{Millis, UserId};
use uuid::Uuid;

use super::pool::run_on;
use super::{NewIdentity, Store, StoreError, on_pool};

/// A log-in that begins at a provider.
#[derive(Debug, Clone)]
pub struct NewLogIn {
    /// SHA-256 of the state that the provider sends back.
    pub state_hash: [u8; 32],
    /// SHA-256 of what the browser's cookie holds.
    pub browser_hash: [u8; 32],
    /// What it is for.
    pub plan: LogInPlan,
    /// When it is over.
    pub expires_at: Millis,
}

/// What a log-in at a provider is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogInPlan {
    /// The provider's name.
    pub provider: String,
    /// Who links an account, if that is what it is for.
    pub links_to: Option<UserId>,
    /// How it goes on.
    pub after: AfterLogIn,
}

/// How it goes on once somebody is logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AfterLogIn {
    /// The path to go on to.
    pub next_path: String,
    /// Whether others use the computer too.
    pub shared: bool,
}

/// Somebody who has yet to choose a handle.
#[derive(Debug, Clone)]
pub struct NewNewcomer {
    /// SHA-256 of what the browser's cookie holds.
    pub browser_hash: [u8; 32],
    /// Their account elsewhere.
    pub identity: NewIdentity,
    /// A handle that may suit them.
    pub handle: String,
    /// How it goes on.
    pub after: AfterLogIn,
    /// When it is over.
    pub expires_at: Millis,
}

/// Somebody who has yet to choose a handle, as they are shown it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StoredNewcomer {
    /// The provider's name.
    pub provider: String,
    /// What they are called there.
    pub name: String,
    /// A handle that may suit them.
    pub handle: String,
}

impl Store {
    /// Keeps a log-in until its browser comes back.
    ///
    /// # Errors
    /// The database's.
    pub async fn begin_log_in(&self, log_in: &NewLogIn) -> Result<(), StoreError> {
        run_on!(
            self.write(),
            sqlx::query(
                "INSERT INTO log_ins \
             (state_hash, browser_hash, provider, user_id, next_path, shared, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(log_in.state_hash.as_slice())
            .bind(log_in.browser_hash.as_slice())
            .bind(&log_in.plan.provider)
            .bind(log_in.plan.links_to.map(|user| user.0))
            .bind(&log_in.plan.after.next_path)
            .bind(log_in.plan.after.shared)
            .bind(log_in.expires_at)
        )?;
        Ok(())
    }

    /// Takes a log-in away, for the browser that began it: nobody comes back twice.
    ///
    /// # Errors
    /// The database's.
    pub async fn take_log_in(
        &self,
        state_hash: &[u8; 32],
        browser_hash: &[u8; 32],
        now: Millis,
    ) -> Result<Option<LogInPlan>, StoreError> {
        let row: Option<(String, Option<Uuid>, String, bool)> = on_pool!(self.write(), pool => sqlx::query_as(
                "DELETE FROM log_ins WHERE state_hash = $1 AND browser_hash = $2 AND expires_at > $3 \
                 RETURNING provider, user_id, next_path, shared",
            )
            .bind(state_hash.as_slice())
            .bind(browser_hash.as_slice())
            .bind(now)
            .fetch_optional(pool))?;
        Ok(row.map(|(provider, user, next_path, shared)| LogInPlan {
            provider,
            links_to: user.map(UserId),
            after: AfterLogIn { next_path, shared },
        }))
    }

    /// Keeps a newcomer while they choose a handle.
    ///
    /// # Errors
    /// The database's.
    pub async fn keep_newcomer(&self, newcomer: &NewNewcomer) -> Result<(), StoreError> {
        run_on!(
            self.write(),
            sqlx::query(
                "INSERT INTO newcomers \
             (browser_hash, provider, subject, name, handle, next_path, shared, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            )
            .bind(newcomer.browser_hash.as_slice())
            .bind(&newcomer.identity.provider)
            .bind(&newcomer.identity.subject)
            .bind(&newcomer.identity.name)
            .bind(&newcomer.handle)
            .bind(&newcomer.after.next_path)
            .bind(newcomer.after.shared)
            .bind(newcomer.expires_at)
        )?;
        Ok(())
    }

    /// The newcomer in a browser.
    ///
    /// # Errors
    /// The database's.
    pub async fn newcomer(
        &self,
        browser_hash: &[u8; 32],
        now: Millis,
    ) -> Result<Option<StoredNewcomer>, StoreError> {
        on_pool!(self.read(), pool => sqlx::query_as(
            "SELECT provider, name, handle FROM newcomers WHERE browser_hash = $1 AND expires_at > $2",
        )
        .bind(browser_hash.as_slice())
        .bind(now)
        .fetch_optional(pool))
    }
}
