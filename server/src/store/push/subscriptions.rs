//! The browsers that are told.

use protocol::api::push::PushSubscription;
use protocol::{Millis, UserId};
use uuid::Uuid;

use super::super::pool::{on, run};
use super::super::rows::signed;
use super::super::{Store, StoreError, on_pool, run_on};

/// A browser that asks to be told.
#[derive(Debug, Clone)]
pub struct NewSubscription {
    /// By what it is named here, where it is new.
    pub id: Uuid,
    /// Whose browser it is.
    pub user: UserId,
    /// The hash of its session's token.
    pub session: [u8; 32],
    /// Where its push service takes what is for it.
    pub endpoint: String,
    /// The host of that.
    pub service: String,
    /// Its public key: an uncompressed point on P-256.
    pub p256dh: Vec<u8>,
    /// The secret that belongs to the key.
    pub auth: Vec<u8>,
    /// The language that it is told in, as a tag.
    pub language: String,
    /// When it asked.
    pub at: Millis,
}

/// A user has as many subscriptions as they may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MostSubscriptions;

/// A subscription as its user sees it.
#[derive(Debug, Clone)]
pub struct ListedSubscription {
    /// SHA-256 of its session's token.
    pub session: [u8; 32],
    /// What is shown, without whether it is the one that asks.
    pub shown: PushSubscription,
}

#[derive(sqlx::FromRow)]
struct ListedRow {
    id: Uuid,
    session: Vec<u8>,
    agent: String,
    created_at: Millis,
}

impl Store {
    /// The browsers of a user that are told, the latest subscribed first.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn push_subscriptions(
        &self,
        user: UserId,
        now: Millis,
    ) -> Result<Vec<ListedSubscription>, StoreError> {
        let rows: Vec<ListedRow> = on_pool!(self.read(), pool => sqlx::query_as(
            "SELECT p.id, p.session, s.agent, p.created_at
             FROM push_subscriptions p JOIN sessions s ON s.token_hash = p.session
             WHERE p.user_id = $1 AND s.ended_at IS NULL AND s.expires_at > $2
             ORDER BY p.created_at DESC, p.id",
        )
        .bind(user.0)
        .bind(now)
        .fetch_all(pool))?;
        Ok(rows.into_iter().filter_map(ListedRow::listed).collect())
    }

    /// Keeps a subscription; one with the same address, whoever's it was, becomes this one, and keeps
    /// its id only where it was of the same user. Gives the id, and whether that address is new.
    ///
    /// # Errors
    /// The database cannot serve. Inside, the user has `most` others.
    pub async fn subscribe(
        &self,
        new: &NewSubscription,
        most: usize,
    ) -> Result<Result<(Uuid, bool), MostSubscriptions>, StoreError> {
        let mut work = self.writing().await?;
        // With what is still to be told to the one who used this browser before.
        run!(
            &mut work,
            sqlx::query("DELETE FROM push_subscriptions WHERE endpoint = $1 AND user_id <> $2")
                .bind(&new.endpoint)
                .bind(new.user.0)
        )?;
        let known: Option<Uuid> = on!(&mut work, c => sqlx::query_scalar(
            "UPDATE push_subscriptions SET session = $3, service = $4, p256dh = $5, auth = $6,
                 language = $7, created_at = $8
             WHERE endpoint = $1 AND user_id = $2 RETURNING id",
        )
        .bind(&new.endpoint)
        .bind(new.user.0)
        .bind(new.session.as_slice())
        .bind(&new.service)
        .bind(&new.p256dh)
        .bind(&new.auth)
        .bind(&new.language)
        .bind(new.at)
        .fetch_optional(c))?;
        if let Some(id) = known {
            work.commit().await?;
            return Ok(Ok((id, false)));
        }
        let (others,): (i64,) = on!(&mut work, c => sqlx::query_as(
            "SELECT count(*) FROM push_subscriptions p JOIN sessions s ON s.token_hash = p.session
             WHERE p.user_id = $1 AND s.ended_at IS NULL AND s.expires_at > $2",
        )
        .bind(new.user.0)
        .bind(new.at)
        .fetch_one(c))?;
        if others >= signed(u64::try_from(most).unwrap_or(u64::MAX)) {
            return Ok(Err(MostSubscriptions));
        }
        run!(
            &mut work,
            sqlx::query(
                "INSERT INTO push_subscriptions (id, user_id, session, endpoint, service, p256dh,
                     auth, language, created_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            )
            .bind(new.id)
            .bind(new.user.0)
            .bind(new.session.as_slice())
            .bind(&new.endpoint)
            .bind(&new.service)
            .bind(&new.p256dh)
            .bind(&new.auth)
            .bind(&new.language)
            .bind(new.at)
        )?;
        work.commit().await?;
        Ok(Ok((new.id, true)))
    }

    /// Removes a subscription of a user; tells whether there was one.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn unsubscribe(&self, user: UserId, id: Uuid) -> Result<bool, StoreError> {
        let removed = run_on!(
            self.write(),
            sqlx::query("DELETE FROM push_subscriptions WHERE id = $1 AND user_id = $2")
                .bind(id)
                .bind(user.0)
        )?;
        Ok(removed > 0)
    }
}

impl ListedRow {
    fn listed(self) -> Option<ListedSubscription> {
        Some(ListedSubscription {
            session: self.session.try_into().ok()?,
            shown: PushSubscription {
                id: self.id.to_string(),
                agent: self.agent,
                created_at: self.created_at,
                current: false,
            },
        })
    }
}
