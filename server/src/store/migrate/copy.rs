//! Copying one table.

use std::collections::BTreeSet;

use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;

use super::rows::{Row, delete_rest, from_postgres, from_sqlite, insert};
use super::tables::{Day, Table};
use super::{MoveError, Progress, ROWS, Step, source_error, target_error};

/// Copies what is not there yet; gives how many rows that were.
pub(super) async fn copy(
    from: &mut SqliteConnection,
    to: &mut PgConnection,
    table: &'static Table,
    of: u64,
    report: &mut (dyn FnMut(Progress) + Send),
) -> Result<u64, MoveError> {
    let fail = target_error(table.name);
    let mut after: Option<Row> = None;
    let mut there = true;
    let (mut done, mut copied) = (0, 0);
    loop {
        let rows = from_sqlite(from, table, after.as_ref(), many()).await;
        let rows = rows.map_err(source_error)?;
        let mut clear = false;
        if there {
            let theirs = from_postgres(to, table, after.as_ref(), many()).await;
            let theirs = theirs.map_err(&fail)?;
            there = theirs == rows;
            clear = !there && !theirs.is_empty();
        }
        if !there {
            let written = put(to, table, after.as_ref(), clear, &rows).await;
            written.map_err(&fail)?;
            copied += size(rows.len());
        }
        done += size(rows.len());
        report(Progress {
            step: Step::Copy,
            table: table.name,
            done,
            of,
        });
        let whole = rows.len() == ROWS;
        after = rows.into_iter().last();
        if !whole {
            return Ok(copied);
        }
    }
}

/// Writes rows that come after a key, all or nothing; where there are others, it clears the rest of
/// the table first.
async fn put(
    to: &mut PgConnection,
    table: &Table,
    after: Option<&Row>,
    clear: bool,
    rows: &[Row],
) -> Result<(), sqlx::Error> {
    let mut work = to.begin().await?;
    if clear {
        delete_rest(&mut work, table, after).await?;
    }
    make_days(&mut work, table, rows).await?;
    if !rows.is_empty() {
        insert(&mut work, table, rows).await?;
    }
    work.commit().await
}

/// Makes the partitions of the days of these rows, where they are missing.
async fn make_days(to: &mut PgConnection, table: &Table, rows: &[Row]) -> Result<(), sqlx::Error> {
    let mut days = BTreeSet::new();
    for row in rows {
        days.extend(row.day(table)?);
    }
    for day in days {
        // From, from and until: the span of the other table is empty.
        let (events, keys) = match table.day {
            Some(Day::Of(_)) => (day, day + 1),
            _ => (day + 1, day),
        };
        sqlx::query("SELECT make_partitions($1, $2, $3)")
            .bind(events)
            .bind(keys)
            .bind(day)
            .execute(&mut *to)
            .await?;
    }
    Ok(())
}

/// How many rows are asked for.
pub(super) fn many() -> i64 {
    i64::try_from(ROWS).unwrap_or(i64::MAX)
}

pub(super) fn size(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}
