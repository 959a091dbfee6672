//! Accounts: who they are and how they log in.

use std::collections::HashMap;

use protocol::api::accounts::{ChangeMe, Known, Me, User, is_handle};
use protocol::{Millis, UserId};
use uuid::Uuid;

use super::pool::{Lock, Work, among, on, run, run_on};
use super::rows::Ids;
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
    /// The password's hash, in PHC's notation, if there is a password.
    pub phc: Option<String>,
    /// Whether it runs the installation.
    pub administrator: bool,
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
    invisible: bool,
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
            invisible: row.invisible,
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
    /// Makes an account, numbered from 10000 on.
    ///
    /// # Errors
    /// A unique violation where the handle is taken.
    pub async fn create_user(&self, user: &NewUser) -> Result<(), StoreError> {
        let mut work = self.writing().await?;
        insert_user(&mut work, user).await?;
        work.commit().await
    }

    /// Whether there is no account yet.
    ///
    /// # Errors
    /// The database's.
    pub async fn has_no_users(&self) -> Result<bool, StoreError> {
        let first: Option<Uuid> = on_pool!(self.read(), pool => {
            sqlx::query_scalar("SELECT id FROM users LIMIT 1").fetch_optional(pool)
        })?;
        Ok(first.is_none())
    }

    /// Whether somebody runs the installation.
    ///
    /// # Errors
    /// The database's.
    pub async fn has_administrator(&self) -> Result<bool, StoreError> {
        let first: Option<Uuid> = on_pool!(self.read(), pool => sqlx::query_scalar(
            "SELECT id FROM users WHERE role = 'administrator' AND disabled_at IS NULL LIMIT 1",
        )
        .fetch_optional(pool))?;
        Ok(first.is_some())
    }

    /// What a log-in to this handle is compared with; `None` without such an account.
    ///
    /// # Errors
    /// The database's.
    pub async fn credentials(&self, handle: &str) -> Result<Option<Credentials>, StoreError> {
        if !is_handle(handle) {
            return Ok(None);
        }
        on_pool!(self.read(), pool => sqlx::query_as(
            "SELECT u.id, p.phc FROM users u JOIN passwords p ON p.user_id = u.id \
             WHERE u.handle = $1 AND u.disabled_at IS NULL",
        )
        .bind(handle)
        .fetch_optional(pool))
    }

    /// The hash of an account's password, in PHC's notation; `None` where it has none.
    ///
    /// # Errors
    /// The database's.
    pub async fn password(&self, user: UserId) -> Result<Option<String>, StoreError> {
        on_pool!(self.read(), pool => {
            sqlx::query_scalar("SELECT phc FROM passwords WHERE user_id = $1")
                .bind(user.0)
                .fetch_optional(pool)
        })
    }

    /// Sets a password.
    ///
    /// # Errors
    /// The database's.
    pub async fn set_password(&self, user: UserId, phc: &str) -> Result<(), StoreError> {
        run_on!(
            self.write(),
            sqlx::query(
                "INSERT INTO passwords (user_id, phc) VALUES ($1, $2) \
             ON CONFLICT (user_id) DO UPDATE SET phc = excluded.phc",
            )
            .bind(user.0)
            .bind(phc)
        )?;
        Ok(())
    }

    /// What an account sees of itself.
    ///
    /// # Errors
    /// The database's.
    pub async fn me(&self, user: UserId) -> Result<Option<Me>, StoreError> {
        let row: Option<MeRow> = on_pool!(self.read(), pool => sqlx::query_as(
            "SELECT id, number, handle, name, signature, version, role, invisible, account_version \
             FROM users WHERE id = $1 AND disabled_at IS NULL",
        )
        .bind(user.0)
        .fetch_optional(pool))?;
        Ok(row.map(Into::into))
    }

    /// What others see of an account. What cannot be a handle is nobody's: the database is not asked,
    /// of which Postgres would refuse some.
    ///
    /// # Errors
    /// The database's.
    pub async fn find_user(&self, key: UserKey<'_>) -> Result<Option<User>, StoreError> {
        if matches!(key, UserKey::Handle(handle) if !is_handle(handle)) {
            return Ok(None);
        }
        let row: Option<UserRow> = on_pool!(self.read(), pool => match key {
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
        .fetch_optional(pool))?;
        Ok(row.map(Into::into))
    }

    /// Of the profiles asked for, those newer than known, as far as `viewer` shares a conversation
    /// with them or has them as a contact or in a request.
    ///
    /// # Errors
    /// The database's.
    pub async fn lookup(&self, viewer: UserId, asked: &[Known]) -> Result<Vec<User>, StoreError> {
        let sql = among!(
            self.read(),
            "SELECT u.id, u.number, u.handle, u.name, u.signature, u.version FROM users u \
             WHERE u.id ",
            "$1",
            " AND (u.id = $2 \
               OR EXISTS (SELECT 1 FROM contacts WHERE owner = $2 AND peer = u.id) \
               OR EXISTS (SELECT 1 FROM contact_requests WHERE sender = $2 AND recipient = u.id) \
               OR EXISTS (SELECT 1 FROM contact_requests WHERE sender = u.id AND recipient = $2) \
               OR EXISTS (SELECT 1 FROM members mine JOIN members theirs \
                          ON theirs.conversation = mine.conversation AND theirs.user_id = u.id \
                          WHERE mine.user_id = $2))"
        );
        let ids: Ids = asked.iter().map(|known| known.id.0).collect();
        let rows: Vec<UserRow> = on_pool!(self.read(), pool => sqlx::query_as(sql)
            .bind(ids)
            .bind(viewer.0)
            .fetch_all(pool))?;
        let known: HashMap<UserId, Millis> = asked.iter().map(|it| (it.id, it.version)).collect();
        Ok(rows
            .into_iter()
            .map(User::from)
            .filter(|user| {
                known
                    .get(&user.id)
                    .is_none_or(|known| user.version > *known)
            })
            .collect())
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
        let mut work = self.writing().await?;
        let watchers: Vec<Uuid> = if public {
            on!(&mut work, c => sqlx::query_scalar("SELECT owner FROM contacts WHERE peer = $1")
                .bind(user.0)
                .fetch_all(c))?
        } else {
            Vec::new()
        };
        let watchers: Vec<UserId> = watchers.into_iter().map(UserId).collect();
        touch(&mut work, watchers.iter().copied().chain([user]), now).await?;
        run!(
            &mut work,
            sqlx::query(
                "UPDATE users SET name = COALESCE($2, name), signature = COALESCE($3, signature), \
               invisible = COALESCE($4, invisible), version = CASE WHEN NOT $5 THEN version \
                 WHEN version < $6 THEN $6 ELSE version + 1 END WHERE id = $1",
            )
            .bind(user.0)
            .bind(&change.name)
            .bind(&change.signature)
            .bind(change.invisible)
            .bind(public)
            .bind(now)
        )?;
        work.commit().await?;
        Ok(watchers)
    }
}

