//! Where logs end: for a stream that opens, and for the sweep.

use protocol::stream::Head;
use protocol::{ConversationId, Event, Millis, Seq, UserId};
use uuid::Uuid;

use super::membership::{MineRow, mine_columns};
use super::pool::on;
use super::rows::{EventRow, events, signed, unsigned};
use super::{Store, StoreError, on_pool};

/// All that a stream needs to know when it opens.
#[derive(Debug, Clone)]
pub struct Heads {
    /// One a conversation that the user is or was in.
    pub standings: Vec<Standing>,
    /// Changes when the profile, contacts or requests do.
    pub account_version: Millis,
    /// Whether the user hides that they are online.
    pub invisible: bool,
}

/// How far one conversation is, for one user.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    /// What the user is told.
    pub head: Head,
    /// The first seq that they may have, if they are a member now.
    pub member_since: Option<Seq>,
    /// The last seq of the log, whoever may have it.
    pub log_head: Seq,
    /// When the log or the user's own side changed last.
    pub changed_at: Millis,
}

/// What moved lately.
#[derive(Debug, Clone, Default)]
pub struct Moved {
    /// Logs with new events, and their last seq.
    pub heads: Vec<(ConversationId, Seq)>,
    /// Who became a member.
    pub joined: Vec<Joined>,
}

/// Somebody became a member, and still is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Joined {
    /// Who.
    pub user: UserId,
    /// Of what.
    pub conversation: ConversationId,
    /// The first seq they may have.
    pub seq: Seq,
}

#[derive(sqlx::FromRow)]
struct StandingRow {
    conversation: Uuid,
    last_at: Millis,
    first_kept: Option<i64>,
    #[sqlx(flatten)]
    mine: MineRow,
}

impl Store {
    /// Where all conversations of a user are.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn heads(&self, user: UserId) -> Result<Heads, StoreError> {
        let mut tx = self.reading().await?;
        let rows: Vec<StandingRow> = on!(&mut tx, c => sqlx::query_as(concat!(
            "SELECT m.conversation, c.last_at,
                 (SELECT MIN(e.seq) FROM events e WHERE e.conversation = m.conversation
                    AND e.seq >= m.joined_seq AND e.seq > m.cleared_seq) AS first_kept, ",
            mine_columns!(),
            " FROM members m JOIN conversations c ON c.id = m.conversation
              WHERE m.user_id = $1"
        ))
        .bind(user.0)
        .fetch_all(c))?;
        let account: Option<(Millis, bool)> = on!(&mut tx, c => sqlx::query_as(
            "SELECT account_version, invisible FROM users WHERE id = $1",
        )
        .bind(user.0)
        .fetch_optional(c))?;
        let (account_version, invisible) = account.unwrap_or((0, true));
        Ok(Heads {
            standings: rows.iter().map(StandingRow::standing).collect(),
            account_version,
            invisible,
        })
    }

    /// Since when a user is a member: the first seq they may have. `None` if they are not one.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn member_since(
        &self,
        user: UserId,
        conversation: ConversationId,
    ) -> Result<Option<Seq>, StoreError> {
        let row: Option<(i64,)> = on_pool!(self.read(), pool => sqlx::query_as(
            "SELECT joined_seq FROM members
             WHERE conversation = $1 AND user_id = $2 AND left_seq IS NULL",
        )
        .bind(conversation.0)
        .bind(user.0)
        .fetch_optional(pool))?;
        Ok(row.map(|(seq,)| unsigned(seq)))
    }

    /// A stretch of a log whoever may have it, oldest first, 500 events at most: for the hub, which
    /// knows who may.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn events_after(
        &self,
        conversation: ConversationId,
        after: Seq,
    ) -> Result<Vec<Event>, StoreError> {
        let rows: Vec<EventRow> = on_pool!(self.read(), pool => sqlx::query_as(
            "SELECT * FROM events WHERE conversation = $1 AND seq > $2 ORDER BY seq LIMIT 500",
        )
        .bind(conversation.0)
        .bind(signed(after))
        .fetch_all(pool))?;
        Ok(events(rows)?)
    }

    /// What moved since a time, for the sweep.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn moved(&self, since: Millis) -> Result<Moved, StoreError> {
        let mut tx = self.reading().await?;
        let heads: Vec<(Uuid, i64)> = on!(&mut tx, c => sqlx::query_as(
            "SELECT conversation, MAX(seq) FROM events WHERE at >= $1 GROUP BY conversation
             ORDER BY conversation",
        )
        .bind(since)
        .fetch_all(c))?;
        let joined: Vec<(Uuid, Uuid, i64)> = on!(&mut tx, c => sqlx::query_as(
            "SELECT m.user_id, m.conversation, m.joined_seq FROM events e
             JOIN members m ON m.conversation = e.conversation AND m.joined_seq = e.seq
             WHERE e.at >= $1 AND e.kind IN ('created', 'invited') AND m.left_seq IS NULL
             ORDER BY m.conversation, m.user_id",
        )
        .bind(since)
        .fetch_all(c))?;
        Ok(Moved {
            heads: heads
                .into_iter()
                .map(|(id, seq)| (ConversationId(id), unsigned(seq)))
                .collect(),
            joined: joined
                .into_iter()
                .map(|(user, conversation, seq)| Joined {
                    user: UserId(user),
                    conversation: ConversationId(conversation),
                    seq: unsigned(seq),
                })
                .collect(),
        })
    }
}

impl StandingRow {
    fn standing(&self) -> Standing {
        let span = self.mine.span();
        let mine = self.mine.mine();
        let floor = self
            .first_kept
            .map(unsigned)
            .filter(|first| *first <= span.head)
            .unwrap_or(span.head.max(span.start - 1) + 1);
        Standing {
            head: Head {
                conversation: ConversationId(self.conversation),
                head: span.head,
                head_msg_no: span.head_msg_no,
                floor,
                read_seq: mine.read_seq,
                unread: mine.unread,
                version: mine.version,
            },
            member_since: self.mine.is_present().then_some(mine.joined_seq),
            log_head: self.mine.log_head(),
            changed_at: self.last_at.max(mine.version),
        }
    }
}
