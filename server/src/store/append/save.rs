//! Writing what a batch changes.

use protocol::UserId;
use protocol::ids::ConversationKind;

use super::super::StoreError;
use super::super::mentions::next_mention;
use super::super::rows::{Hex, hex, list, role_name, signed};
use super::{Append, Changes};

/// Runs one statement over a list of rows, unless it is empty.
macro_rules! write_rows {
    ($append:expr, $sql:literal, $rows:expr $(, $more:expr)*) => {{
        let rows: Vec<_> = $rows.collect();
        if !rows.is_empty() {
            sqlx::query($sql)
                .bind(list(&rows))
                $(.bind($more))*
                .execute(&mut *$append.0)
                .await?;
        }
    }};
}

/// What every batch writes, in one trip to the database: $1 where logs end, $2 events, $3 what became
/// of commands, also of those that were refused, $4 read positions and who was called.
const SAVE_LOG: &str = "
    UPDATE conversations SET head_seq = j.value ->> 1, head_msg_no = j.value ->> 2,
        last_at = j.value ->> 3
    FROM json_each($1) j WHERE conversations.id = unhex(j.value ->> 0);

    INSERT INTO events
        (conversation, seq, at, sent_at, sender, kind, msg_no, client_id, body, digest)
    SELECT unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3, unhex(value ->> 4),
        value ->> 5, value ->> 6, unhex(value ->> 7), value ->> 8, value ->> 9
    FROM json_each($2);

    INSERT INTO send_keys (client_id, sender, payload_hash, conversation, seq, at, refusal)
    SELECT unhex(value ->> 0), unhex(value ->> 1), unhex(value ->> 2), unhex(value ->> 3),
        value ->> 4, value ->> 5, value ->> 6
    FROM json_each($3);

    UPDATE members SET read_seq = max(read_seq, COALESCE(j.value ->> 2, 0)),
        read_msg_no = max(read_msg_no, COALESCE(j.value ->> 3, 0)),
        marked_unread = CASE WHEN j.value ->> 2 IS NULL THEN marked_unread ELSE 0 END,
        mention_seq = CASE WHEN j.value ->> 2 IS NULL AND mention_seq > 0
            THEN mention_seq ELSE j.value ->> 4 END
    FROM json_each($4) j
    WHERE conversation = unhex(j.value ->> 0) AND user_id = unhex(j.value ->> 1)
      AND left_seq IS NULL";

impl Append {
    /// Writes what the batch changes.
    ///
    /// # Errors
    /// The database cannot serve, or refuses a row; either way nothing is committed.
    pub async fn save(&mut self, changes: &Changes) -> Result<(), StoreError> {
        self.save_conversations(changes).await?;
        self.save_members(changes).await?;
        self.save_log(changes).await?;
        self.call_all(changes).await?;
        self.save_recalls(changes).await
    }

    async fn save_conversations(&mut self, changes: &Changes) -> Result<(), StoreError> {
        if !changes.created.is_empty() {
            let (last_number,): (i64,) =
                sqlx::query_as("SELECT COALESCE(MAX(number), 9999) FROM conversations")
                    .fetch_one(&mut *self.0)
                    .await?;
            let mut number = last_number;
            let created = changes.created.iter().map(|id| {
                let group = id.kind() == Some(ConversationKind::Group);
                number += i64::from(group);
                (
                    Hex(id.0),
                    group.then_some(number),
                    if group { "group" } else { "direct" },
                )
            });
            write_rows!(
                self,
                "INSERT INTO conversations
                     (id, number, kind, member_count, head_seq, head_msg_no, last_at, updated_at)
                 SELECT unhex(value ->> 0), value ->> 1, value ->> 2, 0, 0, 0, $2, $2
                 FROM json_each($1)",
                created,
                changes.now
            );
        }
        write_rows!(
            self,
            "UPDATE conversations SET name = j.value ->> 1, announcement = j.value ->> 2,
                 mute_all = j.value ->> 3, member_count = j.value ->> 4,
                 owner = unhex(j.value ->> 5), updated_at = max($2, updated_at + 1)
             FROM json_each($1) j WHERE conversations.id = unhex(j.value ->> 0)",
            changes.details.iter().map(|(id, state)| (
                Hex(id.0),
                &state.name,
                &state.announcement,
                i32::from(state.mute_all),
                state.member_count,
                state.owner.map(|owner| Hex(owner.0)),
            )),
            changes.now
        );
        Ok(())
    }