/// Makes an account, as [`Store::create_user`] says.
pub(super) async fn insert_user(work: &mut Work, user: &NewUser) -> Result<(), StoreError> {
    work.lock(Lock::NewUser).await?;
    run!(
        work,
        sqlx::query(
            "INSERT INTO users (id, number, handle, role, name, version, account_version, created_at) \
             SELECT $1, COALESCE(MAX(number), 9999) + 1, $2, \
                    $5, $3, $4, $4, $4 \
             FROM users",
        )
        .bind(user.id.0)
        .bind(&user.handle)
        .bind(&user.name)
        .bind(user.at)
        .bind(if user.administrator { "administrator" } else { "user" })
    )?;
    if let Some(phc) = &user.phc {
        run!(
            work,
            sqlx::query("INSERT INTO passwords (user_id, phc) VALUES ($1, $2)")
                .bind(user.id.0)
                .bind(phc)
        )?;
    }
    Ok(())
}

/// Notes that something about these accounts changed, and locks them in one order, so that of two who
/// change the same ones the second waits for the first.
pub(super) async fn touch(
    work: &mut Work,
    users: impl IntoIterator<Item = UserId>,
    now: Millis,
) -> Result<(), StoreError> {
    let users: Ids = users.into_iter().map(|user| user.0).collect();
    let sql = if work.is_postgres() {
        "UPDATE users SET account_version = GREATEST($2, account_version + 1) WHERE id IN
             (SELECT id FROM users WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE)"
    } else {
        "UPDATE users SET account_version = MAX($2, account_version + 1)
         WHERE id IN (SELECT unhex(value) FROM json_each($1))"
    };
    run!(work, sqlx::query(sql).bind(users).bind(now))?;
    Ok(())
}
