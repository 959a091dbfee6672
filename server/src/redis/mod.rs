//! Redis: what the nodes of an installation share besides the database.
//!
//! Nothing here must be there for a promise to hold. Redis may be away, and come back empty: then
//! messages are found by the sweep, sessions are read from the database, presence is unknown for a
//! while, and each node counts by what it let through
//! itself. Only this folder names the crate `redis`.
//!
//! One pair of connections serves a node, one for commands and one for what is published. Both are
//! there or Redis is [`Away`]: a command then fails at once, and nobody waits for a time-out.

mod channels;
mod connect;
mod limits;
mod link;
mod presence;
mod sessions;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use ::redis::aio::MultiplexedConnection;
use ::redis::{FromRedisValue, Pipeline, RedisError, Script};
use bytes::Bytes;
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;

pub use channels::{Arrival, Arrivals, Published};
pub use connect::ConfigError;
pub use limits::{RateLimits, Taken};
pub use presence::{Entries, Found, Write, Written};
pub use sessions::{CachedSession, SessionCache};

use crate::random::Random;
use channels::Channels;

/// How long a command may take.
const COMMAND: Duration = Duration::from_secs(1);

/// How long publishing may take. A Redis that is lost is noticed before.
const PUBLISH: Duration = Duration::from_secs(5);

/// Where Redis is.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisConfig {
    /// `redis://[user:password@]host:port[/number]`, or `rediss://` for TLS.
    pub url: String,
    /// A PEM file with the authorities trusted for TLS, in place of the system's.
    pub ca: Option<PathBuf>,
    /// Begins every key and channel, so that several installations can share one Redis.
    pub prefix: String,
}

impl fmt::Debug for RedisConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL may hold a password.
        f.debug_struct("RedisConfig")
            .field("ca", &self.ca)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

/// Redis cannot be reached, or did not do what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Redis cannot be reached")]
pub struct Away;

/// Redis, connected in the background and connected again whenever it was lost. Clones share the
/// connections, which end with the last of them.
#[derive(Clone)]
pub struct Redis(Arc<Handle>);

struct Handle {
    shared: Arc<Shared>,
    task: AbortHandle,
}

/// What those who ask have in common with the task that keeps the connections.
struct Shared {
    prefix: String,
    /// The connection for commands; `None` while Redis is away.
    commands: watch::Sender<Option<MultiplexedConnection>>,
    /// How often both connections were made.
    connections: AtomicU64,
    /// Whether the log has a command that this Redis refused.
    has_refused: AtomicBool,
    channels: Channels,
}

impl Redis {
    /// Begins to connect, and gives what will be published to the channels subscribed.
    ///
    /// # Errors
    /// A URL or a file of authorities that cannot be read. That Redis is away is no error.
    pub fn start(config: &RedisConfig, random: Random) -> Result<(Self, Arrivals), ConfigError> {
        let client = connect::Client::new(config)?;
        let (channels, operations) = Channels::new();
        let (arrived, arrivals) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            prefix: config.prefix.clone(),
            commands: watch::Sender::new(None),
            connections: AtomicU64::new(0),
            has_refused: AtomicBool::new(false),
            channels,
        });
        let link = link::Link {
            client,
            shared: Arc::clone(&shared),
            operations,
            arrived,
            random,
        };
        let task = tokio::spawn(link.keep()).abort_handle();
        Ok((Self(Arc::new(Handle { shared, task })), Arrivals(arrivals)))
    }

    /// Whether Redis is known to be lost, or not connected yet.
    pub fn is_away(&self) -> bool {
        self.0.shared.commands.borrow().is_none()
    }

    /// How often Redis was connected: where it differs from before, Redis may have been emptied.
    pub fn connections(&self) -> u64 {
        self.0.shared.connections.load(Ordering::SeqCst)
    }

    /// Waits until Redis is there.
    pub async fn connected(&self) {
        let mut commands = self.0.shared.commands.subscribe();
        // The sender lives as long as this handle.
        let _ = commands.wait_for(Option::is_some).await;
    }

    /// What begins every key and channel.
    pub fn prefix(&self) -> &str {
        &self.0.shared.prefix
    }

    /// Publishes, in order. It waits longer than other commands: until it is done, or Redis is known
    /// to be lost. After an error nobody knows which messages went out; they are not published again.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn publish(
        &self,
        messages: impl IntoIterator<Item = (String, Bytes)>,
    ) -> Result<(), Away> {
        let mut pipeline = ::redis::pipe();
        for (channel, payload) in messages {
            let payload: &[u8] = &payload;
            pipeline.cmd("PUBLISH").arg(channel).arg(payload).ignore();
        }
        let mut lost = self.0.shared.commands.subscribe();
        let mut connection = self.connection()?;
        tokio::select! {
            published = tokio::time::timeout(PUBLISH, pipeline.query_async(&mut connection)) => {
                self.answer(published)
            }
            _ = lost.wait_for(Option::is_none) => Err(Away),
        }
    }

    /// Asks for channels, for good: also after a lost connection, and also where this fails. Returns
    /// once Redis has confirmed them.
    ///
    /// # Errors
    /// Redis is away; they are subscribed when it is back.
    pub async fn subscribe(&self, channels: Vec<String>) -> Result<(), Away> {
        self.0.shared.channels.subscribe(channels).await
    }

    /// Asks for channels no more. A call of [`Redis::subscribe`] that follows comes after it.
    pub fn unsubscribe(&self, channels: Vec<String>) {
        self.0.shared.channels.unsubscribe(channels);
    }

    /// Whether a channel was asked for.
    pub fn wants(&self, channel: &str) -> bool {
        self.0.shared.channels.wants(channel)
    }

    /// Sends commands together, and reads their answers.
    async fn pipeline<T: FromRedisValue>(&self, pipeline: &Pipeline) -> Result<T, Away> {
        let mut connection = self.connection()?;
        self.answer(tokio::time::timeout(COMMAND, pipeline.query_async(&mut connection)).await)
    }

    /// Runs a script on one key.
    async fn script<T: FromRedisValue>(
        &self,
        script: &Script,
        key: String,
        arguments: &[i64],
    ) -> Result<T, Away> {
        let mut connection = self.connection()?;
        let mut invocation = script.key(key);
        for argument in arguments {
            invocation.arg(*argument);
        }
        self.answer(tokio::time::timeout(COMMAND, invocation.invoke_async(&mut connection)).await)
    }

    fn connection(&self) -> Result<MultiplexedConnection, Away> {
        self.0.shared.commands.borrow().clone().ok_or(Away)
    }

    fn answer<T>(
        &self,
        answer: Result<Result<T, RedisError>, tokio::time::error::Elapsed>,
    ) -> Result<T, Away> {
        match answer {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => {
                // Out of memory, read-only, no permission: it goes on like that, so once is enough.
                let refused = !error.is_io_error() && !error.is_unrecoverable_error();
                if refused && !self.0.shared.has_refused.swap(true, Ordering::SeqCst) {
                    tracing::warn!(%error, "Redis refuses a command");
                }
                Err(Away)
            }
            // Whether it is lost is found out by the task that keeps the connections.
            Err(_) => Err(Away),
        }
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis")
            .field("prefix", &self.prefix())
            .field("is_away", &self.is_away())
            .finish_non_exhaustive()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.task.abort();
    }
}