    async fn save_members(&mut self, changes: &Changes) -> Result<(), StoreError> {
        write_rows!(
            self,
            "INSERT INTO members (conversation, user_id, role, joined_seq, joined_msg_no,
                 read_seq, read_msg_no, left_seq, left_msg_no, updated_at)
             SELECT unhex(value ->> 0), unhex(value ->> 1), 'member', value ->> 2, value ->> 3,
                 value ->> 2, value ->> 3, value ->> 4, value ->> 5, $2
             FROM json_each($1) WHERE true
             ON CONFLICT (conversation, user_id) DO UPDATE SET
                 role = excluded.role, nickname = '', muted_until = 0,
                 joined_seq = excluded.joined_seq, joined_msg_no = excluded.joined_msg_no,
                 left_seq = excluded.left_seq, left_msg_no = excluded.left_msg_no,
                 read_seq = max(read_seq, excluded.read_seq),
                 read_msg_no = max(read_msg_no, excluded.read_msg_no),
                 mention_seq = 0, hidden_seq = 0, updated_at = max(excluded.updated_at, updated_at + 1)",
            changes
                .memberships
                .iter()
                .filter_map(|((conversation, user), row)| {
                    let (joined_seq, joined_msg_no) = row.joined?;
                    Some((
                        Hex(conversation.0),
                        Hex(user.0),
                        joined_seq,
                        joined_msg_no,
                        row.left.map(|left| left.0),
                        row.left.map(|left| left.1),
                    ))
                }),
            changes.now
        );
        write_rows!(
            self,
            "UPDATE members SET left_seq = j.value ->> 2, left_msg_no = j.value ->> 3,
                 updated_at = max($2, updated_at + 1)
             FROM json_each($1) j
             WHERE conversation = unhex(j.value ->> 0) AND user_id = unhex(j.value ->> 1)",
            changes
                .memberships
                .iter()
                .filter(|(_, row)| row.joined.is_none())
                .filter_map(|((conversation, user), row)| {
                    let (left_seq, left_msg_no) = row.left?;
                    Some((Hex(conversation.0), Hex(user.0), left_seq, left_msg_no))
                }),
            changes.now
        );
        write_rows!(
            self,
            "UPDATE members SET role = j.value ->> 2, nickname = j.value ->> 3,
                 muted_until = j.value ->> 4, updated_at = max($2, updated_at + 1)
             FROM json_each($1) j
             WHERE conversation = unhex(j.value ->> 0) AND user_id = unhex(j.value ->> 1)",
            changes
                .members
                .iter()
                .map(|((conversation, user), member)| {
                    (
                        Hex(conversation.0),
                        Hex(user.0),
                        role_name(member.role),
                        &member.nickname,
                        member.muted_until,
                    )
                }),
            changes.now
        );
        Ok(())
    }

    /// What every batch writes.
    async fn save_log(&mut self, changes: &Changes) -> Result<(), StoreError> {
        let heads = changes.heads.iter();
        let heads: Vec<_> = heads
            .map(|(id, head)| (Hex(id.0), head.seq, head.msg_no, head.at))
            .collect();
        let events: Vec<_> = changes
            .events
            .iter()
            .map(|encoded| {
                let event = &encoded.event;
                (
                    Hex(event.conversation.0),
                    event.seq,
                    event.at,
                    event.sent_at,
                    Hex(event.sender.0),
                    event.kind.as_str(),
                    event.msg_no,
                    Hex(event.client_id.0),
                    event.body.get(),
                    event.digest.0.cast_signed(),
                )
            })
            .collect();
        let keys = changes.keys.iter();
        let keys: Vec<_> = keys
            .map(|key| {
                (
                    Hex(key.client_id.0),
                    Hex(key.sender.0),
                    hex(&key.payload_hash),
                    Hex(key.conversation.0),
                    key.result.ok(),
                    key.at,
                    key.result.err().map(protocol::Code::as_str),
                )
            })
            .collect();
        let reads = changes.reads.iter();
        let reads: Vec<_> = reads
            .map(|((conversation, user), row)| {
                (
                    Hex(conversation.0),
                    Hex(user.0),
                    row.wrote.map(|wrote| wrote.0),
                    row.wrote.map(|wrote| wrote.1),
                    row.mention,
                )
            })
            .collect();
        sqlx::query(SAVE_LOG)
            .bind(list(&heads))
            .bind(list(&events))
            .bind(list(&keys))
            .bind(list(&reads))
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }

    /// Lets everybody be called by a message that calls all.
    async fn call_all(&mut self, changes: &Changes) -> Result<(), StoreError> {
        write_rows!(
            self,
            "UPDATE members SET mention_seq = COALESCE(
                 (SELECT min(j.value ->> 1) FROM json_each($1) j
                  WHERE unhex(j.value ->> 0) = conversation AND unhex(j.value ->> 2) <> user_id
                    AND j.value ->> 1 > read_seq), 0)
             WHERE conversation IN (SELECT unhex(value ->> 0) FROM json_each($1))
                 AND left_seq IS NULL AND mention_seq = 0",
            changes
                .mention_all
                .iter()
                .map(|(conversation, seq, sender)| (Hex(conversation.0), seq, Hex(sender.0)))
        );
        Ok(())
    }
}

impl Append {
    /// Empties what was recalled, and lets those who were called by it be called by the next message
    /// that does.
    async fn save_recalls(&mut self, changes: &Changes) -> Result<(), StoreError> {
        write_rows!(
            self,
            "UPDATE events SET kind = j.value ->> 2, body = j.value ->> 3, digest = j.value ->> 4
             FROM json_each($1) j
             WHERE conversation = unhex(j.value ->> 0) AND seq = j.value ->> 1",
            changes.recalled.iter().map(|event| {
                (
                    Hex(event.conversation.0),
                    event.seq,
                    event.kind.as_str(),
                    event.body.get(),
                    event.digest.0.cast_signed(),
                )
            })
        );
        for event in &changes.recalled {
            let called: Vec<(uuid::Uuid,)> = sqlx::query_as(
                "SELECT user_id FROM members WHERE conversation = $1 AND mention_seq = $2",
            )
            .bind(event.conversation.0)
            .bind(signed(event.seq))
            .fetch_all(&mut *self.0)
            .await?;
            for (user,) in called {
                let next =
                    next_mention(&mut self.0, event.conversation, UserId(user), event.seq).await?;
                sqlx::query(
                    "UPDATE members SET mention_seq = $3 WHERE conversation = $1 AND user_id = $2",
                )
                .bind(event.conversation.0)
                .bind(user)
                .bind(signed(next))
                .execute(&mut *self.0)
                .await?;
            }
        }
        Ok(())
    }
}
