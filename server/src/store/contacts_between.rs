//! Who may know of whom.

use protocol::UserId;
use uuid::Uuid;

use super::rows::ids;
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
        let rows: Vec<(Uuid,)> = on_pool!(self.read(), pool => {
            sqlx::query_as(
                "SELECT mine.peer FROM contacts mine
                 JOIN contacts theirs ON theirs.owner = mine.peer AND theirs.peer = mine.owner
                 WHERE mine.owner = $1 AND mine.blocked = 0 AND theirs.blocked = 0
                   AND mine.peer IN (SELECT unhex(value) FROM json_each($2))",
            )
            .bind(user.0)
            .bind(ids(of.iter().map(|user| user.0)))
            .fetch_all(pool)
            .await?
        });
        Ok(rows.into_iter().map(|(id,)| UserId(id)).collect())
    }
}
