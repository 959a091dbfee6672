//! Who knows whom.

use protocol::api::accounts::User;
use protocol::api::contacts::{ChangeContact, Contact};
use protocol::{ConversationId, Millis, UserId};
use uuid::Uuid;

use super::pool::{Work, on, run};
use super::users::touch;
use super::{Store, StoreError, on_pool};

#[derive(sqlx::FromRow)]
struct ContactRow {
    id: Uuid,
    number: i64,
    handle: String,
    name: String,
    signature: String,
    version: i64,
    remark: String,
    starred: bool,
    blocked: bool,
    mutual: bool,
    since: i64,
}

impl From<ContactRow> for Contact {
    fn from(row: ContactRow) -> Self {
        Self {
            user: User {
                id: UserId(row.id),
                number: row.number.unsigned_abs(),
                handle: row.handle,
                name: row.name,
                signature: row.signature,
                version: row.version,
            },
            remark: row.remark,
            starred: row.starred,
            blocked: row.blocked,
            mutual: row.mutual,
            since: row.since,
        }
    }
}

/// How two people stand to each other, seen by the first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Acquaintance {
    /// The first has the second as a contact.
    pub known: bool,
    /// The second has the first as a contact.
    pub knows_me: bool,
    /// The second has blocked the first.
    pub blocked_by: bool,
}

impl Store {
    /// The contacts of a user, by the name shown.
    ///
    /// # Errors
    /// The database's.
    pub async fn contacts(&self, owner: UserId) -> Result<Vec<Contact>, StoreError> {
        let rows: Vec<ContactRow> = on_pool!(self.read(), pool => sqlx::query_as(
            "SELECT u.id, u.number, u.handle, u.name, u.signature, u.version, c.remark, c.starred, \
               c.blocked, c.since, \
               EXISTS (SELECT 1 FROM contacts \
                       WHERE owner = c.peer AND peer = c.owner AND NOT blocked) AS mutual \
             FROM contacts c JOIN users u ON u.id = c.peer WHERE c.owner = $1",
        )
        .bind(owner.0)
        .fetch_all(pool))?;
        let mut contacts: Vec<Contact> = rows.into_iter().map(Into::into).collect();
        contacts.sort_by_cached_key(|contact| {
            let shown = if contact.remark.is_empty() {
                &contact.user.name
            } else {
                &contact.remark
            };
            (shown.to_lowercase(), contact.user.id)
        });
        Ok(contacts)
    }

    /// How two people stand to each other.
    ///
    /// # Errors
    /// The database's.
    pub async fn acquaintance(
        &self,
        me: UserId,
        other: UserId,
    ) -> Result<Acquaintance, StoreError> {
        let rows: Vec<(Uuid, bool)> = on_pool!(self.read(), pool => sqlx::query_as(
            "SELECT owner, blocked FROM contacts \
             WHERE (owner = $1 AND peer = $2) OR (owner = $2 AND peer = $1)",
        )
        .bind(me.0)
        .bind(other.0)
        .fetch_all(pool))?;
        let mut seen = Acquaintance::default();
        for (owner, blocked) in rows {
            if owner == me.0 {
                seen.known = true;
            } else {
                seen.knows_me = true;
                seen.blocked_by = blocked;
            }
        }
        Ok(seen)
    }

    /// Changes one's own side of a contact. `false` where there is none.
    ///
    /// # Errors
    /// The database's.
    pub async fn change_contact(
        &self,
        owner: UserId,
        peer: UserId,
        change: &ChangeContact,
        now: Millis,
    ) -> Result<bool, StoreError> {
        let mut work = self.writing().await?;
        touch(&mut work, [owner], now).await?;
        let changed: Option<bool> = on!(&mut work, c => sqlx::query_scalar(
            "UPDATE contacts SET remark = COALESCE($3, remark), starred = COALESCE($4, starred), \
               blocked = COALESCE($5, blocked) WHERE owner = $1 AND peer = $2 RETURNING TRUE",
        )
        .bind(owner.0)
        .bind(peer.0)
        .bind(&change.remark)
        .bind(change.starred)
        .bind(change.blocked)
        .fetch_optional(c))?;
        touch_direct(&mut work, owner, peer, now).await?;
        work.commit().await?;
        Ok(changed.is_some())
    }

    /// Takes a contact out of `owner`'s list; the other side keeps its own. `false` where there is
    /// none.
    ///
    /// # Errors
    /// The database's.
    pub async fn remove_contact(
        &self,
        owner: UserId,
        peer: UserId,
        now: Millis,
    ) -> Result<bool, StoreError> {
        let mut work = self.writing().await?;
        touch(&mut work, [owner, peer], now).await?;
        let removed: Option<bool> = on!(&mut work, c => sqlx::query_scalar(
            "DELETE FROM contacts WHERE owner = $1 AND peer = $2 RETURNING TRUE",
        )
        .bind(owner.0)
        .bind(peer.0)
        .fetch_optional(c))?;
        touch_direct(&mut work, owner, peer, now).await?;
        work.commit().await?;
        Ok(removed.is_some())
    }
}

/// Gives the direct conversation of two people another version: who may write there goes by how they
/// stand to each other.
pub(super) async fn touch_direct(
    work: &mut Work,
    one: UserId,
    other: UserId,
    now: Millis,
) -> Result<(), StoreError> {
    let direct = ConversationId::direct(one, other);
    run!(
        work,
        sqlx::query(
            "UPDATE conversations SET updated_at = \
                 CASE WHEN updated_at < $2 THEN $2 ELSE updated_at + 1 END WHERE id = $1"
        )
        .bind(direct.0)
        .bind(now)
    )?;
    Ok(())
}
