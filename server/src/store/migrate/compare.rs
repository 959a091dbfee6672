//! Whether both sides hold the same: counts, hashes and digests that each side is read anew for.

use std::collections::BTreeMap;

use protocol::Digest;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;
use uuid::Uuid;

use super::copy::{many, size};
use super::rows::{Row, from_postgres, from_sqlite};
use super::tables::{TABLES, Table};
use super::{MoveError, Progress, ROWS, Step, count, source_error, target_error};

/// Most differences that are told.
const TOLD: usize = 5;

/// What one side holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Summary {
    tables: Vec<Sum>,
    /// Where each conversation's log ends, and what is kept of it.
    pub logs: BTreeMap<Uuid, Log>,
}

/// A table, whatever order its rows are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sum {
    name: &'static str,
    rows: u64,
    /// The sum of the hashes of its rows.
    hash: u128,
}

/// What is kept of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Log {
    head: i64,
    events: u64,
    digest: Digest,
}

impl Summary {
    /// Reads all of the file.
    pub async fn of_file(
        from: &mut SqliteConnection,
        report: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Self, MoveError> {
        let mut summary = Self::new();
        for table in &TABLES {
            let of = count(from, table.name).await?;
            let mut after = None;
            loop {
                let rows = from_sqlite(from, table, after.as_ref(), many()).await;
                let rows = rows.map_err(source_error)?;
                summary.add(table, &rows).map_err(source_error)?;
                report(summary.progress(Step::ReadFile, table, of));
                let whole = rows.len() == ROWS;
                after = rows.into_iter().last();
                if !whole {
                    break;
                }
            }
        }
        Ok(summary)
    }

    /// Reads all of the server, which should hold as much as the file.
    pub async fn of_server(
        to: &mut PgConnection,
        file: &Self,
        report: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Self, MoveError> {
        let mut summary = Self::new();
        for (table, expected) in TABLES.iter().zip(&file.tables) {
            let fail = target_error(table.name);
            let mut after = None;
            loop {
                let rows = from_postgres(to, table, after.as_ref(), many()).await;
                let rows = rows.map_err(&fail)?;
                summary.add(table, &rows).map_err(&fail)?;
                report(summary.progress(Step::ReadServer, table, expected.rows));
                let whole = rows.len() == ROWS;
                after = rows.into_iter().last();
                if !whole {
                    break;
                }
            }
        }
        Ok(summary)
    }

    fn new() -> Self {
        Self {
            tables: Vec::with_capacity(TABLES.len()),
            logs: BTreeMap::new(),
        }
    }

    /// Adds rows of the table that is being read.
    fn add(&mut self, table: &'static Table, rows: &[Row]) -> Result<(), sqlx::Error> {
        if self.tables.last().is_none_or(|sum| sum.name != table.name) {
            self.tables.push(Sum {
                name: table.name,
                rows: 0,
                hash: 0,
            });
        }
        if let Some(sum) = self.tables.last_mut() {
            sum.rows += size(rows.len());
            for row in rows {
                sum.hash = sum.hash.wrapping_add(row.hash());
            }
        }
        match table.name {
            "conversations" => {
                let head = table.position("head_seq");
                for row in rows {
                    self.logs.entry(row.id(0)?).or_default().head = row.number(head);
                }
            }
            "events" => {
                let digest = table.position("digest");
                for row in rows {
                    let log = self.logs.entry(row.id(0)?).or_default();
                    log.events += 1;
                    log.digest ^= Digest(row.number(digest).cast_unsigned());
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn progress(&self, step: Step, table: &Table, of: u64) -> Progress {
        Progress {
            step,
            table: table.name,
            done: self.tables.last().map_or(0, |sum| sum.rows),
            of,
        }
    }

    /// Rows of all tables.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|sum| sum.rows).sum()
    }

    /// The sum of all rows' hashes.
    pub fn hash(&self) -> u128 {
        let hashes = self.tables.iter().map(|sum| sum.hash);
        hashes.fold(0, u128::wrapping_add)
    }
}

/// What differs, in one line; `None` where nothing does.
pub(super) fn differences(here: &Summary, there: &Summary) -> Option<String> {
    let mut found = Vec::new();
    for (one, other) in here.tables.iter().zip(&there.tables) {
        if one.rows != other.rows {
            found.push(format!(
                "{} has {} rows in the file and {} on the server",
                one.name, one.rows, other.rows
            ));
        } else if one != other {
            found.push(format!("{} has other values", one.name));
        }
    }
    let ids = here.logs.keys().chain(there.logs.keys());
    let mut ids: Vec<&Uuid> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    for id in ids {
        let (one, other) = (here.log(id), there.log(id));
        if one != other {
            found.push(format!(
                "conversation {id} has {one} in the file and {other} on the server"
            ));
        }
    }
    let more = found.len().saturating_sub(TOLD);
    found.truncate(TOLD);
    if more > 0 {
        found.push(format!("and {more} more"));
    }
    (!found.is_empty()).then(|| found.join("; "))
}

impl Summary {
    fn log(&self, id: &Uuid) -> Log {
        self.logs.get(id).copied().unwrap_or_default()
    }
}

impl std::fmt::Display for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            head,
            events,
            digest,
        } = self;
        write!(f, "head {head}, {events} events, digest {digest}")
    }
}

#[cfg(test)]
mod tests {
    use super::super::rows::Value;
    use super::*;

    fn table(name: &str) -> &'static Table {
        TABLES.iter().find(|table| table.name == name).unwrap()
    }

    fn summary(head: i64, events: &[(i64, i64)]) -> Summary {
        let row = |table: &Table, numbers: &[(&str, i64)]| {
            let mut values = vec![Value::Null; table.columns.len()];
            values[0] = Value::Bytes(vec![7; 16]);
            for (column, number) in numbers {
                values[table.position(column)] = Value::Number(*number);
            }
            Row(values)
        };
        let (conversations, log) = (table("conversations"), table("events"));
        let mut summary = Summary::new();
        let conversation = row(conversations, &[("head_seq", head)]);
        summary.add(conversations, &[conversation]).unwrap();
        for (seq, digest) in events {
            let event = row(log, &[("seq", *seq), ("digest", *digest)]);
            summary.add(log, &[event]).unwrap();
        }
        summary
    }

    #[test]
    fn the_order_of_rows_does_not_matter_and_all_else_does() {
        let one = summary(2, &[(1, 5), (2, 6)]);
        assert_eq!(differences(&one, &summary(2, &[(2, 6), (1, 5)])), None);
        let told = differences(&one, &summary(2, &[(1, 5)])).unwrap();
        assert!(
            told.contains("events has 2 rows in the file and 1 on the server"),
            "{told}"
        );
        assert!(
            told.contains("head 2, 2 events, digest 0000000000000003 in the file"),
            "{told}"
        );
        let told = differences(&one, &summary(3, &[(1, 5), (2, 6)])).unwrap();
        assert!(told.contains("conversations has other values"), "{told}");
        // The same digests in other places: only the hash tells.
        let told = differences(&one, &summary(2, &[(1, 6), (2, 5)])).unwrap();
        assert_eq!(told, "events has other values");
    }
}
