//! Who may have to be told of events.

use protocol::api::push::Quiet;
use protocol::{ConversationId, Event, Millis, Seq, UserId};
use uuid::Uuid;

use super::super::rows::{Hex, list, signed, unsigned};
use super::super::{Store, StoreError, on_pool};
use super::settings::quiet;
use super::{OfflineJob, over_list};

/// A browser that may have to be told of an event.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Of which.
    pub job: OfflineJob,
    /// Whose it is.
    pub user: UserId,
    /// The subscription.
    pub subscription: Uuid,
    /// Where their time as a member begins.
    pub joined_seq: Seq,
    /// Whether they have silenced the conversation.
    pub silenced: bool,
    /// Whether they want to be told of nothing but what calls them.
    pub mentions_only: bool,
    /// When they want to be told of nothing.
    pub quiet: Option<Quiet>,
}

#[derive(sqlx::FromRow)]
struct CandidateRow {
    conversation: Uuid,
    seq: i64,
    user_id: Uuid,
    subscription: Uuid,
    joined_seq: i64,
    silenced: bool,
    mentions_only: Option<bool>,
    quiet_from: Option<i64>,
    quiet_to: Option<i64>,
    time_zone: Option<String>,
}

impl Store {
    /// The browsers of those who may have to be told of events: of present members but the sender, who
    /// have not blocked the sender, and have neither read nor cleared it, or have joined by it. One
    /// statement, however many events and members they are.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn candidates(
        &self,
        events: &[Event],
        now: Millis,
    ) -> Result<Vec<Candidate>, StoreError> {
        let sql = over_list!(
            self.read(),
            "SELECT l.conversation, l.seq, m.user_id, p.id AS subscription, m.joined_seq, m.silenced,
                 t.mentions_only, t.quiet_from, t.quiet_to, t.time_zone
             FROM listed l
             JOIN members m ON m.conversation = l.conversation
             JOIN push_subscriptions p ON p.user_id = m.user_id
             JOIN sessions s ON s.token_hash = p.session
             JOIN users u ON u.id = m.user_id
             LEFT JOIN push_settings t ON t.user_id = m.user_id
             WHERE m.left_seq IS NULL AND m.user_id <> l.id AND m.joined_seq <= l.seq
                 AND (m.read_seq < l.seq OR m.joined_seq = l.seq) AND m.cleared_seq < l.seq
                 AND s.ended_at IS NULL AND s.expires_at > $2 AND u.disabled_at IS NULL
                 AND NOT EXISTS (SELECT 1 FROM contacts c
                     WHERE c.owner = m.user_id AND c.peer = l.id AND c.blocked)"
        );
        let key = |event: &Event| {
            let seq = signed(event.seq);
            (Hex(event.conversation.0), seq, Hex(event.sender.0))
        };
        let keys = list(&events.iter().map(key).collect::<Vec<_>>());
        let rows: Vec<CandidateRow> = on_pool!(self.read(), pool => sqlx::query_as(sql)
            .bind(keys)
            .bind(now)
            .fetch_all(pool))?;
        Ok(rows.into_iter().map(CandidateRow::candidate).collect())
    }
}

impl CandidateRow {
    fn candidate(self) -> Candidate {
        Candidate {
            job: OfflineJob {
                conversation: ConversationId(self.conversation),
                seq: unsigned(self.seq),
            },
            user: UserId(self.user_id),
            subscription: self.subscription,
            joined_seq: unsigned(self.joined_seq),
            silenced: self.silenced,
            mentions_only: self.mentions_only.unwrap_or(false),
            quiet: quiet(self.quiet_from, self.quiet_to, self.time_zone),
        }
    }
}
