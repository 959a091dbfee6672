//! Which unread message calls a reader first.

use protocol::event::Body;
use protocol::{ConversationId, Event, Seq, UserId};

use super::StoreError;
use super::pool::{Work, on};
use super::rows::{EventRow, signed};

/// Messages after $2 in $1 that may call $3, whose id is $4 as text. The text is only a coarse sieve: a
/// message may also hold the id as words.
pub(super) const NEXT_MENTION: &str = r#"
    SELECT * FROM events
    WHERE conversation = $1 AND seq > $2 AND kind = 'message' AND sender <> $3
      AND (body LIKE '%"mention_all":true%' OR body LIKE '%' || $4 || '%')
    ORDER BY seq"#;

/// The first message after `after` that calls the user, by name or with everybody; 0 for none.
pub(super) async fn next_mention(
    work: &mut Work,
    conversation: ConversationId,
    user: UserId,
    after: Seq,
) -> Result<Seq, StoreError> {
    let rows: Vec<EventRow> = on!(work, c => sqlx::query_as(NEXT_MENTION)
        .bind(conversation.0)
        .bind(signed(after))
        .bind(user.0)
        .bind(user.0.hyphenated().to_string())
        .fetch_all(c))?;
    first_calling(rows, user)
}

/// The first of what [`NEXT_MENTION`] found that does call the user; 0 for none.
pub(super) fn first_calling(rows: Vec<EventRow>, user: UserId) -> Result<Seq, StoreError> {
    for row in rows {
        let event = Event::try_from(row)?;
        if let Body::Message(message) = event.body()
            && (message.mention_all || message.mentions.contains(&user))
        {
            return Ok(event.seq);
        }
    }
    Ok(0)
}
