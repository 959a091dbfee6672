//! Which database the tests run on: SQLite, or with `TEST_DATABASE=postgres` a Postgres of their own,
//! started once, with a database a test.

use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use server::config::{Config, QueueType, SecretUrl};
use server::store::{DatabaseConfig, PostgresConfig, SqliteConfig};
use services::{Postgres, PostgresOptions, RabbitMq, RabbitMqOptions, Redis, RedisOptions};

static SERVER: OnceLock<Postgres> = OnceLock::new();
static BROKER: OnceLock<RabbitMq> = OnceLock::new();
static REDIS: OnceLock<Redis> = OnceLock::new();
static MADE: AtomicU32 = AtomicU32::new(0);

/// Whether these tests run on Postgres.
pub fn is_postgres() -> bool {
    match std::env::var("TEST_DATABASE").as_deref() {
        Err(_) | Ok("sqlite") => false,
        Ok("postgres") => true,
        Ok(other) => panic!("TEST_DATABASE is sqlite or postgres, not {other}"),
    }
}

/// Whether whole servers are nodes of a cluster.
pub fn is_networked() -> bool {
    std::env::var_os("TEST_NETWORK").is_some()
}

/// A new database: in this folder, or on the server.
pub fn new(folder: &Path) -> DatabaseConfig {
    if is_postgres() {
        return DatabaseConfig::Postgres(PostgresConfig {
            url: new_on_server(),
            readers: 4,
            writers: 4,
        });
    }
    let mut config = SqliteConfig::file(folder.join("zspchat.db"));
    config.busy_timeout = std::time::Duration::from_millis(50);
    DatabaseConfig::Sqlite(config)
}

/// Lets a whole server use a new database, and with `TEST_NETWORK=1` the broker and Redis as well, as
/// one of several nodes.
pub fn configure(config: &mut Config) {
    if is_networked() {
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        config.amqp.url = Some(SecretUrl::from(broker().url()));
        config.amqp.prefix = format!("test{number}");
        // Made sooner than replicated ones, of which the queue's own tests have enough.
        config.amqp.queue_type = QueueType::Classic;
        config.redis.url = Some(SecretUrl::from(redis().url()));
        config.redis.prefix = format!("test{number}");
    }
    if is_postgres() || is_networked() {
        config.database.url = Some(SecretUrl::from(new_on_server()));
        config.database.readers = 4;
        config.database.writers = 4;
    }
}

/// The Postgres of all tests.
pub fn server() -> &'static Postgres {
    SERVER.get_or_init(|| Postgres::start(&PostgresOptions::default()).unwrap())
}

/// The broker of all tests that run on one.
pub fn broker() -> &'static RabbitMq {
    BROKER.get_or_init(|| RabbitMq::start(&RabbitMqOptions::default()).unwrap())
}

/// The Redis of all tests that run on one.
pub fn redis() -> &'static Redis {
    REDIS.get_or_init(|| Redis::start(&RedisOptions::default()).unwrap())
}

/// The name of a new and empty database on [`server`].
pub fn empty() -> String {
    let name = format!("test{}", MADE.fetch_add(1, Ordering::Relaxed));
    server().create_database(&name).unwrap();
    name
}

fn new_on_server() -> String {
    server().url(&empty())
}
