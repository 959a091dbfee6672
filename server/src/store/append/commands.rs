//! What every batch writes: its commands and their events.
//!
//! On SQLite each value is a parameter of its own: as a list of JSON, which the rarer changes are
//! written from, they would cost more than all the rest of a send. On Postgres a parameter is a
//! column.

use std::collections::HashMap;

use protocol::{Code, ConversationId, Event, Kind, Millis, UserId};
use sqlx::{AssertSqlSafe, PgConnection, SqliteConnection};
use uuid::Uuid;

use super::super::StoreError;
use super::super::pool::in_time;
use super::super::rows::signed;
use super::sql::{INSERT_POSTGRES, INSERT_POSTGRES_WITH_JOBS};
use super::{Append, CommandRow, Connection};

/// Most rows of one statement: SQLite takes 32,766 parameters.
pub(super) const ROWS: usize = 256;

/// How many columns are written.
const COLUMNS: usize = 13;

/// SQLite's statement for so many rows.
fn insert(rows: usize) -> String {
    let row = format!("({}),", ["?"; COLUMNS].join(","));
    let values = row.repeat(rows);
    format!(
        "INSERT INTO commands (client_id, sender, payload_hash, conversation, at, seq, sent_at, kind,
             msg_no, body, digest, refusal, job)
         VALUES {}",
        values.trim_end_matches(',')
    )
}

impl Append<'_> {
    /// Writes commands and their events, [`ROWS`] at most on SQLite, where logs end now, that senders
    /// have read what they wrote, and, if that is wanted, a job an event.
    pub(super) async fn save_commands(
        &mut self,
        rows: &[CommandRow],
        versions: &HashMap<ConversationId, Millis>,
        offline_jobs: bool,
    ) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        match &mut self.connection {
            Connection::Sqlite(connection) => insert_in_file(connection, rows, offline_jobs).await,
            Connection::Postgres(own) => {
                let connection = &mut own.connection;
                in_time(insert_on_server(connection, rows, versions, offline_jobs)).await
            }
        }
    }
}

async fn insert_in_file(
    connection: &mut SqliteConnection,
    rows: &[CommandRow],
    offline_jobs: bool,
) -> Result<(), StoreError> {
    // Few numbers of rows, so that the statements for each stay prepared.
    let sql = insert(rows.len().next_power_of_two());
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for row in rows {
        query = query
            .bind(row.client_id.0)
            .bind(row.sender.0)
            .bind(&row.payload_hash[..])
            .bind(row.conversation.0)
            .bind(row.at);
        query = match &row.result {
            Ok(encoded) => query
                .bind(signed(encoded.event.seq))
                .bind(encoded.event.sent_at)
                .bind(encoded.event.kind.as_str())
                .bind(signed(encoded.event.msg_no))
                .bind(encoded.event.body.get())
                .bind(encoded.event.digest.0.cast_signed())
                .bind(None::<&str>),
            Err(code) => (0..6)
                .fold(query, |query, _| query.bind(None::<i64>))
                .bind(Code::as_str(*code)),
        };
        query = query.bind(offline_jobs);
    }
    // Parameters that are not bound are NULL.
    query.execute(connection).await?;
    Ok(())
}

