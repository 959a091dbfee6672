//! Writing what a batch changes.

use protocol::UserId;
use protocol::ids::ConversationKind;
use protocol::mistakes::{Mistake, made};
use uuid::Uuid;

use super::super::StoreError;
use super::super::mentions::{NEXT_MENTION, first_calling};
use super::super::rows::{EventRow, Hex, list, role_name, signed};
use super::commands::ROWS;
use super::{Append, Changes, Connection, on_append, run_append};

/// Runs one statement, SQLite's or Postgres's, over a list of rows, unless it is empty.
macro_rules! write_rows {
    ($append:expr, $sqlite:literal, $postgres:literal, $rows:expr $(, $more:expr)*) => {{
        let rows: Vec<_> = $rows.collect();
        if !rows.is_empty() {
            let sql = $append.dialect($sqlite, $postgres);
            run_append!($append, sqlx::query(sql).bind(list(&rows))$(.bind($more))*)?;
        }
    }};
}

impl Append<'_> {
    /// Writes what the batch changes, all or nothing: once this returns `Ok`, it is on the disk. To be
    /// awaited to its end: dropped half-way it would leave the connection in a transaction.
    ///
    /// # Errors
    /// The database cannot serve, refuses a row, or has moved a log on since it was read; in each case
    /// nothing is committed. Where the connection was lost, or a time-out passed, that cannot be known:
    /// a repeat finds out.
    pub async fn commit(mut self, changes: &Changes) -> Result<(), StoreError> {
        let commands = &changes.commands;
        let stored =
            if changes.are_commands_only() && (self.is_postgres() || commands.len() <= ROWS) {
                // One statement is a transaction of its own.
                self.save_commands(commands, &changes.versions, changes.offline_jobs)
                    .await
            } else {
                self.commit_all(changes).await
            };
        let is_fit = match &stored {
            Ok(()) => true,
            Err(error) => self.leave_transaction(error).await.is_ok(),
        };
        if stored.is_ok() && made(Mistake::ForgetSendKey) {
            self.execute("DELETE FROM send_keys WHERE refusal IS NULL")
                .await?;
        }
        match self.connection {
            Connection::Postgres(own) if is_fit => self.appender.keep(own),
            // What the next batch wrote there would be acknowledged and not committed.
            Connection::Sqlite(mut connection) if !is_fit => connection.close_on_drop(),
            Connection::Sqlite(_) | Connection::Postgres(_) => {}
        }
        stored
    }

    /// Ends the transaction, if the database has not done so by itself.
    async fn leave_transaction(&mut self, cause: &StoreError) -> Result<(), StoreError> {
        if self.is_postgres() && matches!(cause, StoreError::Unavailable(_)) {
            // Whatever is under way on this connection may still be.
            return Err(sqlx::Error::PoolClosed.into());
        }
        match self.execute("ROLLBACK").await {
            Ok(()) => Ok(()),
            // Works only where there is none.
            Err(_) => self.execute("BEGIN; ROLLBACK").await,
        }
    }

    /// Whether a batch may be decided by what was read for one before it: on a server, where reading is a
    /// trip. A file is read as fast, and compares no versions.
    pub fn tells_versions(&self) -> bool {
        self.is_postgres()
    }

    fn is_postgres(&self) -> bool {
        matches!(self.connection, Connection::Postgres(_))
    }

    fn dialect(&self, sqlite: &'static str, postgres: &'static str) -> &'static str {
        if self.is_postgres() { postgres } else { sqlite }
    }

    async fn commit_all(&mut self, changes: &Changes) -> Result<(), StoreError> {
        self.execute(self.dialect("BEGIN IMMEDIATE", "BEGIN"))
            .await?;
        self.save_conversations(changes).await?;
        self.save_members(changes).await?;
        for commands in changes.commands.chunks(ROWS) {
            self.save_commands(commands, &changes.versions, changes.offline_jobs)
                .await?;
        }
        self.call(changes).await?;
        self.save_recalls(changes).await?;
        self.execute("COMMIT").await
    }

    async fn execute(&mut self, sql: &'static str) -> Result<(), StoreError> {
        run_append!(self, sqlx::query(sql))
    }

    async fn save_conversations(&mut self, changes: &Changes) -> Result<(), StoreError> {
        if !changes.created.is_empty() {
            let created = changes.created.iter().map(|id| {
                let group = id.kind() == Some(ConversationKind::Group);
                (Hex(id.0), if group { "group" } else { "direct" })
            });
            write_rows!(
                self,
                "INSERT INTO conversations
                     (id, number, kind, member_count, head_seq, head_msg_no, last_at, updated_at)
                 SELECT unhex(value ->> 0),
                     CASE WHEN value ->> 1 = 'group' THEN
                         (SELECT COALESCE(MAX(number), 9999) FROM conversations)
                         + SUM(value ->> 1 = 'group') OVER (ORDER BY key) END,
                     value ->> 1, 0, 0, 0, $2, $2
                 FROM json_each($1)",
                "INSERT INTO conversations
                     (id, number, kind, member_count, head_seq, head_msg_no, last_at, updated_at)
                 SELECT (value ->> 0)::uuid,
                     CASE WHEN value ->> 1 = 'group' THEN nextval('conversation_numbers') END,
                     value ->> 1, 0, 0, 0, $2, $2
                 FROM jsonb_array_elements($1::jsonb) AS j(value)",
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
            "UPDATE conversations SET name = j.value ->> 1, announcement = j.value ->> 2,
                 mute_all = (j.value ->> 3)::int <> 0, member_count = (j.value ->> 4)::int8,
                 owner = (j.value ->> 5)::uuid, updated_at = GREATEST($2, updated_at + 1)
             FROM jsonb_array_elements($1::jsonb) AS j(value)
             WHERE conversations.id = (j.value ->> 0)::uuid",
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
            "INSERT INTO members AS m (conversation, user_id, role, joined_seq, joined_msg_no,
                 read_seq, read_msg_no, left_seq, left_msg_no, updated_at)
             SELECT (value ->> 0)::uuid, (value ->> 1)::uuid, 'member', (value ->> 2)::int8,
                 (value ->> 3)::int8, (value ->> 2)::int8, (value ->> 3)::int8,
                 (value ->> 4)::int8, (value ->> 5)::int8, $2
             FROM jsonb_array_elements($1::jsonb) AS j(value)
             ON CONFLICT (conversation, user_id) DO UPDATE SET
                 role = excluded.role, nickname = '', muted_until = 0,
                 joined_seq = excluded.joined_seq, joined_msg_no = excluded.joined_msg_no,
                 left_seq = excluded.left_seq, left_msg_no = excluded.left_msg_no,
                 read_seq = GREATEST(m.read_seq, excluded.read_seq),
                 read_msg_no = GREATEST(m.read_msg_no, excluded.read_msg_no),
                 mention_seq = 0, hidden_seq = 0,
                 updated_at = GREATEST(excluded.updated_at, m.updated_at + 1)",
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
            "UPDATE members SET left_seq = (j.value ->> 2)::int8, left_msg_no = (j.value ->> 3)::int8,
                 updated_at = GREATEST($2, updated_at + 1)
             FROM jsonb_array_elements($1::jsonb) AS j(value)
             WHERE conversation = (j.value ->> 0)::uuid AND user_id = (j.value ->> 1)::uuid",
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
            "UPDATE members SET role = j.value ->> 2, nickname = j.value ->> 3,
                 muted_until = (j.value ->> 4)::int8, updated_at = GREATEST($2, updated_at + 1)
             FROM jsonb_array_elements($1::jsonb) AS j(value)
             WHERE conversation = (j.value ->> 0)::uuid AND user_id = (j.value ->> 1)::uuid",
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

    /// Lets members be called by the messages that name them or call all, unless an earlier one that
    /// they have not read does.
    async fn call(&mut self, changes: &Changes) -> Result<(), StoreError> {
        write_rows!(
            self,
            "UPDATE members SET mention_seq = j.value ->> 2
             FROM json_each($1) j
             WHERE conversation = unhex(j.value ->> 0) AND user_id = unhex(j.value ->> 1)
               AND left_seq IS NULL AND mention_seq = 0",
            "UPDATE members SET mention_seq = (j.value ->> 2)::int8
             FROM jsonb_array_elements($1::jsonb) AS j(value)
             WHERE conversation = (j.value ->> 0)::uuid AND user_id = (j.value ->> 1)::uuid
               AND left_seq IS NULL AND mention_seq = 0",
            changes.called.iter().map(|((conversation, user), seq)| (
                Hex(conversation.0),
                Hex(user.0),
                seq
            ))
        );
        write_rows!(
            self,
            "UPDATE members SET mention_seq = COALESCE(
                 (SELECT min(j.value ->> 1) FROM json_each($1) j
                  WHERE unhex(j.value ->> 0) = conversation AND unhex(j.value ->> 2) <> user_id
                    AND j.value ->> 1 > read_seq), 0)
             WHERE conversation IN (SELECT unhex(value ->> 0) FROM json_each($1))
                 AND left_seq IS NULL AND mention_seq = 0",
            "WITH calls AS MATERIALIZED (
                 SELECT (value ->> 0)::uuid AS conversation, (value ->> 1)::int8 AS seq,
                     (value ->> 2)::uuid AS sender
                 FROM jsonb_array_elements($1::jsonb) AS j(value)
             )
             UPDATE members m SET mention_seq = COALESCE(
                 (SELECT min(c.seq) FROM calls c
                  WHERE c.conversation = m.conversation AND c.sender <> m.user_id
                    AND c.seq > m.read_seq), 0)
             WHERE m.conversation IN (SELECT conversation FROM calls)
                 AND m.left_seq IS NULL AND m.mention_seq = 0",
            changes
                .mention_all
                .iter()
                .map(|(conversation, seq, sender)| (Hex(conversation.0), seq, Hex(sender.0)))
        );
        Ok(())
    }
}

