//! The web side: hands bodies to the broker.

use std::sync::Arc;

use bytes::Bytes;
use lapin::types::FieldTable;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::config::RabbitMqConfig;
use super::connection::Link;
use super::keeper::{Keeper, State};
use super::lane::{Entry, Lane};
use super::limit::{ANSWER, Failure, answer};
use super::topology::Target;

/// A body was not accepted, as far as is known; it may be published again. It may have arrived all
/// the same, unless it is `Full`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAccepted {
    /// There is no connection, or it was lost.
    #[error("the broker is away")]
    Away,
    /// The queue holds as much as it may.
    #[error("the queue is full")]
    Full,
    /// The broker takes nothing: it is short of memory or of disk.
    #[error("the broker takes no messages")]
    Blocked,
    /// The broker did not confirm within five seconds.
    #[error("the broker did not confirm in time")]
    TimedOut,
}

/// Publishes bodies. Clones share one connection of its own, which is opened in the background,
/// and again whenever it is lost.
#[derive(Clone)]
pub struct Publisher(Arc<Inner>);

struct Inner {
    config: Arc<RabbitMqConfig>,
    keeper: Keeper,
    lanes: Vec<mpsc::UnboundedSender<Entry>>,
    window: Arc<Semaphore>,
}

impl Publisher {
    /// Starts connecting.
    pub fn start(config: RabbitMqConfig) -> Self {
        let shards = config.shards;
        let targets = (0..shards).map(Target::Shard);
        Self::towards(Arc::new(config), "publisher", targets)
    }

    /// One that publishes dead letters: they go to shard 0.
    pub(super) fn of_dead_letters(config: Arc<RabbitMqConfig>) -> Self {
        Self::towards(config, "dead letters", std::iter::once(Target::Dead))
    }

    fn towards(
        config: Arc<RabbitMqConfig>,
        role: &'static str,
        targets: impl Iterator<Item = Target>,
    ) -> Self {
        let keeper = Keeper::start(Arc::clone(&config), role);
        let lane = |target| {
            let (sender, entries) = mpsc::unbounded_channel();
            let lane = Lane::new(Arc::clone(&config), target, keeper.links());
            tokio::spawn(lane.run(entries));
            sender
        };
        let lanes = targets.map(lane).collect();
        let window = Arc::new(Semaphore::new(config.window));
        Self(Arc::new(Inner {
            config,
            keeper,
            lanes,
            window,
        }))
    }

    /// Publishes a body. After `Ok`, it is on the broker's disk, and will reach the consumer after
    /// those of its shard for which this returned before it was called.
    ///
    /// It answers within five seconds, and at once while the broker is away or takes nothing.
    ///
    /// # Errors
    /// It was not accepted, as far as is known: it may be tried again.
    ///
    /// # Panics
    /// There is no such shard.
    pub async fn publish(&self, shard: u32, body: Bytes) -> Result<(), NotAccepted> {
        self.publish_with(shard, body, FieldTable::default()).await
    }

    pub(super) async fn publish_with(
        &self,
        shard: u32,
        body: Bytes,
        headers: FieldTable,
    ) -> Result<(), NotAccepted> {
        self.check()?;
        let lane = &self.0.lanes[shard as usize];
        let published = async {
            let permit = self.permit().await?;
            let (reply, answer) = oneshot::channel();
            let entry = Entry {
                body,
                headers,
                reply,
                _permit: permit,
            };
            lane.send(entry).map_err(|_| NotAccepted::Away)?;
            answer.await.unwrap_or(Err(NotAccepted::Away))
        };
        tokio::time::timeout(ANSWER, published)
            .await
            .unwrap_or(Err(NotAccepted::TimedOut))
    }

    /// A place in the window.
    async fn permit(&self) -> Result<OwnedSemaphorePermit, NotAccepted> {
        // At once if there is one: tokio lets a task that does much wait for its next turn otherwise,
        // and its calls would not be published in their order.
        if let Ok(permit) = Arc::clone(&self.0.window).try_acquire_owned() {
            return Ok(permit);
        }
        let permit = Arc::clone(&self.0.window).acquire_owned().await;
        permit.map_err(|_| NotAccepted::Away)
    }

    /// How the broker is.
    pub fn state(&self) -> State {
        self.0.keeper.state()
    }

    /// How many messages, of one body or several, wait in each shard, without those that a consumer
    /// has been given.
    ///
    /// # Errors
    /// The broker does not answer.
    pub async fn depths(&self) -> Result<Vec<(u32, u64)>, NotAccepted> {
        self.check()?;
        let link = self.0.keeper.link().ok_or(NotAccepted::Away)?;
        let counted = async {
            let channel = link.channel().await?;
            let mut depths = Vec::new();
            for shard in 0..self.0.config.shards {
                let queue = Target::Shard(shard)
                    .declare(&channel, &self.0.config)
                    .await?;
                depths.push((shard, u64::from(queue.message_count())));
            }
            answer(channel.close(200, "".into())).await?;
            Ok::<_, Failure>(depths)
        };
        match tokio::time::timeout(ANSWER, counted).await {
            Ok(depths) => depths.map_err(|_| NotAccepted::Away),
            Err(_) => Err(NotAccepted::TimedOut),
        }
    }

    /// Takes no more, waits up to five seconds for what is under way, and closes the connection.
    pub async fn close(&self) {
        let all = u32::try_from(self.0.config.window).unwrap_or(u32::MAX);
        // Whoever has not been answered by then gets no answer, and will try again.
        let _ = tokio::time::timeout(ANSWER, self.0.window.acquire_many(all)).await;
        self.0.window.close();
        self.0.keeper.close().await;
    }

    /// Waits up to five seconds for the connection.
    pub(super) async fn connected(&self) -> bool {
        let mut links = self.0.keeper.links();
        let connected = links.wait_for(Option::is_some);
        matches!(tokio::time::timeout(ANSWER, connected).await, Ok(Ok(_)))
    }

    /// The connection of the moment.
    pub(super) fn link(&self) -> Option<Arc<Link>> {
        self.0.keeper.link()
    }

    fn check(&self) -> Result<(), NotAccepted> {
        match self.state() {
            State::Up => Ok(()),
            State::Away => Err(NotAccepted::Away),
            State::Blocked => Err(NotAccepted::Blocked),
        }
    }
}
