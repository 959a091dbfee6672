//! Letting go of what is too old.

use protocol::{ClientId, Millis};
use uuid::Uuid;

use super::{Store, StoreError, on_pool};

/// How much one round of deleting took away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Deleted {
    /// Events.
    pub events: u64,
    /// Records of what became of commands.
    pub send_keys: u64,
    /// Sessions.
    pub sessions: u64,
}

impl Deleted {
    /// Whether nothing was left to delete.
    pub fn is_empty(&self) -> bool {
        self.events + self.send_keys + self.sessions == 0
    }
}

/// How many rows of a table go at a time, so that no send waits long.
const AT_ONCE: i64 = 500;

impl Store {
    /// Deletes some of what is too old: events stored before one time, commands' records made
    /// before another, sessions that have run out. Call it again until nothing is left.
    ///
    /// Of each conversation the oldest events go first, so that what is kept has no holes.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn delete_expired(
        &self,
        events_before: Millis,
        keys_before: Millis,
        now: Millis,
    ) -> Result<Deleted, StoreError> {
        // The smallest id of that time: all made earlier sort before it.
        let ClientId(first_kept) = ClientId::new(keys_before, [0; 10]);
        let first_kept = Uuid::from_u128(first_kept.as_u128() >> 80 << 80);
        on_pool!(self.write(), pool => {
            let events = sqlx::query(
                "DELETE FROM events WHERE (conversation, seq) IN
                     (SELECT conversation, seq FROM events WHERE at < $1
                      ORDER BY at, conversation, seq LIMIT $2)",
            )
            .bind(events_before)
            .bind(AT_ONCE)
            .execute(pool)
            .await?
            .rows_affected();
            let send_keys = sqlx::query(
                "DELETE FROM send_keys WHERE (client_id, sender) IN
                     (SELECT client_id, sender FROM send_keys WHERE client_id < $1
                      ORDER BY client_id LIMIT $2)",
            )
            .bind(first_kept)
            .bind(AT_ONCE)
            .execute(pool)
            .await?
            .rows_affected();
            let sessions = sqlx::query(
                "DELETE FROM sessions WHERE token_hash IN
                     (SELECT token_hash FROM sessions WHERE expires_at < $1 LIMIT $2)",
            )
            .bind(now)
            .bind(AT_ONCE)
            .execute(pool)
            .await?
            .rows_affected();
            Ok(Deleted { events, send_keys, sessions })
        })
    }
}
