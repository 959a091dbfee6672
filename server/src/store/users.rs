//! Accounts: who they are and how they log in.

use protocol::api::accounts::{ChangeMe, Known, Me, User};
use protocol::{Millis, UserId};
use uuid::Uuid;

use super::pool::begin;
use super::{Store, StoreError, on_pool};

/// An account to be made.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Its id.
    pub id: UserId,
    /// The name to log in with.
    pub handle: String,
    /// The name shown.
    pub name: String,
    /// The password's hash, in PHC's notation.
    pub phc: String,
    /// When.
    pub at: Millis,
}

/// What a log-in is compared with.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Credentials {
    id: Uuid,
    /// The password's hash, in PHC's notation.
    pub phc: String,
}

impl Credentials {
    /// Whose.
    pub fn user(&self) -> UserId {
        UserId(self.id)
    }
}

#[derive(sqlx::FromRow)]
struct UserRow {
    id: Uuid,
    number: i64,
    handle: String,
    name: String,
    signature: String,
    version: i64,
}

#[derive(sqlx::FromRow)]
struct MeRow {
    #[sqlx(flatten)]
    user: UserRow,
    role: String,
    invisible: i64,
    account_version: i64,
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        Self {
            id: UserId(row.id),
            number: row.number.unsigned_abs(),
            handle: row.handle,
            name: row.name,
            signature: row.signature,
            version: row.version,
        }
    }
}

impl From<MeRow> for Me {
    fn from(row: MeRow) -> Self {
        Self {
            user: row.user.into(),
            administrator: row.role == "administrator",
            invisible: row.invisible != 0,
            account_version: row.account_version,
        }
    }
}

/// By what one account is found.
#[derive(Debug, Clone, Copy)]
pub enum UserKey<'a> {
    /// Its id.
    Id(UserId),
    /// Its handle, exactly.
    Handle(&'a str),
    /// Its number.
    Number(u64),
}

impl Store {
    /// Makes an account, the first one as the installation's administrator, numbered from 10000 on.
    ///
    /// # Errors
    /// A unique violation where the handle is taken.
    pub async fn create_user(&self, user: &NewUser) -> Result<(), StoreError> {
        on_pool!(self.write(), pool => {
            let mut work = begin(pool).await?;
            sqlx::query(
                "INSERT INTO users (id, number, handle, role, name, version, account_version, created_at) \
                 SELECT $1, COALESCE(MAX(number), 9999) + 1, $2, \
                        CASE WHEN COUNT(*) = 0 THEN 'administrator' ELSE 'user' END, $3, $4, $4, $4 \
                 FROM users",
            )
            .bind(user.id.0)
            .bind(&user.handle)
            .bind(&user.name)
            .bind(user.at)
            .execute(&mut *work)
            .await?;
            sqlx::query("INSERT INTO passwords (user_id, phc) VALUES ($1, $2)")
                .bind(user.id.0)
                .bind(&user.phc)
                .execute(&mut *work)
                .await?;
            work.commit().await?;
        });
        Ok(())
    }

    /// Whether there is no account yet.
    ///
    /// # Errors
    /// The database's.
    pub async fn has_no_users(&self) -> Result<bool, StoreError> {
        let count: i64 = on_pool!(self.read(), pool => {
            sqlx::query_scalar("SELECT COUNT(*) FROM (SELECT 1 FROM users LIMIT 1)")
                .fetch_one(pool)
                .await?
        });
        Ok(count == 0)
    }

    /// What a log-in to this handle is compared with; `None` without such an account.
    ///
    /// # Errors
    /// The database's.
    pub async fn credentials(&self, handle: &str) -> Result<Option<Credentials>, StoreError> {
        Ok(on_pool!(self.read(), pool => {
            sqlx::query_as(
                "SELECT u.id, p.phc FROM users u JOIN passwords p ON p.user_id = u.id \
                 WHERE u.handle = $1 AND u.disabled_at IS NULL",
            )
            .bind(handle)
            .fetch_optional(pool)
            .await?
        }))
    }

    /// Sets a password.
    ///
    /// # Errors
    /// The database's.
    pub async fn set_password(&self, user: UserId, phc: &str) -> Result<(), StoreError> {
        on_pool!(self.write(), pool => {
            sqlx::query(
                "INSERT INTO passwords (user_id, phc) VALUES ($1, $2) \
                 ON CONFLICT (user_id) DO UPDATE SET phc = excluded.phc",
            )
            .bind(user.0)
            .bind(phc)
            .execute(pool)
            .await?;
        });
        Ok(())
    }

