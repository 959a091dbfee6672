//! Profiles, in bulk.

use std::collections::BTreeSet;

use protocol::UserId;
use protocol::api::accounts::User;

use super::pool::{Work, among, on};
use super::rows::{Ids, UserRow};
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
    work: &mut Work,
    users: impl IntoIterator<Item = UserId>,
) -> Result<Vec<User>, StoreError> {
    let users: BTreeSet<UserId> = users.into_iter().collect();
    let sql = among!(
        work,
        "SELECT id, number, handle, name, signature, version FROM users WHERE id ",
        "$1",
        " ORDER BY id"
    );
    let ids: Ids = users.into_iter().map(|user| user.0).collect();
    let rows: Vec<UserRow> = on!(work, c => sqlx::query_as(sql).bind(ids).fetch_all(c))?;
    Ok(rows.into_iter().map(User::from).collect())
}
