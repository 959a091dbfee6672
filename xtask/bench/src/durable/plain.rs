//! What the server is measured against: `pgbench`, a row a transaction.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use services::Postgres;

/// What a row takes besides its text: its head, four numbers of 8 bytes, and the length of the text.
const REST: u64 = 24 + 4 * 8 + 4;

/// How much longer `pgbench` runs, to connect: that counts for its time, but not for its rate.
const CONNECT: Duration = Duration::from_secs(1);

/// Shorter texts have a shorter length, and would make another size of row.
const SHORTEST: u64 = 127;

/// A table of rows.
pub struct Plain<'a> {
    postgres: &'a Postgres,
    database: &'static str,
    program: PathBuf,
    script: PathBuf,
    text: String,
    _folder: tempfile::TempDir,
}

/// How many bytes a send stores: its event, and the key by which a repeat is known. The places in
/// indexes come besides, as do the changes of other rows.
///
/// # Errors
/// When there was no send yet.
pub fn bytes_of_a_send(postgres: &Postgres, database: &str) -> Result<u64> {
    let sql = "SELECT round(
        (SELECT avg(pg_column_size(e)) FROM events e WHERE kind = 'message')
        + (SELECT avg(pg_column_size(k)) FROM send_keys k))";
    let bytes = postgres.run_sql(database, sql)?;
    bytes.parse().context("no event is stored")
}

impl<'a> Plain<'a> {
    /// Makes a table for rows of so many bytes each.
    ///
    /// # Errors
    /// When `pgbench` is missing, or rows would be of another size.
    pub fn prepare(postgres: &'a Postgres, database: &'static str, bytes: u64) -> Result<Self> {
        postgres.run_sql(
            database,
            "CREATE TABLE messages (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                 conversation BIGINT NOT NULL, sender BIGINT NOT NULL, at BIGINT NOT NULL,
                 body TEXT NOT NULL)",
        )?;
        let length = bytes.saturating_sub(REST).max(SHORTEST);
        let folder = tempfile::tempdir()?;
        let plain = Self {
            postgres,
            database,
            program: program()?,
            script: folder.path().join("script.sql"),
            text: "x".repeat(usize::try_from(length)?),
            _folder: folder,
        };
        fs::write(
            &plain.script,
            "\\set at random(1, 1000000000)\n\
             INSERT INTO messages (conversation, sender, at, body) \
             VALUES (:client_id, :client_id, :at, :body);\n",
        )?;
        plain.round(1, Duration::from_secs(1))?;
        let size = "SELECT max(pg_column_size(m)) FROM messages m";
        let size = postgres.run_sql(database, size)?;
        if size != bytes.to_string() {
            bail!("a row has {size} bytes instead of {bytes}");
        }
        Ok(plain)
    }

    /// Lets so many clients commit one row after the other for that long; gives how many rows a
    /// second there were.
    ///
    /// # Errors
    /// When `pgbench` fails.
    pub fn round(&self, clients: usize, time: Duration) -> Result<f64> {
        let address = self.postgres.address();
        let output = Command::new(&self.program)
            .args(["--no-vacuum", "--protocol=prepared", "--username=postgres"])
            .arg(format!("--host={}", address.ip()))
            .arg(format!("--port={}", address.port()))
            .arg(format!("--client={clients}"))
            // One thread, as for our own clients: more of them only take turns on a small machine.
            .arg("--jobs=1")
            .arg(format!("--time={}", (time + CONNECT).as_secs()))
            .arg(format!("--define=body={}", self.text))
            .arg("--file")
            .arg(&self.script)
            .arg(self.database)
            .output()
            .with_context(|| format!("{} cannot be started", self.program.display()))?;
        let printed = String::from_utf8_lossy(&output.stdout);
        match rate(&printed) {
            Some(rate) if output.status.success() => Ok(rate),
            _ => bail!(
                "pgbench: {printed} {}",
                String::from_utf8_lossy(&output.stderr)
            ),
        }
    }
}

/// Its summary has a line `tps = 1234.5 (without initial connection time)`.
fn rate(summary: &str) -> Option<f64> {
    let line = summary
        .lines()
        .find_map(|line| line.strip_prefix("tps = "))?;
    line.split(' ').next()?.parse().ok()
}

/// Debian has it with the server's other programs.
fn program() -> Result<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    versions
        .flatten()
        .map(|version| version.path().join("bin/pgbench"))
        .filter(|program| program.exists())
        .max()
        .context("pgbench is missing: the package is postgresql")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_read_from_the_summary() {
        let summary = "number of clients: 64\nlatency average = 4.4 ms\n\
            tps = 14512.345678 (without initial connection time)\n";
        assert_eq!(rate(summary), Some(14_512.345_678));
        assert_eq!(rate("pgbench: error"), None);
    }
}
