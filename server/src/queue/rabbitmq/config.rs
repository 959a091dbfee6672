//! Where the broker is, and how its queues are made.

use std::fmt;
use std::path::PathBuf;

use lapin::uri::AMQPUri;

/// Where the broker is, and how its queues are made.
///
/// All nodes of an installation have the same `prefix`, `shards`, `queue_type` and `max_bytes`: the
/// broker refuses a queue that exists with other arguments.
#[derive(Clone, PartialEq, Eq)]
pub struct RabbitMqConfig {
    /// `amqp://user:password@host:port/vhost`, or `amqps://` for TLS.
    pub url: String,
    /// Certificates in PEM that are trusted besides those of the system, for `amqps://`.
    pub ca: Option<PathBuf>,
    /// What the names of all queues begin with.
    pub prefix: String,
    /// How many queues commands are spread over; at least one.
    pub shards: u32,
    /// How the broker keeps the queues.
    pub queue_type: QueueType,
    /// Bytes of bodies that a shard's queue may hold before it refuses more.
    pub max_bytes: u64,
    /// Bodies that one publisher may have under way without a confirm; at least one.
    pub window: usize,
}

/// How the broker keeps a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueueType {
    /// Replicated over the brokers of a cluster.
    Quorum,
    /// On one broker.
    Classic,
}

impl QueueType {
    /// The broker's name for it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Quorum => "quorum",
            Self::Classic => "classic",
        }
    }
}

impl RabbitMqConfig {
    /// Says what is wrong with it, without asking the broker.
    ///
    /// # Errors
    /// The address cannot be read, or a number is zero.
    pub fn check(&self) -> Result<(), String> {
        self.url.parse::<AMQPUri>()?;
        if self.shards == 0 || self.window == 0 {
            return Err("shards and window must be at least 1".to_owned());
        }
        Ok(())
    }
}

impl fmt::Debug for RabbitMqConfig {
    /// Without the address, which holds a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RabbitMqConfig")
            .field("ca", &self.ca)
            .field("prefix", &self.prefix)
            .field("shards", &self.shards)
            .field("queue_type", &self.queue_type)
            .field("max_bytes", &self.max_bytes)
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}
