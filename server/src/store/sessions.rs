//! Who is logged in where. Only the hash of a session's token is kept.

use protocol::{Millis, UserId};
use uuid::Uuid;

use super::pool::{among, run_on};
use super::rows::Hashes;
use super::{Store, StoreError, on_pool};

/// A session to be kept.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// SHA-256 of its token.
    pub token_hash: [u8; 32],
    /// Whose.
    pub user: UserId,
    /// When it began.
    pub at: Millis,
    /// When it ends.
    pub expires_at: Millis,
    /// The browser, by its own account.
    pub agent: String,
    /// From where.
    pub address: String,
}

/// A session that has not been ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredSession {
    /// Whose.
    pub user: UserId,
    /// When it ends.
    pub expires_at: Millis,
}

impl Store {
    /// Keeps a session.
    ///
    /// # Errors
    /// The database's.
    pub async fn insert_session(&self, session: &NewSession) -> Result<(), StoreError> {
        run_on!(self.write(), sqlx::query(
            "INSERT INTO sessions (token_hash, user_id, created_at, seen_at, expires_at, agent, address) \
             VALUES ($1, $2, $3, $3, $4, $5, $6)",
        )
        .bind(session.token_hash.as_slice())
        .bind(session.user.0)
        .bind(session.at)
        .bind(session.expires_at)
        .bind(&session.agent)
        .bind(&session.address))?;
        Ok(())
    }

    /// The session of that hash, unless it was ended or its account is disabled.
    ///
    /// # Errors
    /// The database's.
    pub async fn session(
        &self,
        token_hash: &[u8; 32],
    ) -> Result<Option<StoredSession>, StoreError> {
        let row: Option<(Uuid, Millis)> = on_pool!(self.read(), pool => sqlx::query_as(
            "SELECT s.user_id, s.expires_at FROM sessions s JOIN users u ON u.id = s.user_id \
             WHERE s.token_hash = $1 AND u.disabled_at IS NULL",
        )
        .bind(token_hash.as_slice())
        .fetch_optional(pool))?;
        Ok(row.map(|(user, expires_at)| StoredSession {
            user: UserId(user),
            expires_at,
        }))
    }

    /// Notes that a session was used.
    ///
    /// # Errors
    /// The database's.
    pub async fn session_seen(&self, token_hash: &[u8; 32], at: Millis) -> Result<(), StoreError> {
        run_on!(
            self.write(),
            sqlx::query("UPDATE sessions SET seen_at = $2 WHERE token_hash = $1 AND seen_at < $2")
                .bind(token_hash.as_slice())
                .bind(at)
        )?;
        Ok(())
    }

    /// Ends a session.
    ///
    /// # Errors
    /// The database's.
    pub async fn delete_session(&self, token_hash: &[u8; 32]) -> Result<(), StoreError> {
        run_on!(
            self.write(),
            sqlx::query("DELETE FROM sessions WHERE token_hash = $1").bind(token_hash.as_slice())
        )?;
        Ok(())
    }

    /// Ends all sessions of a user; gives how many there were.
    ///
    /// # Errors
    /// The database's.
    pub async fn delete_sessions_of(&self, user: UserId) -> Result<u64, StoreError> {
        run_on!(
            self.write(),
            sqlx::query("DELETE FROM sessions WHERE user_id = $1").bind(user.0)
        )
    }

    /// Which of these sessions are there, and not over.
    ///
    /// # Errors
    /// The database's.
    pub async fn sessions_alive(
        &self,
        hashes: &[[u8; 32]],
        now: Millis,
    ) -> Result<Vec<[u8; 32]>, StoreError> {
        let sql = among!(
            self.read(),
            "SELECT s.token_hash FROM sessions s JOIN users u ON u.id = s.user_id \
             WHERE s.expires_at > $2 AND u.disabled_at IS NULL AND s.token_hash ",
            "$1",
            ""
        );
        let alive: Vec<Vec<u8>> = on_pool!(self.read(), pool => sqlx::query_scalar(sql)
            .bind(Hashes(hashes.to_vec()))
            .bind(now)
            .fetch_all(pool))?;
        Ok(alive
            .into_iter()
            .filter_map(|hash| hash.try_into().ok())
            .collect())
    }

    /// Forgets sessions that are over.
    ///
    /// # Errors
    /// The database's.
    pub async fn delete_sessions_over(&self, now: Millis) -> Result<(), StoreError> {
        run_on!(
            self.write(),
            sqlx::query("DELETE FROM sessions WHERE expires_at <= $1").bind(now)
        )?;
        Ok(())
    }
}