impl Append<'_> {
    /// Empties what was recalled, and lets those who were called by it be called by the next message
    /// that does.
    async fn save_recalls(&mut self, changes: &Changes) -> Result<(), StoreError> {
        write_rows!(
            self,
            "UPDATE events SET kind = j.value ->> 2, body = j.value ->> 3, digest = j.value ->> 4
             FROM json_each($1) j
             WHERE conversation = unhex(j.value ->> 0) AND seq = j.value ->> 1",
            "UPDATE events SET kind = j.value ->> 2, body = j.value ->> 3,
                 digest = (j.value ->> 4)::int8
             FROM jsonb_array_elements($1::jsonb) AS j(value)
             WHERE conversation = (j.value ->> 0)::uuid AND seq = (j.value ->> 1)::int8",
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
            let called: Vec<(Uuid,)> = on_append!(self, c => sqlx::query_as(
                "SELECT user_id FROM members WHERE conversation = $1 AND mention_seq = $2",
            )
            .bind(event.conversation.0)
            .bind(signed(event.seq))
            .fetch_all(c))?;
            for (user,) in called {
                let after: Vec<EventRow> = on_append!(self, c => sqlx::query_as(NEXT_MENTION)
                    .bind(event.conversation.0)
                    .bind(signed(event.seq))
                    .bind(user)
                    .bind(user.hyphenated().to_string())
                    .fetch_all(c))?;
                let next = first_calling(after, UserId(user))?;
                run_append!(
                    self,
                    sqlx::query(
                        "UPDATE members SET mention_seq = $3 WHERE conversation = $1 AND user_id = $2",
                    )
                    .bind(event.conversation.0)
                    .bind(user)
                    .bind(signed(next))
                )?;
            }
        }
        Ok(())
    }
}
