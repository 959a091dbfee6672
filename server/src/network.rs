//! What a node of several shares with the others, besides the database.

use crate::bus::NodeId;
use crate::config::{self, Config, Role};
use crate::queue::rabbitmq::{QueueType, RabbitMqConfig};
use crate::random::Random;
use crate::redis::{Arrivals, Redis, RedisConfig};

/// How many publishes may be unconfirmed at a time.
const WINDOW: usize = 1_000;

/// The connections of one node to the others. Both are made, and made again, in the background.
pub struct Network {
    /// This node, from this start on.
    pub node: NodeId,
    /// Whether it stores what is queued.
    pub writes: bool,
    /// The broker.
    pub rabbitmq: RabbitMqConfig,
    /// What all share.
    pub redis: Redis,
    /// What comes from there, for the bus.
    pub arrivals: Arrivals,
}

/// Why the network cannot be used as configured.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// The broker's address or the like.
    #[error("amqp: {0}")]
    Amqp(String),
    /// Redis's address or the like.
    #[error("redis: {0}")]
    Redis(#[from] crate::redis::ConfigError),
}

impl Network {
    /// Begins to connect, if several nodes are configured.
    ///
    /// # Errors
    /// What is configured makes no sense; that nothing answers is no error.
    pub fn start(
        config: &Config,
        shards: u32,
        random: &Random,
    ) -> Result<Option<Self>, NetworkError> {
        let (Some(rabbitmq), Some(url)) = (rabbitmq(config, shards), &config.redis.url) else {
            return Ok(None);
        };
        rabbitmq.check().map_err(NetworkError::Amqp)?;
        let redis = RedisConfig {
            url: url.reveal().to_owned(),
            ca: config.redis.ca.clone(),
            prefix: config.redis.prefix.clone(),
        };
        let (redis, arrivals) = Redis::start(&redis, random.clone())?;
        Ok(Some(Self {
            node: NodeId::new(random),
            writes: config.role != Role::Web,
            rabbitmq,
            redis,
            arrivals,
        }))
    }
}

/// The broker as it is configured, if it is.
pub fn rabbitmq(config: &Config, shards: u32) -> Option<RabbitMqConfig> {
    let amqp = &config.amqp;
    Some(RabbitMqConfig {
        url: amqp.url.as_ref()?.reveal().to_owned(),
        ca: amqp.ca.clone(),
        prefix: amqp.prefix.clone(),
        shards,
        queue_type: match amqp.queue_type {
            config::QueueType::Quorum => QueueType::Quorum,
            config::QueueType::Classic => QueueType::Classic,
        },
        max_bytes: amqp.queue_bytes,
        window: WINDOW,
    })
}