async fn insert_on_server(
    connection: &mut PgConnection,
    rows: &[CommandRow],
    versions: &HashMap<ConversationId, Millis>,
    offline_jobs: bool,
) -> Result<(), sqlx::Error> {
    let version = |row: &CommandRow| versions.get(&row.conversation).copied();
    let column = |of: fn(&CommandRow) -> Uuid| rows.iter().map(of).collect::<Vec<_>>();
    let events = || rows.iter().map(|row| row.result.as_ref().ok());
    let number = |of: fn(&Event) -> i64| {
        let numbers = events().map(|encoded| encoded.map(|encoded| of(&encoded.event)));
        numbers.collect::<Vec<_>>()
    };
    let text = |of: fn(&Event) -> &str| {
        let texts = events().map(|encoded| encoded.map(|encoded| of(&encoded.event)));
        texts.collect::<Vec<_>>()
    };
    let hashes: Vec<&[u8]> = rows.iter().map(|row| &row.payload_hash[..]).collect();
    let at: Vec<Millis> = rows.iter().map(|row| row.at).collect();
    let refusals = rows
        .iter()
        .map(|row| row.result.as_ref().err().map(|code| code.as_str()));
    let ends = ends(rows);
    let sql = if offline_jobs {
        INSERT_POSTGRES_WITH_JOBS
    } else {
        INSERT_POSTGRES
    };
    sqlx::query(sql)
        .bind(column(|row| row.client_id.0))
        .bind(column(|row| row.sender.0))
        .bind(hashes)
        .bind(column(|row| row.conversation.0))
        .bind(at)
        .bind(number(|event| signed(event.seq)))
        .bind(number(|event| event.sent_at))
        .bind(text(|event| event.kind.as_str()))
        .bind(number(|event| signed(event.msg_no)))
        .bind(text(|event| event.body.get()))
        .bind(number(|event| event.digest.0.cast_signed()))
        .bind(refusals.collect::<Vec<_>>())
        .bind(ends.first)
        .bind(ends.is_last)
        .bind(rows.iter().map(version).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}

/// Where logs end, and what senders wrote last: see [`INSERT_POSTGRES`].
#[derive(Debug, PartialEq, Eq)]
struct Ends {
    first: Vec<Option<i64>>,
    is_last: Vec<bool>,
}

fn ends(rows: &[CommandRow]) -> Ends {
    let mut logs: HashMap<ConversationId, (i64, usize)> = HashMap::new();
    let mut written: HashMap<(ConversationId, UserId), usize> = HashMap::new();
    for (place, row) in rows.iter().enumerate() {
        let Ok(encoded) = &row.result else {
            continue;
        };
        let seq = signed(encoded.event.seq);
        logs.entry(row.conversation).or_insert((seq, place)).1 = place;
        if encoded.event.kind == Kind::Message {
            written.insert((row.conversation, row.sender), place);
        }
    }
    let mut ends = Ends {
        first: vec![None; rows.len()],
        is_last: vec![false; rows.len()],
    };
    for (first, place) in logs.into_values() {
        ends.first[place] = Some(first);
    }
    for place in written.into_values() {
        ends.is_last[place] = true;
    }
    ends
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::bus::Encoded;

    fn row(conversation: u128, sender: u128, event: Option<(u64, Kind)>) -> CommandRow {
        let conversation = ConversationId(Uuid::from_u128(conversation));
        let sender = UserId(Uuid::from_u128(sender));
        let client_id = protocol::ClientId::new(1, [0; 10]);
        let result = event.ok_or(Code::NotAMember).map(|(seq, kind)| {
            let json = serde_json::json!({
                "conversation": conversation, "seq": seq, "at": 1, "sent_at": 1, "sender": sender,
                "kind": kind.as_str(), "msg_no": seq, "client_id": client_id, "body": {},
                "digest": protocol::Digest(0),
            });
            Arc::new(Encoded::new(serde_json::from_value(json).unwrap()))
        });
        CommandRow {
            client_id,
            sender,
            payload_hash: [0; 32],
            conversation,
            result,
            at: 1,
        }
    }

    #[test]
    fn each_log_ends_once_and_each_sender_writes_last_once() {
        let message = |seq| Some((seq, Kind::Message));
        let ends = ends(&[
            row(1, 7, message(4)),
            row(2, 8, message(9)),
            row(1, 7, message(5)),
            row(1, 8, message(6)),
            row(1, 7, None),
            row(1, 8, Some((7, Kind::Recall))),
            row(3, 7, None),
        ]);
        let first = [None, Some(9), None, None, None, Some(4), None];
        assert_eq!(ends.first, first);
        let is_last = [false, true, true, true, false, false, false];
        assert_eq!(ends.is_last, is_last);
    }
}
