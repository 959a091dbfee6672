//! Requests to become contacts: one row for each that was not answered or was; between the same two,
//! in one direction, at most one is open.

use protocol::api::accounts::User;
use protocol::api::contacts::{ContactRequest, RequestState};
use protocol::{Millis, RequestId, UserId};
use uuid::Uuid;

use super::contacts::touch_direct;
use super::pool::{on, run};
use super::users::touch;
use super::{Store, StoreError, on_pool};

#[derive(sqlx::FromRow)]
struct RequestRow {
    id: Uuid,
    note: String,
    state: String,
    at: i64,
    sender_id: Uuid,
    sender_number: i64,
    sender_handle: String,
    sender_name: String,
    sender_signature: String,
    sender_version: i64,
    recipient_id: Uuid,
    recipient_number: i64,
    recipient_handle: String,
    recipient_name: String,
    recipient_signature: String,
    recipient_version: i64,
}

impl From<RequestRow> for ContactRequest {
    fn from(row: RequestRow) -> Self {
        Self {
            id: RequestId(row.id),
            sender: User {
                id: UserId(row.sender_id),
                number: row.sender_number.unsigned_abs(),
                handle: row.sender_handle,
                name: row.sender_name,
                signature: row.sender_signature,
                version: row.sender_version,
            },
            recipient: User {
                id: UserId(row.recipient_id),
                number: row.recipient_number.unsigned_abs(),
                handle: row.recipient_handle,
                name: row.recipient_name,
                signature: row.recipient_signature,
                version: row.recipient_version,
            },
            note: row.note,
            state: match row.state.as_str() {
                "accepted" => RequestState::Accepted,
                "declined" => RequestState::Declined,
                _ => RequestState::Open,
            },
            at: row.at,
        }
    }
}

/// A request to be kept.
#[derive(Debug, Clone)]
pub struct NewRequest {
    /// Its id, if there is none between the two yet.
    pub id: RequestId,
    /// Who asks.
    pub sender: UserId,
    /// Who is asked.
    pub recipient: UserId,
    /// What they say of themselves.
    pub note: String,
    /// When.
    pub at: Millis,
    /// Whether the recipient hears of it: not where the sender is blocked.
    pub heard: bool,
}

