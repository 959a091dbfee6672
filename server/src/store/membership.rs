//! What part of a log a reader may have.

use protocol::api::conversations::Mine;
use protocol::{ConversationId, Kind, Millis, Seq, UserId};

use super::StoreError;
use super::pool::{Work, in_time, on};
use super::rows::{role, unsigned};

/// The columns that [`MINE`] selects.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct MineRow {
    role: String,
    nickname: String,
    muted_until: Millis,
    joined_seq: i64,
    joined_msg_no: i64,
    left_seq: Option<i64>,
    left_msg_no: Option<i64>,
    read_seq: i64,
    read_msg_no: i64,
    mention_seq: i64,
    marked_unread: bool,
    pinned: bool,
    silenced: bool,
    hidden_seq: i64,
    cleared_seq: i64,
    cleared_msg_no: i64,
    updated_at: Millis,
    head_seq: i64,
    head_msg_no: i64,
}

/// Selects a member's own side, present or former, and where the log ends.
macro_rules! mine_columns {
    () => {
        "m.role, m.nickname, m.muted_until, m.joined_seq, m.joined_msg_no, m.left_seq, \
         m.left_msg_no, m.read_seq, m.read_msg_no, m.mention_seq, m.marked_unread, m.pinned, \
         m.silenced, m.hidden_seq, m.cleared_seq, m.cleared_msg_no, m.updated_at, c.head_seq, \
         c.head_msg_no"
    };
}
pub(super) use mine_columns;

/// The part of a log that a reader may have, kept or not: from their joining, or their last
/// clearing, to the head, or their leaving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    /// Its first seq.
    pub start: Seq,
    /// How many messages there are before.
    pub start_msg_no: u64,
    /// Its last seq.
    pub head: Seq,
    /// How many messages there are up to it.
    pub head_msg_no: u64,
}

/// Where what is still kept of a span begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Floor {
    /// Its first seq; behind the head if nothing is kept.
    pub seq: Seq,
    /// How many messages there are before.
    pub msg_no: u64,
}

impl MineRow {
    pub(super) fn span(&self) -> Span {
        let (joined, cleared) = (unsigned(self.joined_seq), unsigned(self.cleared_seq));
        let (start, start_msg_no) = if cleared >= joined {
            (cleared + 1, unsigned(self.cleared_msg_no))
        } else {
            (joined, unsigned(self.joined_msg_no))
        };
        Span {
            start,
            start_msg_no,
            head: unsigned(self.left_seq.unwrap_or(self.head_seq)),
            head_msg_no: unsigned(self.left_msg_no.unwrap_or(self.head_msg_no)),
        }
    }

    pub(super) fn unread(&self) -> u64 {
        let head = self.left_msg_no.unwrap_or(self.head_msg_no);
        unsigned(head - self.read_msg_no)
    }

    /// The last seq of the log, whoever may have it.
    pub(super) fn log_head(&self) -> Seq {
        unsigned(self.head_seq)
    }

    pub(super) fn is_present(&self) -> bool {
        self.left_seq.is_none()
    }

    pub(super) fn read_seq(&self) -> Seq {
        unsigned(self.read_seq)
    }

    pub(super) fn read_msg_no(&self) -> u64 {
        unsigned(self.read_msg_no)
    }

    pub(super) fn mention_seq(&self) -> Seq {
        unsigned(self.mention_seq)
    }

    pub(super) fn mine(&self) -> Mine {
        Mine {
            role: role(&self.role),
            nickname: self.nickname.clone(),
            muted_until: self.muted_until,
            joined_seq: unsigned(self.joined_seq),
            left: self.left_seq.is_some(),
            read_seq: unsigned(self.read_seq),
            unread: self.unread(),
            mention_seq: unsigned(self.mention_seq),
            marked_unread: self.marked_unread,
            pinned: self.pinned,
            silenced: self.silenced,
            hidden_seq: unsigned(self.hidden_seq),
            cleared_seq: unsigned(self.cleared_seq),
            version: self.updated_at,
        }
    }
}

/// A user's own side of a conversation; `None` if they were never a member.
pub(super) async fn mine(
    work: &mut Work,
    conversation: ConversationId,
    user: UserId,
) -> Result<Option<MineRow>, StoreError> {
    on!(work, c => sqlx::query_as(concat!(
        "SELECT ",
        mine_columns!(),
        " FROM members m JOIN conversations c ON c.id = m.conversation
          WHERE m.conversation = $1 AND m.user_id = $2"
    ))
    .bind(conversation.0)
    .bind(user.0)
    .fetch_optional(c))
}

/// As [`mine`], and nobody else changes it until the end of a writing transaction.
pub(super) async fn mine_locked(
    work: &mut Work,
    conversation: ConversationId,
    user: UserId,
) -> Result<Option<MineRow>, StoreError> {
    if let Work::Postgres(work) = &mut *work {
        let locked = sqlx::query(
            "SELECT 1 FROM members WHERE conversation = $1 AND user_id = $2 FOR UPDATE",
        )
        .bind(conversation.0)
        .bind(user.0)
        .execute(&mut **work);
        in_time(locked).await?;
    }
    mine(work, conversation, user).await
}

/// Where what is still kept of a span begins.
pub(super) async fn floor(
    work: &mut Work,
    conversation: ConversationId,
    span: Span,
) -> Result<Floor, StoreError> {
    let first: Option<(i64, i64, String)> = on!(work, c => sqlx::query_as(
        "SELECT seq, msg_no, kind FROM events WHERE conversation = $1 AND seq >= $2 AND seq <= $3
         ORDER BY seq LIMIT 1",
    )
    .bind(conversation.0)
    .bind(super::rows::signed(span.start))
    .bind(super::rows::signed(span.head))
    .fetch_optional(c))?;
    Ok(match first {
        None => Floor {
            seq: span.head.max(span.start - 1) + 1,
            msg_no: span.head_msg_no.max(span.start_msg_no),
        },
        Some((seq, _, _)) if unsigned(seq) == span.start => Floor {
            seq: span.start,
            msg_no: span.start_msg_no,
        },
        Some((seq, msg_no, kind)) => {
            let itself = matches!(Kind::from_name(&kind), Kind::Message | Kind::Recalled);
            Floor {
                seq: unsigned(seq),
                msg_no: unsigned(msg_no - i64::from(itself)),
            }
        }
    })
}
