//! What the server is measured against: SQLite itself, called directly, a row a transaction.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use rusqlite::{Connection, params};

use crate::figures::count;
use crate::sends::TEXT;

pub struct Plain(Connection);

impl Plain {
    /// A table of messages in a new file, with the server's settings: a commit is on the disk.
    pub fn open(file: &Path) -> Result<Self> {
        let connection = Connection::open(file)?;
        connection.execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA cache_size = -32768;
             PRAGMA mmap_size = 268435456;
             PRAGMA temp_store = memory;
             PRAGMA wal_autocheckpoint = 16384;
             PRAGMA journal_size_limit = 67108864;
             CREATE TABLE messages (
                 id INTEGER PRIMARY KEY,
                 conversation BLOB NOT NULL,
                 sender BLOB NOT NULL,
                 at INTEGER NOT NULL,
                 body TEXT NOT NULL
             ) STRICT;",
        )?;
        Ok(Self(connection))
    }

    /// Commits one row after the other for that long; gives how many a second.
    pub fn round(&self, time: Duration) -> Result<f64> {
        let mut insert = self.0.prepare(
            "INSERT INTO messages (conversation, sender, at, body) VALUES (?1, ?2, ?3, ?4)",
        )?;
        let body = format!(r#"{{"content":{{"type":"text","text":"{TEXT}"}}}}"#);
        let start = Instant::now();
        let mut rows: u32 = 0;
        while start.elapsed() < time {
            let conversation = [u8::try_from(rows % 64)?; 16];
            insert.execute(params![conversation, [7_u8; 16], rows, body])?;
            rows += 1;
        }
        Ok(count(rows.into()) / start.elapsed().as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_commits_rows_in_write_ahead_mode() {
        let folder = tempfile::tempdir().unwrap();
        let plain = Plain::open(&folder.path().join("plain.db")).unwrap();
        assert!(plain.round(Duration::from_millis(20)).unwrap() > 0.0);
        let setting = |name: &str| -> String {
            let value = |row: &rusqlite::Row<'_>| row.get::<_, rusqlite::types::Value>(0);
            format!(
                "{:?}",
                plain.0.pragma_query_value(None, name, value).unwrap()
            )
        };
        assert_eq!(setting("journal_mode"), r#"Text("wal")"#);
        assert_eq!(setting("synchronous"), "Integer(2)");
    }
}
