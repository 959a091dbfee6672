//! A connection to the database beside the server's own: what no request can do to it, and what
//! none shows. All SQL of the tests is here.

use std::path::Path;

use sqlx::{Sqlite, SqlitePool, Transaction};

pub struct Raw(SqlitePool);

impl Raw {
    pub async fn open(file: &Path) -> Self {
        let address = format!("sqlite:{}", file.display());
        Self(SqlitePool::connect(&address).await.unwrap())
    }

    pub async fn close(self) {
        self.0.close().await;
    }

    /// Notes a step of the schema that this version does not know.
    pub async fn make_newer(&self) {
        self.run(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9999, 'to come', true, x'00', 0)",
        )
        .await;
    }

    /// Lets the database refuse events with the word `poison`.
    pub async fn poison(&self) {
        self.run(
            "CREATE TRIGGER poison BEFORE INSERT ON events WHEN instr(new.body, 'poison') > 0
             BEGIN SELECT RAISE(ABORT, 'poison'); END",
        )
        .await;
    }

    /// Lets it take them again.
    pub async fn cure(&self) {
        self.run("DROP TRIGGER poison").await;
    }

    /// Keeps everybody else from writing as long as this is held.
    pub async fn lock(&self) -> Transaction<'static, Sqlite> {
        self.0.begin_with("BEGIN IMMEDIATE").await.unwrap()
    }

    /// How many results of commands are kept.
    pub async fn send_keys(&self) -> i64 {
        self.one("SELECT count(*) FROM send_keys").await
    }

    /// How many events hold the word `secret`.
    pub async fn secrets(&self) -> i64 {
        self.one("SELECT count(*) FROM events WHERE body LIKE '%secret%'")
            .await
    }

    /// How the database keeps its journal.
    pub async fn journal_mode(&self) -> String {
        let mode = sqlx::query_scalar("PRAGMA journal_mode");
        mode.fetch_one(&self.0).await.unwrap()
    }

    async fn run(&self, sql: &'static str) {
        sqlx::query(sql).execute(&self.0).await.unwrap();
    }

    async fn one(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.0).await.unwrap()
    }
}
