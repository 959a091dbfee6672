//! A server on Postgres serves alone, unless all of them share a broker and Redis.

use protocol::stream::ByeReason;
use serde_json::{Value, json};
use server::clock::Clock;
use server::random::Random;
use server::store::{DatabaseConfig, PostgresConfig, Seen, Share, Store, StoreError};
use services::{Postgres, PostgresOptions, Service as _};

use super::child::{PATIENCE, Server, in_time, message};
use super::lively::stop;
use crate::database;
use crate::http::app::{Person, Stream, say};
use crate::queue::broker::is_missing;
use crate::waiting::moment;

const WAITS: &str = "another server has this database: waiting for it to end";

/// A database for several servers.
pub struct Shared {
    pub folder: tempfile::TempDir,
    postgres: &'static Postgres,
    database: String,
}

impl Shared {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            postgres: database::server(),
            database: database::empty(),
        }
    }

    async fn alone(&self) -> Server {
        self.start(&[]).await
    }

    /// One of several.
    async fn node(&self) -> Server {
        self.node_with(&[]).await
    }

    /// The same, with variables.
    pub async fn node_with(&self, more: &[(&str, &str)]) -> Server {
        let (broker, redis) = (database::broker().url(), database::redis().url());
        let variables = [
            ("ZSPCHAT_AMQP_URL", broker.as_str()),
            ("ZSPCHAT_AMQP_PREFIX", &self.database),
            ("ZSPCHAT_AMQP_QUEUE_TYPE", "classic"),
            ("ZSPCHAT_REDIS_URL", &redis),
            ("ZSPCHAT_REDIS_PREFIX", &self.database),
        ];
        self.start(&[&variables, more].concat()).await
    }

    async fn start(&self, more: &[(&str, &str)]) -> Server {
        let url = self.postgres.url(&self.database);
        let variables = [&[("ZSPCHAT_DATABASE_URL", url.as_str())], more].concat();
        Server::start_with(self.folder.path(), &variables).await
    }

    /// Ends the one connection that holds the lock, once there is one.
    async fn end_lock(&self) {
        let sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_locks
             WHERE locktype = 'advisory' AND objsubid = 2 AND granted
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        let ended = async {
            while self.postgres.run_sql(&self.database, sql).unwrap() != "1" {
                moment().await;
            }
        };
        in_time("there is a lock", ended).await;
    }
}

async fn state(server: &Server) -> (u16, Value) {
    let ready = server.anybody().get("/readyz").await;
    (ready.status, ready.json()["state"].clone())
}

/// Waits until the server says that it is `ready`, or `waiting`.
pub async fn until(server: &Server, wanted: &str) {
    let began = tokio::time::Instant::now();
    while state(server).await.1 != wanted {
        assert!(began.elapsed() < PATIENCE, "not {wanted}");
        moment().await;
    }
}

/// How often it has been said that there is another server.
fn times_it_waited(server: &Server) -> usize {
    let lines = server.lines();
    lines.iter().filter(|line| message(line) == WAITS).count()
}

pub fn at(person: &Person, server: &Server) -> Person {
    let mut person = person.clone();
    person.go_to(&server.base);
    person
}

/// Says something, again and again until it is stored.
async fn say_at_last(person: &Person, text: &str) {
    let command = say(text);
    let stored = async {
        let own = person.with(person);
        while person.command(own, command.clone()).await.status != 201 {
            moment().await;
        }
    };
    in_time("it is stored", stored).await;
}

async fn hears(stream: &mut Stream, text: &str) {
    let heard = async {
        loop {
            let event = stream.event().await;
            let body: Value = serde_json::from_str(event.body.get()).unwrap();
            if body["content"]["text"] == text {
                return;
            }
        }
    };
    in_time("it is heard", heard).await;
}

async fn is_told_to_go(stream: &mut Stream) {
    assert_eq!(stream.bye().await.reason, ByeReason::Stopping);
}

