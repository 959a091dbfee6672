//! What programs prove themselves by: sessions that are no browser's.

use protocol::api::access_tokens::{AccessToken, Scope};
use protocol::{Millis, UserId};

use super::{Store, StoreError, on_pool};

/// A token that was made here, as its user sees it.
#[derive(Debug, Clone)]
pub struct ListedToken {
    /// SHA-256 of it.
    pub token_hash: [u8; 32],
    /// What is shown, without an id.
    pub shown: AccessToken,
}

#[derive(sqlx::FromRow)]
struct ListedRow {
    token_hash: Vec<u8>,
    name: String,
    scope: String,
    created_at: Millis,
    seen_at: Millis,
    expires_at: Millis,
}

impl ListedRow {
    fn listed(self) -> Option<ListedToken> {
        Some(ListedToken {
            token_hash: self.token_hash.try_into().ok()?,
            shown: AccessToken {
                id: String::new(),
                name: self.name,
                scope: Scope::from_name(&self.scope),
                since: self.created_at,
                seen_at: self.seen_at,
                expires_at: self.expires_at,
            },
        })
    }
}

impl Store {
    /// The tokens that a user has made and that are good, the latest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn access_tokens_of(
        &self,
        user: UserId,
        now: Millis,
    ) -> Result<Vec<ListedToken>, StoreError> {
        let rows: Vec<ListedRow> = on_pool!(self.read(), pool => sqlx::query_as(
            "SELECT token_hash, name, scope, created_at, seen_at, expires_at FROM sessions \
             WHERE user_id = $1 AND expires_at > $2 AND ended_at IS NULL \
                 AND scope IS NOT NULL AND provider IS NULL \
             ORDER BY created_at DESC, token_hash",
        )
        .bind(user.0)
        .bind(now)
        .fetch_all(pool))?;
        Ok(rows.into_iter().filter_map(ListedRow::listed).collect())
    }

    /// The hashes of a user's tokens that a provider has issued and that are good.
    ///
    /// # Errors
    /// The database's.
    pub async fn tokens_issued_by(
        &self,
        provider: &str,
        user: UserId,
    ) -> Result<Vec<[u8; 32]>, StoreError> {
        let hashes: Vec<Vec<u8>> = on_pool!(self.read(), pool => sqlx::query_scalar(
            "SELECT token_hash FROM sessions \
             WHERE user_id = $1 AND provider = $2 AND ended_at IS NULL",
        )
        .bind(user.0)
        .bind(provider)
        .fetch_all(pool))?;
        Ok(hashes
            .into_iter()
            .filter_map(|hash| hash.try_into().ok())
            .collect())
    }
}
