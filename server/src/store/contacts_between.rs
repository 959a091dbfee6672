//! Who may know of whom.

use protocol::UserId;
use uuid::Uuid;

use super::pool::among;
use super::rows::Ids;
use super::{Store, StoreError, on_pool};

impl Store {
    /// Of these users, those who have this one as a contact, and are contacts of theirs, with no
    /// block on either side.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn mutual_contacts(
        &self,
        user: UserId,
        of: &[UserId],
    ) -> Result<Vec<UserId>, StoreError> {
        if of.is_empty() {
            return Ok(Vec::new());
        }
        let sql = among!(
            self.read(),
            "SELECT mine.peer FROM contacts mine
             JOIN contacts theirs ON theirs.owner = mine.peer AND theirs.peer = mine.owner
             WHERE mine.owner = $1 AND NOT mine.blocked AND NOT theirs.blocked AND mine.peer ",
            "$2",
            ""
        );
        let of: Ids = of.iter().map(|user| user.0).collect();
        let rows: Vec<(Uuid,)> = on_pool!(self.read(), pool => sqlx::query_as(sql)
            .bind(user.0)
            .bind(of)
            .fetch_all(pool))?;
        Ok(rows.into_iter().map(|(id,)| UserId(id)).collect())
    }
}
