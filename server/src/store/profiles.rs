//! Profiles.
use super::{Store, StoreError};
use protocol::UserId;
use protocol::api::accounts::User;
impl Store {
    /// The profiles of these users, in no particular order; those that do not exist are left out.
    pub async fn profiles(&self, users: &[UserId]) -> Result<Vec<User>, StoreError> {
        todo!()
    }
}
