//! The second step of a log-in.

use protocol::UserId;

use super::pool::{run, run_on};
use super::{Store, StoreError, on_pool};

/// What codes are made from, and what was used of them.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct SecondFactor {
    /// What the user's app has too.
    pub secret: Vec<u8>,
    /// Whether the user has shown that it does.
    pub confirmed: bool,
}

impl Store {
    /// The second factor of a user, if there is one.
    ///
    /// # Errors
    /// The database's.
    pub async fn second_factor(&self, user: UserId) -> Result<Option<SecondFactor>, StoreError> {
        on_pool!(self.read(), pool => {
            sqlx::query_as("SELECT secret, confirmed FROM second_factors WHERE user_id = $1")
                .bind(user.0)
                .fetch_optional(pool)
        })
    }

    /// Keeps a secret that is to be confirmed. One that is confirmed stays.
    ///
    /// # Errors
    /// The database's.
    pub async fn begin_second_factor(&self, user: UserId, secret: &[u8]) -> Result<(), StoreError> {
        run_on!(
            self.write(),
            sqlx::query(
                "INSERT INTO second_factors (user_id, secret) VALUES ($1, $2) \
                 ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret \
                 WHERE NOT second_factors.confirmed",
            )
            .bind(user.0)
            .bind(secret)
        )?;
        Ok(())
    }

    /// Asks for it from now on, with these hashes of codes for whoever has lost the app. False where
    /// it was confirmed before.
    ///
    /// # Errors
    /// The database's.
    pub async fn confirm_second_factor(
        &self,
        user: UserId,
        recovery: &[[u8; 32]],
    ) -> Result<bool, StoreError> {
        let mut work = self.writing().await?;
        let confirmed = run!(
            &mut work,
            sqlx::query(
                "UPDATE second_factors SET confirmed = TRUE WHERE user_id = $1 AND NOT confirmed"
            )
            .bind(user.0)
        )?;
        if confirmed == 0 {
            return Ok(false);
        }
        for hash in recovery {
            run!(
                &mut work,
                sqlx::query("INSERT INTO recovery_codes (user_id, code_hash) VALUES ($1, $2)")
                    .bind(user.0)
                    .bind(hash.as_slice())
            )?;
        }
        work.commit().await?;
        Ok(true)
    }

    /// Uses up the code of a step, and those before it. False where it was used up before.
    ///
    /// # Errors
    /// The database's.
    pub async fn use_step(&self, user: UserId, step: i64) -> Result<bool, StoreError> {
        let used = run_on!(
            self.write(),
            sqlx::query(
                "UPDATE second_factors SET last_step = $2 WHERE user_id = $1 AND last_step < $2"
            )
            .bind(user.0)
            .bind(step)
        )?;
        Ok(used > 0)
    }

    /// Uses up a recovery code. False where there is none of that hash.
    ///
    /// # Errors
    /// The database's.
    pub async fn use_recovery_code(
        &self,
        user: UserId,
        hash: &[u8; 32],
    ) -> Result<bool, StoreError> {
        let used = run_on!(
            self.write(),
            sqlx::query("DELETE FROM recovery_codes WHERE user_id = $1 AND code_hash = $2")
                .bind(user.0)
                .bind(hash.as_slice())
        )?;
        Ok(used > 0)
    }

    /// How many recovery codes a user has left.
    ///
    /// # Errors
    /// The database's.
    pub async fn recovery_codes(&self, user: UserId) -> Result<u64, StoreError> {
        let count: i64 = on_pool!(self.read(), pool => {
            sqlx::query_scalar("SELECT count(*) FROM recovery_codes WHERE user_id = $1")
                .bind(user.0)
                .fetch_one(pool)
        })?;
        Ok(count.unsigned_abs())
    }

    /// Asks for it no more.
    ///
    /// # Errors
    /// The database's.
    pub async fn remove_second_factor(&self, user: UserId) -> Result<(), StoreError> {
        let mut work = self.writing().await?;
        for sql in [
            "DELETE FROM recovery_codes WHERE user_id = $1",
            "DELETE FROM second_factors WHERE user_id = $1",
        ] {
            run!(&mut work, sqlx::query(sql).bind(user.0))?;
        }
        work.commit().await
    }
}
