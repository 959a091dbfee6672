//! The accounts elsewhere that users log in with.

use protocol::{Millis, UserId};
use uuid::Uuid;

use super::pool::{Work, on, run};
use super::users::insert_user;
use super::{AfterLogIn, NewUser, Store, StoreError, on_pool};

/// An account elsewhere, to be linked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIdentity {
    /// The provider's name.
    pub provider: String,
    /// What the provider knows the account by.
    pub subject: String,
    /// What it is called there.
    pub name: String,
    /// When.
    pub at: Millis,
}

/// Who logs in with an account elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdentityOwner {
    /// Who.
    pub user: UserId,
    /// Whether they may not log in at all.
    pub is_disabled: bool,
}

/// A linked account.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct LinkedIdentity {
    /// The provider's name.
    pub provider: String,
    /// What it was called there when it was linked.
    pub name: String,
    /// Since when.
    pub linked_at: Millis,
}

/// What became of linking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linking {
    /// It is linked, perhaps since before.
    Done,
    /// Somebody else logs in with it.
    TakenByOther,
    /// The user has another account of that provider.
    HasAnother,
}

/// What became of unlinking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unlinking {
    /// It is gone.
    Done,
    /// There is none of that provider.
    NotLinked,
    /// Nothing else is left to log in with.
    LastWayIn,
}

/// What became of a newcomer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// There is an account now.
    Done(AfterLogIn),
    /// They took too long.
    Expired,
    /// Somebody logs in with the account elsewhere by now.
    Taken,
}

impl Store {
    /// Who logs in with an account elsewhere.
    ///
    /// # Errors
    /// The database's.
    pub async fn identity_owner(
        &self,
        provider: &str,
        subject: &str,
    ) -> Result<Option<IdentityOwner>, StoreError> {
        let row: Option<(Uuid, Option<Millis>)> = on_pool!(self.read(), pool => sqlx::query_as(
            "SELECT i.user_id, u.disabled_at FROM identities i JOIN users u ON u.id = i.user_id \
             WHERE i.provider = $1 AND i.subject = $2",
        )
        .bind(provider)
        .bind(subject)
        .fetch_optional(pool))?;
        Ok(row.map(|(user, disabled_at)| IdentityOwner {
            user: UserId(user),
            is_disabled: disabled_at.is_some(),
        }))
    }

    /// The accounts elsewhere that a user logs in with, and whether they have a password.
    ///
    /// # Errors
    /// The database's.
    pub async fn ways_in(&self, user: UserId) -> Result<(bool, Vec<LinkedIdentity>), StoreError> {
        let mut work = self.reading().await?;
        ways_in(&mut work, user).await
    }

    /// Links an account elsewhere; repeatable.
    ///
    /// # Errors
    /// The database's.
    pub async fn link_identity(
        &self,
        user: UserId,
        identity: &NewIdentity,
    ) -> Result<Linking, StoreError> {
        let mut work = self.writing().await?;
        let linking = if insert_identity(&mut work, user, identity).await? {
            Linking::Done
        } else {
            let owner: Option<Uuid> = on!(&mut work, c => sqlx::query_scalar(
                "SELECT user_id FROM identities WHERE provider = $1 AND subject = $2",
            )
            .bind(&identity.provider)
            .bind(&identity.subject)
            .fetch_optional(c))?;
            match owner {
                Some(owner) if owner == user.0 => Linking::Done,
                Some(_) => Linking::TakenByOther,
                None => Linking::HasAnother,
            }
        };
        work.commit().await?;
        Ok(linking)
    }

    /// Unlinks what a user has of a provider, unless that is their last way in: a password, or an
    /// account of one of the `providers` that there are.
    ///
    /// # Errors
    /// The database's.
    pub async fn unlink_identity(
        &self,
        user: UserId,
        provider: &str,
        providers: &[&str],
    ) -> Result<Unlinking, StoreError> {
        let mut work = self.writing().await?;
        if work.is_postgres() {
            // Of two at once, the second sees what the first has left.
            run!(
                &mut work,
                sqlx::query("SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE").bind(user.0)
            )?;
        }
        let (has_password, linked) = ways_in(&mut work, user).await?;
        if !linked.iter().any(|it| it.provider == provider) {
            return Ok(Unlinking::NotLinked);
        }
        let others = linked.iter().filter(|it| it.provider != provider);
        let mut others = others.map(|it| it.provider.as_str());
        if !has_password && !others.any(|other| providers.contains(&other)) {
            return Ok(Unlinking::LastWayIn);
        }
        run!(
            &mut work,
            sqlx::query("DELETE FROM identities WHERE user_id = $1 AND provider = $2")
                .bind(user.0)
                .bind(provider)
        )?;
        work.commit().await?;
        Ok(Unlinking::Done)
    }

    /// Makes the account of a newcomer, who then is one no more.
    ///
    /// # Errors
    /// A unique violation where the handle is taken.
    pub async fn admit(
        &self,
        browser_hash: &[u8; 32],
        user: &NewUser,
    ) -> Result<Admission, StoreError> {
        let mut work = self.writing().await?;
        let newcomer: Option<(String, String, String, String, bool)> = on!(&mut work, c => sqlx::query_as(
                "DELETE FROM newcomers WHERE browser_hash = $1 AND expires_at > $2 \
                 RETURNING provider, subject, name, next_path, shared",
            )
            .bind(browser_hash.as_slice())
            .bind(user.at)
            .fetch_optional(c))?;
        let Some((provider, subject, name, next_path, shared)) = newcomer else {
            return Ok(Admission::Expired);
        };
        insert_user(&mut work, user).await?;
        let identity = NewIdentity {
            provider,
            subject,
            name,
            at: user.at,
        };
        if !insert_identity(&mut work, user.id, &identity).await? {
            return Ok(Admission::Taken);
        }
        work.commit().await?;
        Ok(Admission::Done(AfterLogIn { next_path, shared }))
    }
}

async fn ways_in(work: &mut Work, user: UserId) -> Result<(bool, Vec<LinkedIdentity>), StoreError> {
    let password: Option<Uuid> = on!(work, c => {
        sqlx::query_scalar("SELECT user_id FROM passwords WHERE user_id = $1")
            .bind(user.0)
            .fetch_optional(c)
    })?;
    let linked = on!(work, c => sqlx::query_as(
        "SELECT provider, name, linked_at FROM identities WHERE user_id = $1 \
         ORDER BY linked_at, provider",
    )
    .bind(user.0)
    .fetch_all(c))?;
    Ok((password.is_some(), linked))
}

/// Whether it was not there.
async fn insert_identity(
    work: &mut Work,
    user: UserId,
    identity: &NewIdentity,
) -> Result<bool, StoreError> {
    let inserted = run!(
        work,
        sqlx::query(
            "INSERT INTO identities (provider, subject, user_id, name, linked_at) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        )
        .bind(&identity.provider)
        .bind(&identity.subject)
        .bind(user.0)
        .bind(&identity.name)
        .bind(identity.at)
    )?;
    Ok(inserted == 1)
}
