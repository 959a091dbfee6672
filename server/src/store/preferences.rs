//! Read positions and preferences.

use protocol::api::conversations::{ChangePreferences, Mine};
use protocol::mistakes::{self, Mistake};
use protocol::{ConversationId, Millis, Seq, UserId};

use super::membership::{MineRow, mine, mine_locked};
use super::mentions::next_mention;
use super::pool::{Work, on, run};
use super::rows::{signed, unsigned};
use super::{Store, StoreError};

impl Store {
    /// Moves a read position and takes the mark of being unread off. It never moves back, and not
    /// past the head. `None` for who was never a member. If anything changed, it comes with how many
    /// messages there are up to the new position.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn read_to(
        &self,
        user: UserId,
        conversation: ConversationId,
        seq: Seq,
        now: Millis,
    ) -> Result<Option<(Mine, Option<u64>)>, StoreError> {
        let mut tx = self.reading().await?;
        let Some(row) = mine(&mut tx, conversation, user).await? else {
            return Ok(None);
        };
        drop(tx);
        if !moves(&row, seq) {
            return Ok(Some((row.mine(), None)));
        }
        let mut tx = self.writing().await?;
        let Some(row) = mine_locked(&mut tx, conversation, user).await? else {
            return Ok(None);
        };
        read(&mut tx, conversation, user, &row, seq, now).await?;
        let changed = mine(&mut tx, conversation, user).await?;
        tx.commit().await?;
        Ok(changed.map(|row| (row.mine(), Some(row.read_msg_no()))))
    }

    /// Changes the preferences given. `None` for who was never a member.
    ///
    /// What is cleared counts as read; clearing never moves back, and not past the head.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn change_preferences(
        &self,
        user: UserId,
        conversation: ConversationId,
        change: ChangePreferences,
        now: Millis,
    ) -> Result<Option<Mine>, StoreError> {
        let mut tx = self.writing().await?;
        let Some(row) = mine_locked(&mut tx, conversation, user).await? else {
            return Ok(None);
        };
        let head = row.span().head;
        if let Some(cleared) = change.cleared_seq {
            let cleared = cleared.min(head);
            let msg_no = msg_no_at(&mut tx, conversation, &row, cleared).await?;
            run!(
                &mut tx,
                sqlx::query(
                    "UPDATE members SET cleared_seq = $3, cleared_msg_no = $4
                 WHERE conversation = $1 AND user_id = $2 AND cleared_seq < $3",
                )
                .bind(conversation.0)
                .bind(user.0)
                .bind(signed(cleared))
                .bind(msg_no.unwrap_or_else(|| signed(row.span().start_msg_no)))
            )?;
            if moves(&row, cleared) {
                read(&mut tx, conversation, user, &row, cleared, now).await?;
            }
        }
        run!(&mut tx, sqlx::query(
            "UPDATE members SET pinned = COALESCE($3, pinned), silenced = COALESCE($4, silenced),
                 marked_unread = COALESCE($5, marked_unread), hidden_seq = COALESCE($6, hidden_seq),
                 updated_at = CASE WHEN updated_at < $7 THEN $7 ELSE updated_at + 1 END
             WHERE conversation = $1 AND user_id = $2",
        )
        .bind(conversation.0)
        .bind(user.0)
        .bind(change.pinned)
        .bind(change.silenced)
        .bind(change.marked_unread)
        .bind(change.hidden_seq.map(|seq| signed(seq.min(head))))
        .bind(now))?;
        let changed = mine(&mut tx, conversation, user).await?;
        tx.commit().await?;
        Ok(changed.map(|row| row.mine()))
    }

    /// Whether the user is a member now.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn is_member(
        &self,
        user: UserId,
        conversation: ConversationId,
    ) -> Result<bool, StoreError> {
        let mut tx = self.reading().await?;
        let row = mine(&mut tx, conversation, user).await?;
        Ok(row.is_some_and(|row| row.is_present()))
    }
}

fn moves(row: &MineRow, seq: Seq) -> bool {
    mistakes::made(Mistake::ReadBackwards)
        || seq.min(row.span().head) > row.read_seq()
        || row.mine().marked_unread
}

async fn read(
    work: &mut Work,
    conversation: ConversationId,
    user: UserId,
    row: &MineRow,
    seq: Seq,
    now: Millis,
) -> Result<(), StoreError> {
    let mut to = seq.min(row.span().head).max(row.read_seq());
    if mistakes::made(Mistake::ReadBackwards) {
        to = seq;
    }
    let msg_no = msg_no_at(work, conversation, row, to).await?;
    let mention = match row.mention_seq() {
        0 => 0,
        mention if mention > to => mention,
        _ => next_mention(work, conversation, user, to).await?,
    };
    run!(
        work,
        sqlx::query(
            "UPDATE members SET read_seq = $3,
             read_msg_no = CASE WHEN read_msg_no < $4 THEN $4 ELSE read_msg_no END,
             mention_seq = $5, marked_unread = FALSE,
             updated_at = CASE WHEN updated_at < $6 THEN $6 ELSE updated_at + 1 END
         WHERE conversation = $1 AND user_id = $2",
        )
        .bind(conversation.0)
        .bind(user.0)
        .bind(signed(to))
        .bind(msg_no.unwrap_or(0))
        .bind(signed(mention))
        .bind(now)
    )?;
    Ok(())
}

/// How many messages there are up to a seq; `None` where that event has expired and cannot tell.
async fn msg_no_at(
    work: &mut Work,
    conversation: ConversationId,
    row: &MineRow,
    seq: Seq,
) -> Result<Option<i64>, StoreError> {
    let span = row.span();
    if seq >= span.head {
        return Ok(Some(signed(span.head_msg_no)));
    }
    let found: Option<(i64,)> = on!(work, c => sqlx::query_as(
        "SELECT msg_no FROM events WHERE conversation = $1 AND seq = $2",
    )
    .bind(conversation.0)
    .bind(signed(seq))
    .fetch_optional(c))?;
    Ok(found.map(|(msg_no,)| signed(unsigned(msg_no))))
}
