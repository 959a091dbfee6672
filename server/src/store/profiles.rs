//! Profiles, in bulk.

use std::collections::BTreeSet;

use protocol::UserId;
use protocol::api::accounts::User;

use super::pool::Connection;
use super::rows::{UserRow, ids};
use super::{Store, StoreError};

impl Store {
    /// The profiles of these users, by id; those that do not exist are left out.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn profiles(&self, users: &[UserId]) -> Result<Vec<User>, StoreError> {
        let mut tx = self.reading().await?;
        profiles(&mut tx, users.iter().copied()).await
    }
}

/// As [`Store::profiles`], at the moment of a transaction.
pub(super) async fn profiles(
    connection: &mut Connection,
    users: impl IntoIterator<Item = UserId>,
) -> Result<Vec<User>, StoreError> {
    let users: BTreeSet<UserId> = users.into_iter().collect();
    let rows: Vec<UserRow> = sqlx::query_as(
        "SELECT id, number, handle, name, signature, version FROM users
         WHERE id IN (SELECT unhex(value) FROM json_each($1)) ORDER BY id",
    )
    .bind(ids(users.into_iter().map(|user| user.0)))
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(User::from).collect())
}
