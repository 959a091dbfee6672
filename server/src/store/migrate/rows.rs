//! Rows on their way: the same values, whichever database they come from.

use sha2::{Digest as _, Sha256};
use sqlx::postgres::{PgArguments, PgConnection, PgRow};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Postgres, Row as _, Sqlite};
use uuid::Uuid;

use super::tables::{Day, Kind, Table};

const DAY: i64 = 24 * 60 * 60 * 1_000;

/// A value as SQLite has it: ids are bytes, flags numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Null,
    Number(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// A row, with its values in the order of the table's columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row(pub Vec<Value>);

/// Takes a row of either database apart.
macro_rules! values {
    ($table:expr, $row:expr) => {{
        let mut values = Vec::with_capacity($table.columns.len());
        for (at, column) in $table.columns.iter().enumerate() {
            values.push(
                match column.kind {
                    Kind::Number | Kind::Flag => {
                        $row.try_get::<Option<i64>, _>(at)?.map(Value::Number)
                    }
                    Kind::Text => $row.try_get::<Option<String>, _>(at)?.map(Value::Text),
                    Kind::Id | Kind::Bytes => {
                        $row.try_get::<Option<Vec<u8>>, _>(at)?.map(Value::Bytes)
                    }
                }
                .unwrap_or(Value::Null),
            );
        }
        Ok(Row(values))
    }};
}

/// Binds the key after which rows are wanted.
macro_rules! bind_key {
    ($query:expr, $table:expr, $after:expr) => {{
        let mut query = $query;
        if let Some(after) = $after {
            for (column, value) in $table.key_columns().iter().zip(&after.0) {
                query = match (column.kind, value) {
                    (Kind::Id, value) => query.bind(id(value)?),
                    (_, Value::Bytes(bytes)) => query.bind(bytes.clone()),
                    (_, Value::Number(number)) => query.bind(*number),
                    (_, Value::Text(text)) => query.bind(text.clone()),
                    (_, Value::Null) => return Err(unreadable("a key is empty")),
                };
            }
        }
        query
    }};
}

/// The next so many rows of a table in SQLite, in the order of their keys.
pub(super) async fn from_sqlite(
    connection: &mut SqliteConnection,
    table: &Table,
    after: Option<&Row>,
    most: i64,
) -> Result<Vec<Row>, sqlx::Error> {
    let query: Query<'_, Sqlite, SqliteArguments> =
        sqlx::query(AssertSqlSafe(table.next_of_sqlite(after.is_some())));
    let query = bind_key!(query, table, after).bind(most);
    let rows = query.fetch_all(connection).await?;
    let row = |row: &SqliteRow| values!(table, row);
    rows.iter().map(row).collect()
}

/// The same in Postgres.
pub(super) async fn from_postgres(
    connection: &mut PgConnection,
    table: &Table,
    after: Option<&Row>,
    most: i64,
) -> Result<Vec<Row>, sqlx::Error> {
    let query: Query<'_, Postgres, PgArguments> =
        sqlx::query(AssertSqlSafe(table.next_of_postgres(after.is_some())));
    let query = bind_key!(query, table, after).bind(most);
    let rows = query.fetch_all(connection).await?;
    let row = |row: &PgRow| values!(table, row);
    rows.iter().map(row).collect()
}

/// Deletes all rows of a table in Postgres after a key.
pub(super) async fn delete_rest(
    connection: &mut PgConnection,
    table: &Table,
    after: Option<&Row>,
) -> Result<(), sqlx::Error> {
    let query: Query<'_, Postgres, PgArguments> =
        sqlx::query(AssertSqlSafe(table.delete_rest(after.is_some())));
    bind_key!(query, table, after).execute(connection).await?;
    Ok(())
}

/// Inserts rows in Postgres, by one statement.
pub(super) async fn insert(
    connection: &mut PgConnection,
    table: &Table,
    rows: &[Row],
) -> Result<(), sqlx::Error> {
    let mut query = sqlx::query(AssertSqlSafe(table.insert()));
    for (at, column) in table.columns.iter().enumerate() {
        let values = rows.iter().map(|row| &row.0[at]);
        query = match column.kind {
            Kind::Id => {
                let ids = values.map(|value| match value {
                    Value::Null => Ok(None),
                    value => id(value).map(Some),
                });
                query.bind(ids.collect::<Result<Vec<Option<Uuid>>, _>>()?)
            }
            Kind::Number => query.bind(values.map(number).collect::<Vec<_>>()),
            Kind::Flag => {
                let flags = values.map(|value| number(value).map(|number| number != 0));
                query.bind(flags.collect::<Vec<_>>())
            }
            Kind::Text => query.bind(values.map(text).collect::<Vec<_>>()),
            Kind::Bytes => query.bind(values.map(bytes).collect::<Vec<_>>()),
        };
    }
    query.execute(connection).await?;
    Ok(())
}

impl Row {
    /// A number in one of its columns.
    pub fn number(&self, at: usize) -> i64 {
        number(&self.0[at]).unwrap_or(0)
    }

    /// An id in one of its columns.
    pub fn id(&self, at: usize) -> Result<Uuid, sqlx::Error> {
        id(&self.0[at])
    }

    /// The day that Postgres keeps it under, counted from 1970; `None` where its table is one.
    pub fn day(&self, table: &Table) -> Result<Option<i64>, sqlx::Error> {
        let at = match table.day {
            None => return Ok(None),
            Some(Day::Of(column)) => self.number(table.position(column)),
            // What the id of another kind begins with is no time, but names its day all the same.
            Some(Day::OfKey) => i64::try_from(self.id(0)?.as_u128() >> 80).unwrap_or(0),
        };
        Ok(Some(at.div_euclid(DAY)))
    }

    /// Half a SHA-256 of all its values.
    pub fn hash(&self) -> u128 {
        let mut hash = Sha256::new();
        for value in &self.0 {
            let (kind, bytes) = match value {
                Value::Null => (0, &[][..]),
                Value::Number(number) => (1, &number.to_le_bytes()[..]),
                Value::Text(text) => (2, text.as_bytes()),
                Value::Bytes(bytes) => (3, &bytes[..]),
            };
            hash.update([kind]);
            hash.update(bytes.len().to_le_bytes());
            hash.update(bytes);
        }
        let whole: [u8; 32] = hash.finalize().into();
        let half = whole.first_chunk().copied().unwrap_or_default();
        u128::from_le_bytes(half)
    }
}

fn id(value: &Value) -> Result<Uuid, sqlx::Error> {
    let Value::Bytes(bytes) = value else {
        return Err(unreadable("an id is empty"));
    };
    Uuid::from_slice(bytes).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => Some(*number),
        _ => None,
    }
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn bytes(value: &Value) -> Option<&[u8]> {
    match value {
        Value::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

fn unreadable(what: &'static str) -> sqlx::Error {
    sqlx::Error::Decode(what.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_differ_have_different_hashes() {
        let row = |values: &[Value]| Row(values.to_vec()).hash();
        let text = |text: &str| Value::Text(text.to_owned());
        let all = [
            row(&[Value::Null, text("a")]),
            row(&[text("a"), Value::Null]),
            row(&[text(""), text("a")]),
            row(&[text("a"), text("")]),
            row(&[Value::Bytes(b"a".to_vec()), Value::Null]),
            row(&[Value::Number(0), text("a")]),
            row(&[Value::Number(1), text("a")]),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(!all[..at].contains(one), "{at}");
        }
    }
}