/// Answers how it is, and nothing else.
async fn only_waits(server: &Server, person: &Person) {
    let here = at(person, server);
    assert_eq!(here.get("/healthz").await.status, 200);
    let ready = here.get("/readyz").await;
    assert_eq!(ready.status, 503);
    assert_eq!(ready.json()["state"], "waiting");
    // A node may not have reached its broker yet.
    let away = ready.json()["away"][0].clone();
    assert_eq!(away, "database: another server has it");
    for path in ["/login", "/chats", "/api/v1/me", "/api/v1/stream"] {
        let refused = here.get(path).await;
        assert_eq!(refused.status, 503, "{path}");
        assert_eq!(refused.header("retry-after"), "2", "{path}");
    }
    let refused = here.command(here.with(&here), say("here")).await;
    refused.is_problem(503, "unavailable");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_waits_for_the_first_to_end() {
    if is_missing() {
        return;
    }
    let shared = Shared::new();
    let first = shared.alone().await;
    let ann = first.anybody().register("ann").await;
    let second = shared.alone().await;
    let mut third = shared.alone().await;
    only_waits(&second, &ann).await;
    ann.say(ann.with(&ann), "at the first").await;
    // Told to stop while it waits, it ends.
    third.signal("TERM").await;
    assert!(third.ended().await.success());

    stop(first).await;
    until(&second, "ready").await;
    let ann = at(&ann, &second);
    ann.say(ann.with(&ann), "at the second").await;
    let texts = ann.texts(ann.with(&ann)).await;
    assert_eq!(texts, ["at the first", "at the second"]);
    assert_eq!(times_it_waited(&second), 1);
    stop(second).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_server_serves_when_the_first_is_killed() {
    if is_missing() {
        return;
    }
    let shared = Shared::new();
    let mut first = shared.alone().await;
    let ann = first.anybody().register("ann").await;
    let second = shared.alone().await;
    only_waits(&second, &ann).await;
    first.signal("KILL").await;
    assert!(!first.ended().await.success());
    until(&second, "ready").await;
    let ann = at(&ann, &second);
    ann.say(ann.with(&ann), "at the second").await;
    stop(second).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_lost_the_lock_takes_it_again_and_its_streams_go_on() {
    if is_missing() {
        return;
    }
    let shared = Shared::new();
    let server = shared.alone().await;
    let ann = server.anybody().register("ann").await;
    let mut stream = ann.stream().await;
    for round in 0..3 {
        shared.end_lock().await;
        let text = format!("round {round}");
        say_at_last(&ann, &text).await;
        hears(&mut stream, &text).await;
    }
    assert_eq!(times_it_waited(&server), 0);
    stop(server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_postgres_does_not_end_the_server() {
    if is_missing() {
        return;
    }
    let postgres = Postgres::start(&PostgresOptions::default()).unwrap();
    postgres.create_database("chat").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let url = postgres.url("chat");
    let variables = [("ZSPCHAT_DATABASE_URL", url.as_str())];
    let server = Server::start_with(folder.path(), &variables).await;
    let ann = server.anybody().register("ann").await;
    let mut stream = ann.stream().await;
    postgres.kill().unwrap();
    let refused = ann.command(ann.with(&ann), say("while it is away")).await;
    refused.is_problem(503, "unavailable");
    assert_eq!(state(&server).await, (503, json!("degraded")));
    postgres.start_again().unwrap();
    say_at_last(&ann, "again").await;
    hears(&mut stream, "again").await;
    until(&server, "ready").await;
    assert_eq!(times_it_waited(&server), 0);
    stop(server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_lost_the_lock_to_another_server_waits() {
    if is_missing() {
        return;
    }
    let shared = Shared::new();
    let first = shared.alone().await;
    let ann = first.anybody().register("ann").await;
    let mut stream = ann.stream().await;
    let second = shared.alone().await;
    let there = at(&ann, &second);

    // Frozen, it cannot be the one who is quicker.
    first.signal("STOP").await;
    shared.end_lock().await;
    until(&second, "ready").await;
    first.signal("CONT").await;
    is_told_to_go(&mut stream).await;
    only_waits(&first, &ann).await;
    assert_eq!(times_it_waited(&first), 1);
    let mut stream = there.stream().await;
    there.say(there.with(&there), "at the second").await;
    hears(&mut stream, "at the second").await;

    // What ended there is over here too.
    assert_eq!(there.delete("/api/v1/session").await.status, 204);
    stop(second).await;
    until(&first, "ready").await;
    assert_eq!(ann.get("/api/v1/me").await.status, 401);
    stop(first).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_serve_together_but_not_beside_one_that_is_alone() {
    if is_missing() {
        return;
    }
    let shared = Shared::new();
    let lone = shared.alone().await;
    let ann = lone.anybody().register("ann").await;
    let nodes = [shared.node().await, shared.node().await];
    for node in &nodes {
        only_waits(node, &ann).await;
    }
    stop(lone).await;
    for node in &nodes {
        until(node, "ready").await;
    }
    let [here, there] = [at(&ann, &nodes[0]), at(&ann, &nodes[1])];
    let mut stream = there.stream().await;
    say_at_last(&here, "at a node").await;
    hears(&mut stream, "at a node").await;

    let lone = shared.alone().await;
    only_waits(&lone, &ann).await;
    let [one, other] = nodes;
    stop(one).await;
    only_waits(&lone, &ann).await;
    // While it waits, nodes may still come.
    let new = shared.node().await;
    until(&new, "ready").await;
    stop(new).await;
    stop(other).await;
    until(&lone, "ready").await;
    let ann = at(&ann, &lone);
    ann.say(ann.with(&ann), "alone").await;
    stop(lone).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_stored_in_a_database_that_another_server_has() {
    if is_missing() {
        return;
    }
    let shared = Shared::new();
    let config = DatabaseConfig::Postgres(PostgresConfig {
        url: shared.postgres.url(&shared.database),
        readers: 1,
        writers: 2,
    });
    let open = async || Store::open(&config, &Clock::system(), &Random::system()).await;
    let (first, second) = (open().await.unwrap(), open().await.unwrap());
    let mut lock = first.claim(Share::Alone);
    assert!(matches!(
        first.appender().begin().await,
        Err(StoreError::NotOurs)
    ));
    first.note_claim(lock.look().await);
    assert!(first.appender().begin().await.is_ok());
    for share in [Share::Alone, Share::Several] {
        let store = open().await.unwrap();
        assert!(
            store.appender().begin().await.is_ok(),
            "no server claims it"
        );
        store.note_claim(store.claim(share).look().await);
        let appender = store.appender();
        assert!(matches!(appender.begin().await, Err(StoreError::NotOurs)));
    }
    let mut next = second.claim(Share::Alone);
    assert_eq!(next.look().await, Seen::Taken);
    lock.release().await;
    assert_eq!(next.look().await, Seen::Held);
    second.note_claim(Seen::Held);
    assert!(second.appender().begin().await.is_ok());
    next.release().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn installations_in_two_schemas_of_a_database_do_not_wait_for_each_other() {
    if is_missing() {
        return;
    }
    let shared = Shared::new();
    let schemas = "CREATE SCHEMA one; CREATE SCHEMA other";
    shared.postgres.run_sql(&shared.database, schemas).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut servers = Vec::new();
    for schema in ["one", "other"] {
        let url = shared.postgres.url(&shared.database);
        let url = format!("{url}?options=-c%20search_path%3D{schema}");
        let variables = [("ZSPCHAT_DATABASE_URL", url.as_str())];
        servers.push(Server::start_with(&folder.path().join(schema), &variables).await);
    }
    for server in servers {
        assert_eq!(state(&server).await, (200, json!("ready")));
        server.anybody().register("ann").await;
        stop(server).await;
    }
}
