//! A broker of our own.

use std::sync::OnceLock;
use std::time::Duration;

use crate::waiting::moment;
use server::queue::rabbitmq::{Publisher, QueueType, RabbitMqConfig, State};
use services::{RabbitMq, RabbitMqOptions};
use tokio::task::spawn_blocking;
use tokio::time::Instant;

/// How long something may take that will happen.
const PATIENCE: Duration = Duration::from_mins(1);

/// Whether brokers can be started here; where they must be, their absence is a failure.
pub fn is_missing() -> bool {
    let Err(missing) = services::available() else {
        return false;
    };
    assert!(std::env::var_os("REQUIRE_SERVICES").is_none(), "{missing}");
    eprintln!("skipped: {missing}");
    true
}

/// One broker for all tests that leave it in peace; each has its own prefix.
pub fn shared() -> &'static RabbitMq {
    static BROKER: OnceLock<RabbitMq> = OnceLock::new();
    BROKER.get_or_init(own)
}

/// A broker that may be killed, frozen and filled.
pub fn own() -> RabbitMq {
    with(&RabbitMqOptions::default())
}

pub fn with(options: &RabbitMqOptions) -> RabbitMq {
    RabbitMq::start(options).expect("RabbitMQ starts")
}

pub fn config(broker: &RabbitMq, prefix: &str, shards: u32) -> RabbitMqConfig {
    RabbitMqConfig {
        url: broker.url(),
        ca: broker.authority().map(Into::into),
        prefix: prefix.to_owned(),
        shards,
        queue_type: QueueType::Quorum,
        max_bytes: 100_000_000,
        window: 1_000,
    }
}

/// A publisher that is connected.
pub async fn publisher(config: &RabbitMqConfig) -> Publisher {
    let publisher = Publisher::start(config.clone());
    until("the publisher is connected", || {
        publisher.state() == State::Up
    })
    .await;
    publisher
}

/// Waits until it is so.
pub async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(
            start.elapsed() < PATIENCE,
            "not within {PATIENCE:?}: {what}"
        );
        moment().await;
    }
}

/// Publishes until it is accepted, as an outbox does.
pub async fn accepted(publisher: &Publisher, shard: u32, number: u64) {
    let start = Instant::now();
    let body = number.to_string();
    while let Err(error) = publisher.publish(shard, body.clone().into()).await {
        assert!(
            start.elapsed() < PATIENCE,
            "{number} is not accepted: {error}"
        );
        moment().await;
    }
}

/// Waits until so many consumers are in line for a shard.
pub async fn until_in_line(config: &RabbitMqConfig, shard: u32, count: usize) {
    until_counted(config, shard, "consumers", count).await;
}

/// Waits until so many messages of a shard have been given to a consumer that has not acknowledged them.
pub async fn until_given(config: &RabbitMqConfig, shard: u32, count: usize) {
    until_counted(config, shard, "messages_unacknowledged", count).await;
}

/// Waits until the shared broker counts so many.
async fn until_counted(config: &RabbitMqConfig, shard: u32, what: &'static str, count: usize) {
    let wanted = format!("{}.commands.{shard}\t{count}", config.prefix);
    let start = Instant::now();
    loop {
        // On another thread: it takes seconds on a busy machine, and what is waited for goes on here.
        let listed = spawn_blocking(move || shared().ctl(&["list_queues", "name", what])).await;
        let lines = listed.unwrap().expect("an answer");
        if lines.lines().any(|line| line == wanted) {
            return;
        }
        assert!(start.elapsed() < PATIENCE, "not {wanted}: {lines}");
        moment().await;
    }
}
