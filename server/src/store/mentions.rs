//! Which unread message calls a reader first.

use protocol::event::Body;
use protocol::{ConversationId, Event, Seq, UserId};

use super::StoreError;
use super::pool::Connection;
use super::rows::{EventRow, signed};

/// The first message after `after` that calls the user, by name or with everybody; 0 for none.
pub(super) async fn next_mention(
    connection: &mut Connection,
    conversation: ConversationId,
    user: UserId,
    after: Seq,
) -> Result<Seq, StoreError> {
    // The text is only a coarse sieve: a message may also hold the id as words.
    let rows: Vec<EventRow> = sqlx::query_as(
        r#"SELECT * FROM events
           WHERE conversation = $1 AND seq > $2 AND kind = 'message' AND sender <> $3
             AND (body LIKE '%"mention_all":true%' OR body LIKE '%' || $4 || '%')
           ORDER BY seq"#,
    )
    .bind(conversation.0)
    .bind(signed(after))
    .bind(user.0)
    .bind(user.0.hyphenated().to_string())
    .fetch_all(connection)
    .await?;
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