impl Store {
    /// Requests that a user sent or got, the newest first, as stored: a declined one says so.
    ///
    /// # Errors
    /// The database's.
    pub async fn requests(&self, user: UserId) -> Result<Vec<ContactRequest>, StoreError> {
        let rows: Vec<RequestRow> = on_pool!(self.read(), pool => sqlx::query_as(
            "SELECT r.id, r.note, r.state, r.at, \
               s.id AS sender_id, s.number AS sender_number, s.handle AS sender_handle, \
               s.name AS sender_name, s.signature AS sender_signature, s.version AS sender_version, \
               t.id AS recipient_id, t.number AS recipient_number, t.handle AS recipient_handle, \
               t.name AS recipient_name, t.signature AS recipient_signature, \
               t.version AS recipient_version \
             FROM contact_requests r JOIN users s ON s.id = r.sender JOIN users t ON t.id = r.recipient \
             WHERE r.sender = $1 OR r.recipient = $1 ORDER BY r.at DESC, r.id DESC LIMIT 200",
        )
        .bind(user.0)
        .fetch_all(pool))?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// One request, to either of the two.
    ///
    /// # Errors
    /// The database's.
    pub async fn request(
        &self,
        user: UserId,
        id: RequestId,
    ) -> Result<Option<ContactRequest>, StoreError> {
        let row: Option<RequestRow> = on_pool!(self.read(), pool => sqlx::query_as(
            "SELECT r.id, r.note, r.state, r.at, \
               s.id AS sender_id, s.number AS sender_number, s.handle AS sender_handle, \
               s.name AS sender_name, s.signature AS sender_signature, s.version AS sender_version, \
               t.id AS recipient_id, t.number AS recipient_number, t.handle AS recipient_handle, \
               t.name AS recipient_name, t.signature AS recipient_signature, \
               t.version AS recipient_version \
             FROM contact_requests r JOIN users s ON s.id = r.sender JOIN users t ON t.id = r.recipient \
             WHERE r.id = $2 AND (r.sender = $1 OR r.recipient = $1)",
        )
        .bind(user.0)
        .bind(id.0)
        .fetch_optional(pool))?;
        Ok(row.map(Into::into))
    }

    /// The request that waits for an answer of `recipient` to `sender`.
    ///
    /// # Errors
    /// The database's.
    pub async fn open_request(
        &self,
        sender: UserId,
        recipient: UserId,
    ) -> Result<Option<RequestId>, StoreError> {
        let id: Option<Uuid> = on_pool!(self.read(), pool => sqlx::query_scalar(
            "SELECT id FROM contact_requests WHERE sender = $1 AND recipient = $2 AND state = 'open'",
        )
        .bind(sender.0)
        .bind(recipient.0)
        .fetch_optional(pool))?;
        Ok(id.map(RequestId))
    }

    /// Keeps a request. A repeat takes the place of the one before, unless that led to something;
    /// gives the id it is kept under.
    ///
    /// # Errors
    /// The database's.
    pub async fn keep_request(&self, new: &NewRequest) -> Result<RequestId, StoreError> {
        let state = if new.heard { "open" } else { "declined" };
        let mut work = self.writing().await?;
        // First, so that of two at the same time the second finds the first one's request.
        let heard = new.heard.then_some(new.recipient);
        touch(&mut work, [new.sender].into_iter().chain(heard), new.at).await?;
        let before: Option<Uuid> = on!(&mut work, c => sqlx::query_scalar(
            "SELECT id FROM contact_requests WHERE sender = $1 AND recipient = $2 \
               AND state <> 'accepted' ORDER BY state = 'open' DESC, at DESC LIMIT 1",
        )
        .bind(new.sender.0)
        .bind(new.recipient.0)
        .fetch_optional(c))?;
        let id = before.unwrap_or(new.id.0);
        run!(
            &mut work,
            sqlx::query(
                "INSERT INTO contact_requests (id, sender, recipient, note, state, at) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO UPDATE \
             SET note = excluded.note, state = excluded.state, at = excluded.at",
            )
            .bind(id)
            .bind(new.sender.0)
            .bind(new.recipient.0)
            .bind(&new.note)
            .bind(state)
            .bind(new.at)
        )?;
        work.commit().await?;
        Ok(RequestId(id))
    }

    /// Makes two people each other's contacts and answers what they asked of each other. What is so
    /// already stays as it is.
    ///
    /// # Errors
    /// The database's.
    pub async fn make_contacts(
        &self,
        one: UserId,
        other: UserId,
        now: Millis,
    ) -> Result<(), StoreError> {
        let mut work = self.writing().await?;
        touch(&mut work, [one, other], now).await?;
        run!(
            &mut work,
            sqlx::query(
                "INSERT INTO contacts (owner, peer, since) VALUES ($1, $2, $3), ($2, $1, $3) \
             ON CONFLICT (owner, peer) DO NOTHING",
            )
            .bind(one.0)
            .bind(other.0)
            .bind(now)
        )?;
        touch_direct(&mut work, one, other, now).await?;
        run!(
            &mut work,
            sqlx::query(
                "UPDATE contact_requests SET state = 'accepted' WHERE state <> 'accepted' \
               AND ((sender = $1 AND recipient = $2) OR (sender = $2 AND recipient = $1))",
            )
            .bind(one.0)
            .bind(other.0)
        )?;
        work.commit().await
    }

    /// Turns a request down, if it is open; its sender is not told.
    ///
    /// # Errors
    /// The database's.
    pub async fn decline_request(
        &self,
        recipient: UserId,
        id: RequestId,
        now: Millis,
    ) -> Result<(), StoreError> {
        let mut work = self.writing().await?;
        touch(&mut work, [recipient], now).await?;
        run!(
            &mut work,
            sqlx::query(
                "UPDATE contact_requests SET state = 'declined' \
             WHERE id = $1 AND recipient = $2 AND state = 'open'",
            )
            .bind(id.0)
            .bind(recipient.0)
        )?;
        work.commit().await
    }
}
