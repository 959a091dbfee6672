//! What every batch writes: its commands and their events.
//!
//! On SQLite each value is a parameter of its own: as a list of JSON, which the rarer changes are
//! written from, they would cost more than all the rest of a send. On Postgres a parameter is a
//! column.

use std::collections::HashMap;

use protocol::{Code, ConversationId, Event, Millis};
use sqlx::{AssertSqlSafe, PgConnection, SqliteConnection};
use uuid::Uuid;

use super::super::StoreError;
use super::super::pool::in_time;
use super::super::rows::signed;
use super::sql::INSERT_POSTGRES;
use super::{Append, CommandRow};

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

impl Append {
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
        match self {
            Self::Sqlite(connection) => insert_in_file(connection, rows, offline_jobs).await,
            Self::Postgres(connection) => {
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
    sqlx::query(INSERT_POSTGRES)
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
        .bind(rows.iter().map(version).collect::<Vec<_>>())
        .bind(offline_jobs)
        .execute(connection)
        .await?;
    Ok(())
}
