//! What nodes share in Redis, against a real one.

mod connecting;
mod limits;
mod sessions;

use std::sync::Arc;
use std::time::Duration;

use crate::waiting::moment;
use server::bus::{Arrived, Bus, Message, NodeId, OverRedis, Receiver};
use server::random::Random;
use server::redis::{Redis, RedisConfig};
use services::RedisOptions;

/// How long a test waits for what must happen.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A Redis of the test's own. Without one installed the test passes, unless `REQUIRE_SERVICES` is
/// set.
pub fn start(options: &RedisOptions) -> Option<services::Redis> {
    // The log is shown where a test fails.
    let _ = tracing_subscriber::fmt().with_test_writer().try_init();
    if services::missing().contains(&"redis-server") {
        assert!(
            std::env::var_os("REQUIRE_SERVICES").is_none(),
            "redis-server is not installed"
        );
        return None;
    }
    Some(services::Redis::start(options).unwrap())
}

pub fn config(server: &services::Redis) -> RedisConfig {
    RedisConfig {
        url: server.url(),
        ca: server.authority().map(std::path::Path::to_owned),
        prefix: "test".to_owned(),
    }
}

/// One node's connection to Redis, and its bus over it.
pub struct Node {
    pub id: NodeId,
    pub redis: Redis,
    pub bus: Arc<dyn Bus>,
    pub from_bus: Receiver,
}

impl Node {
    /// Returns once it is connected.
    pub async fn start(server: &services::Redis) -> Self {
        let random = Random::system();
        let id = NodeId::new(&random);
        let (redis, arrivals) = Redis::start(&config(server), random).unwrap();
        let (bus, from_bus) = OverRedis::start(redis.clone(), arrivals, id);
        let bus: Arc<dyn Bus> = Arc::new(bus);
        let mut node = Self {
            id,
            redis,
            bus,
            from_bus,
        };
        node.back().await;
        node
    }

    /// Waits until the bus says that it is back; gives what came before.
    pub async fn back(&mut self) -> Vec<Message> {
        let mut before = Vec::new();
        loop {
            match within(self.from_bus.next()).await.unwrap() {
                Arrived::Messages(messages) => before.extend(messages),
                Arrived::Back => return before,
            }
        }
    }
}

/// Waits for what must happen.
pub async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what)
        .await
        .expect("it happens in time")
}

/// Waits until something is so.
pub async fn until(is_so: impl Fn() -> bool) {
    within(async {
        while !is_so() {
            moment().await;
        }
    })
    .await;
}
