//! Who is logged in where. Only the hash of a session's token is kept.

use protocol::api::access_tokens::Scope;
use protocol::api::accounts::Session;
use protocol::{Millis, UserId};
use uuid::Uuid;

use super::pool::{among, run, run_on};
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
    /// How long after its last use it ends, in milliseconds.
    pub lasts: Millis,
    /// When it ends at the latest.
    pub most_at: Millis,
    /// Whether others use that browser too.
    pub shared: bool,
    /// The browser, by its own account.
    pub agent: String,
    /// From where.
    pub address: String,
    /// What a program may do with it; a browser may do all.
    pub scope: Option<Scope>,
    /// What a program's is called.
    pub name: String,
    /// The provider that has issued a program's, if it was not made here.
    pub provider: Option<String>,
}

/// A session that has not been ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredSession {
    /// Whose.
    pub user: UserId,
    /// When it ends.
    pub expires_at: Millis,
    /// What a program may do with it; a browser may do all.
    pub scope: Option<Scope>,
}

/// A session, as its user sees it.
#[derive(Debug, Clone)]
pub struct ListedSession {
    /// SHA-256 of its token.
    pub token_hash: [u8; 32],
    /// What is shown, without an id.
    pub session: Session,
}

#[derive(sqlx::FromRow)]
struct ListedRow {
    token_hash: Vec<u8>,
    created_at: Millis,
    seen_at: Millis,
    expires_at: Millis,
    shared: bool,
    agent: String,
    address: String,
}

impl ListedRow {
    fn listed(self) -> Option<ListedSession> {
        Some(ListedSession {
            token_hash: self.token_hash.try_into().ok()?,
            session: Session {
                id: String::new(),
                current: false,
                agent: self.agent,
                address: self.address,
                since: self.created_at,
                seen_at: self.seen_at,
                expires_at: self.expires_at,
                shared: self.shared,
            },
        })
    }
}

impl Store {
    /// Keeps a session.
    ///
    /// # Errors
    /// A unique violation where it is there already; the database's.
    pub async fn insert_session(&self, session: &NewSession) -> Result<(), StoreError> {
        run_on!(self.write(), sqlx::query(
            "INSERT INTO sessions (token_hash, user_id, created_at, seen_at, expires_at, lasts_ms, \
                 most_at, shared, agent, address, scope, name, provider) \
             VALUES ($1, $2, $3, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(session.token_hash.as_slice())
        .bind(session.user.0)
        .bind(session.at)
        .bind(session.most_at.min(session.at + session.lasts))
        .bind(session.lasts)
        .bind(session.most_at)
        .bind(session.shared)
        .bind(&session.agent)
        .bind(&session.address)
        .bind(session.scope.map(Scope::as_str))
        .bind(&session.name)
        .bind(&session.provider))?;
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
        let row: Option<(Uuid, Millis, Option<String>)> = on_pool!(self.read(), pool => sqlx::query_as(
            "SELECT s.user_id, s.expires_at, s.scope FROM sessions s JOIN users u ON u.id = s.user_id \
             WHERE s.token_hash = $1 AND s.ended_at IS NULL AND u.disabled_at IS NULL",
        )
        .bind(token_hash.as_slice())
        .fetch_optional(pool))?;
        Ok(row.map(|(user, expires_at, scope)| StoredSession {
            user: UserId(user),
            expires_at,
            scope: scope.as_deref().map(Scope::from_name),
        }))
    }

    /// Whether the session of that hash was ended from another device, and whose it was.
    ///
    /// # Errors
    /// The database's.
    pub async fn ended_session(&self, token_hash: &[u8; 32]) -> Result<Option<UserId>, StoreError> {
        let user: Option<Uuid> = on_pool!(self.read(), pool => sqlx::query_scalar(
            "SELECT user_id FROM sessions WHERE token_hash = $1 AND ended_at IS NOT NULL",
        )
        .bind(token_hash.as_slice())
        .fetch_optional(pool))?;
        Ok(user.map(UserId))
    }

    /// The sessions of a user's browsers that are on, by their last use, the latest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn sessions_of(
        &self,
        user: UserId,
        now: Millis,
    ) -> Result<Vec<ListedSession>, StoreError> {
        let rows: Vec<ListedRow> = on_pool!(self.read(), pool => sqlx::query_as(
            "SELECT token_hash, created_at, seen_at, expires_at, shared, agent, address FROM sessions \
             WHERE user_id = $1 AND expires_at > $2 AND ended_at IS NULL AND scope IS NULL \
             ORDER BY seen_at DESC, created_at DESC",
        )
        .bind(user.0)
        .bind(now)
        .fetch_all(pool))?;
        Ok(rows.into_iter().filter_map(ListedRow::listed).collect())
    }

    /// Notes that a session was used, which moves its end on.
    ///
    /// # Errors
    /// The database's.
    pub async fn session_seen(&self, token_hash: &[u8; 32], at: Millis) -> Result<(), StoreError> {
        run_on!(
            self.write(),
            sqlx::query(
                "UPDATE sessions SET seen_at = $2, expires_at = \
                     CASE WHEN most_at < $2 + lasts_ms THEN most_at ELSE $2 + lasts_ms END \
                 WHERE token_hash = $1 AND seen_at < $2 AND expires_at > $2"
            )
            .bind(token_hash.as_slice())
            .bind(at)
        )?;
        Ok(())
    }

    /// Ends sessions from another device. What that leaves is told to whoever comes with them; nothing
    /// is pushed to them any more.
    ///
    /// # Errors
    /// The database's.
    pub async fn end_sessions(&self, hashes: &[[u8; 32]], now: Millis) -> Result<(), StoreError> {
        let sql = among!(
            self.write(),
            "UPDATE sessions SET ended_at = $2 WHERE ended_at IS NULL AND token_hash ",
            "$1",
            ""
        );
        let mut work = self.writing().await?;
        run!(
            &mut work,
            sqlx::query(sql).bind(Hashes(hashes.to_vec())).bind(now)
        )?;
        let sql = among!(
            work,
            "DELETE FROM push_subscriptions WHERE session ",
            "$1",
            ""
        );
        run!(&mut work, sqlx::query(sql).bind(Hashes(hashes.to_vec())))?;
        work.commit().await
    }

    /// Takes a session away that its own browser ends.
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

    /// Ends all sessions of a user, those of programs too; gives how many there were.
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
             WHERE s.expires_at > $2 AND s.ended_at IS NULL AND u.disabled_at IS NULL \
                 AND s.token_hash ",
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
