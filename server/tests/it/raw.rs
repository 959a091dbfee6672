//! A connection to the database beside the server's own: what no request can do to it, and what
//! none shows. All SQL of the tests is here.

use std::path::Path;

use server::store::DatabaseConfig;
use sqlx::{PgPool, Postgres, Sqlite, SqlitePool, Transaction};

pub enum Raw {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// Keeps everybody else from writing as long as it is there.
pub enum Lock {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Lock {
    pub async fn release(self) {
        match self {
            Self::Sqlite(lock) => lock.rollback().await.unwrap(),
            Self::Postgres(lock) => lock.rollback().await.unwrap(),
        }
    }
}

impl Raw {
    pub async fn file(file: &Path) -> Self {
        let address = format!("sqlite:{}", file.display());
        Self::Sqlite(SqlitePool::connect(&address).await.unwrap())
    }

    pub async fn server(url: &str) -> Self {
        Self::Postgres(PgPool::connect(url).await.unwrap())
    }

    pub async fn open(config: &DatabaseConfig) -> Self {
        match config {
            DatabaseConfig::Sqlite(config) => Self::file(&config.file).await,
            DatabaseConfig::Postgres(config) => Self::server(&config.url).await,
        }
    }

    pub async fn close(self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }

    /// How many rows there are about who is to be told, or was.
    pub async fn pushes(&self) -> i64 {
        const COUNT: &str = "SELECT (SELECT count(*) FROM push_notifications)
            + (SELECT count(*) FROM offline_jobs)";
        match self {
            Self::Sqlite(pool) => sqlx::query_scalar(COUNT).fetch_one(pool).await.unwrap(),
            Self::Postgres(pool) => sqlx::query_scalar(COUNT).fetch_one(pool).await.unwrap(),
        }
    }

    /// Notes a step of the schema that this version does not know.
    pub async fn make_newer(&self) {
        self.run(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9999, 'to come', true, x'00', 0)",
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9999, 'to come', true, '\\x00', 0)",
        )
        .await;
    }

    /// Lets the database refuse events with the word `poison`.
    pub async fn poison(&self) {
        self.run(
            "CREATE TRIGGER poison BEFORE INSERT ON events WHEN instr(new.body, 'poison') > 0
             BEGIN SELECT RAISE(ABORT, 'poison'); END",
            "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN RAISE EXCEPTION 'poison'; END $$",
        )
        .await;
        if let Self::Postgres(_) = self {
            self.run(
                "",
                "CREATE TRIGGER poison BEFORE INSERT ON events FOR EACH ROW
                 WHEN (new.body LIKE '%poison%') EXECUTE FUNCTION poison()",
            )
            .await;
        }
    }

    /// Lets it take them again.
    pub async fn cure(&self) {
        self.run("DROP TRIGGER poison", "DROP TRIGGER poison ON events")
            .await;
    }

    /// Ends all other connections to a server's database.
    pub async fn hang_up(&self) {
        self.run(
            "SELECT 1",
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .await;
    }

    /// The processes that serve all other connections to a server's database.
    pub async fn others(&self) -> Vec<i32> {
        let Self::Postgres(pool) = self else {
            return Vec::new();
        };
        let others = sqlx::query_scalar(
            "SELECT pid FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
        others.fetch_all(pool).await.unwrap()
    }

    /// Keeps everybody else from writing as long as this is held.
    pub async fn lock(&self) -> Lock {
        self.lock_tables("LOCK TABLE events, send_keys IN EXCLUSIVE MODE")
            .await
    }

    /// Keeps everybody else from writing results of commands.
    pub async fn lock_send_keys(&self) -> Lock {
        self.lock_tables("LOCK TABLE send_keys IN EXCLUSIVE MODE")
            .await
    }

    async fn lock_tables(&self, statement: &'static str) -> Lock {
        match self {
            Self::Sqlite(pool) => Lock::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await.unwrap()),
            Self::Postgres(pool) => {
                let mut lock = pool.begin().await.unwrap();
                sqlx::query(statement).execute(&mut *lock).await.unwrap();
                Lock::Postgres(lock)
            }
        }
    }

    /// How many events are kept.
    pub async fn events(&self) -> i64 {
        self.one("SELECT count(*) FROM events").await
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

    /// How many log-ins at providers are under way.
    pub async fn log_ins(&self) -> i64 {
        self.one("SELECT (SELECT count(*) FROM log_ins) + (SELECT count(*) FROM newcomers)")
            .await
    }

    /// Lets them have begun earlier, by so many milliseconds.
    pub async fn age_log_ins(&self, by: i64) {
        for sql in [
            "UPDATE log_ins SET expires_at = expires_at - $1",
            "UPDATE newcomers SET expires_at = expires_at - $1",
        ] {
            let changed = match self {
                Self::Sqlite(pool) => sqlx::query(sql).bind(by).execute(pool).await.map(|_| ()),
                Self::Postgres(pool) => sqlx::query(sql).bind(by).execute(pool).await.map(|_| ()),
            };
            changed.unwrap();
        }
    }

    /// Links an account of a provider that is not configured.
    pub async fn link_to_removed_provider(&self, handle: &str) {
        let sql = "INSERT INTO identities (provider, subject, user_id, name, linked_at)
             SELECT 'removed', '42', id, 'octocat', 1 FROM users WHERE handle = $1";
        let linked = match self {
            Self::Sqlite(pool) => sqlx::query(sql)
                .bind(handle)
                .execute(pool)
                .await
                .map(|_| ()),
            Self::Postgres(pool) => sqlx::query(sql)
                .bind(handle)
                .execute(pool)
                .await
                .map(|_| ()),
        };
        linked.unwrap();
    }

    /// Puts a character that Postgres cannot hold into the last event that is copied there.
    pub async fn spoil(&self) {
        let last = "UPDATE events SET body = body || char(0) WHERE (conversation, seq) =
                (SELECT conversation, seq FROM events ORDER BY conversation DESC, seq DESC LIMIT 1)";
        self.run(last, "").await;
    }

    /// Takes it out again.
    pub async fn mend(&self) {
        let mended = "UPDATE events SET body = substr(body, 1, length(body))
             WHERE instr(body, char(0)) > 0";
        self.run(mended, "").await;
    }

    /// Copies a file as it is at this moment, whoever has it open.
    pub async fn copy_to(&self, file: &Path) {
        let Self::Sqlite(pool) = self else {
            panic!("only SQLite's file can be copied");
        };
        let copy = sqlx::query("VACUUM INTO $1").bind(file.to_str().unwrap());
        copy.execute(pool).await.unwrap();
    }

    /// Keeps others from moving an installation there, as long as the connection is open.
    pub async fn hold_move(&self) {
        self.run("", "SELECT pg_advisory_lock(hashtext('zspchat move'))")
            .await;
    }

    /// How SQLite keeps its journal.
    pub async fn journal_mode(&self) -> String {
        let Self::Sqlite(pool) = self else {
            panic!("only SQLite has a journal mode");
        };
        let mode = sqlx::query_scalar("PRAGMA journal_mode");
        mode.fetch_one(pool).await.unwrap()
    }

    async fn run(&self, sqlite: &'static str, postgres: &'static str) {
        match self {
            Self::Sqlite(pool) => drop(sqlx::query(sqlite).execute(pool).await.unwrap()),
            Self::Postgres(pool) => drop(sqlx::query(postgres).execute(pool).await.unwrap()),
        }
    }

    async fn one(&self, sql: &'static str) -> i64 {
        match self {
            Self::Sqlite(pool) => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap(),
            Self::Postgres(pool) => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap(),
        }
    }
}