    /// What an account sees of itself.
    ///
    /// # Errors
    /// The database's.
    pub async fn me(&self, user: UserId) -> Result<Option<Me>, StoreError> {
        let row: Option<MeRow> = on_pool!(self.read(), pool => {
            sqlx::query_as(
                "SELECT id, number, handle, name, signature, version, role, invisible, account_version \
                 FROM users WHERE id = $1 AND disabled_at IS NULL",
            )
            .bind(user.0)
            .fetch_optional(pool)
            .await?
        });
        Ok(row.map(Into::into))
    }

    /// What others see of an account.
    ///
    /// # Errors
    /// The database's.
    pub async fn find_user(&self, key: UserKey<'_>) -> Result<Option<User>, StoreError> {
        let row: Option<UserRow> = on_pool!(self.read(), pool => {
            match key {
                UserKey::Id(id) => sqlx::query_as(
                    "SELECT id, number, handle, name, signature, version FROM users \
                     WHERE id = $1 AND disabled_at IS NULL",
                )
                .bind(id.0),
                UserKey::Handle(handle) => sqlx::query_as(
                    "SELECT id, number, handle, name, signature, version FROM users \
                     WHERE handle = $1 AND disabled_at IS NULL",
                )
                .bind(handle),
                UserKey::Number(number) => sqlx::query_as(
                    "SELECT id, number, handle, name, signature, version FROM users \
                     WHERE number = $1 AND disabled_at IS NULL",
                )
                .bind(i64::try_from(number).unwrap_or(-1)),
            }
            .fetch_optional(pool)
            .await?
        });
        Ok(row.map(Into::into))
    }

    /// Of the profiles asked for, those newer than known, as far as `viewer` shares a conversation
    /// with them or has them as a contact or in a request.
    ///
    /// # Errors
    /// The database's.
    pub async fn lookup(&self, viewer: UserId, asked: &[Known]) -> Result<Vec<User>, StoreError> {
        let asked: Vec<(String, Millis)> = asked
            .iter()
            .map(|known| (known.id.0.simple().to_string(), known.version))
            .collect();
        let asked = serde_json::to_string(&asked).unwrap_or_default();
        let rows: Vec<UserRow> = on_pool!(self.read(), pool => {
            sqlx::query_as(
                "SELECT u.id, u.number, u.handle, u.name, u.signature, u.version \
                 FROM json_each($1) AS asked \
                 JOIN users u ON u.id = unhex(json_extract(asked.value, '$[0]')) \
                 WHERE u.version > json_extract(asked.value, '$[1]') AND (u.id = $2 \
                   OR EXISTS (SELECT 1 FROM contacts WHERE owner = $2 AND peer = u.id) \
                   OR EXISTS (SELECT 1 FROM contact_requests WHERE sender = $2 AND recipient = u.id) \
                   OR EXISTS (SELECT 1 FROM contact_requests WHERE sender = u.id AND recipient = $2) \
                   OR EXISTS (SELECT 1 FROM members mine JOIN members theirs \
                              ON theirs.conversation = mine.conversation AND theirs.user_id = u.id \
                              WHERE mine.user_id = $2))",
            )
            .bind(asked)
            .bind(viewer.0)
            .fetch_all(pool)
            .await?
        });
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// Changes a profile, and gives those who have it as a contact: their browsers want to know.
    /// Where only `invisible` changes, that concerns nobody else.
    ///
    /// # Errors
    /// The database's.
    pub async fn change_profile(
        &self,
        user: UserId,
        change: &ChangeMe,
        now: Millis,
    ) -> Result<Vec<UserId>, StoreError> {
        let public = change.name.is_some() || change.signature.is_some();
        let watchers: Vec<Uuid> = on_pool!(self.write(), pool => {
            let mut work = begin(pool).await?;
            sqlx::query(
                "UPDATE users SET name = COALESCE($2, name), signature = COALESCE($3, signature), \
                   invisible = COALESCE($4, invisible), \
                   version = CASE WHEN $5 THEN MAX($6, version + 1) ELSE version END, \
                   account_version = MAX($6, account_version + 1) WHERE id = $1",
            )
            .bind(user.0)
            .bind(&change.name)
            .bind(&change.signature)
            .bind(change.invisible.map(i64::from))
            .bind(public)
            .bind(now)
            .execute(&mut *work)
            .await?;
            let watchers = if public {
                sqlx::query_scalar(
                    "UPDATE users SET account_version = MAX($2, account_version + 1) \
                     WHERE id IN (SELECT owner FROM contacts WHERE peer = $1) RETURNING id",
                )
                .bind(user.0)
                .bind(now)
                .fetch_all(&mut *work)
                .await?
            } else {
                Vec::new()
            };
            work.commit().await?;
            watchers
        });
        Ok(watchers.into_iter().map(UserId).collect())
    }
}
