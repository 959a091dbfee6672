//! The writer side: takes bodies from the broker.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OnceCell, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::config::RabbitMqConfig;
use super::handler::Handler;
use super::keeper::{Keeper, State};
use super::line::{Line, Shared};
use crate::clock::Clock;
use crate::random::Random;

/// A shard that delivered within this time is served here.
const LATELY: Duration = Duration::from_mins(1);

/// Consumes all shards, on a connection of its own, which is opened in the background, and again
/// whenever it is lost.
///
/// Each shard has one active consumer among all nodes; the others wait in line. Dropped without
/// [`Consumers::stop`], what is not acknowledged goes to the next in line, in order.
pub struct Consumers {
    keeper: Keeper,
    shared: Arc<Shared>,
    stop: watch::Sender<bool>,
    primary: watch::Sender<Option<BTreeSet<u32>>>,
    delivered: Vec<watch::Receiver<Option<Instant>>>,
    lines: Mutex<JoinSet<()>>,
}

impl Consumers {
    /// Starts connecting, and then consuming.
    pub fn start(config: RabbitMqConfig, handler: Arc<dyn Handler>) -> Self {
        let config = Arc::new(config);
        let keeper = Keeper::start(Arc::clone(&config), "consumer");
        let (stop, stopped) = watch::channel(false);
        let (primary, told) = watch::channel(None);
        let shared = Arc::new(Shared {
            handler,
            links: keeper.links(),
            primary: told,
            stop: stopped,
            dead: OnceCell::new(),
            clock: Clock::system(),
            random: Random::system(),
            config: Arc::clone(&config),
        });
        let mut lines = JoinSet::new();
        let mut delivered = Vec::new();
        for shard in 0..config.shards {
            let (sender, receiver) = watch::channel(None);
            delivered.push(receiver);
            let line = Line {
                shared: Arc::clone(&shared),
                shard,
                delivered: sender,
            };
            lines.spawn(line.run());
        }
        Self {
            keeper,
            shared,
            stop,
            primary,
            delivered,
            lines: Mutex::new(lines),
        }
    }

    /// Tells which shards this node should serve, whenever the nodes that are alive have changed.
    ///
    /// For each other shard it goes to the back of the line: finishes its batch, closes the channel,
    /// and opens it again a tenth of a second later. Should such a shard come back to it, it does so
    /// again, every ten seconds or so, since its primary may not have been in line.
    pub fn set_primary(&self, shards: BTreeSet<u32>) {
        self.primary.send_if_modified(|primary| {
            let changed = primary.as_ref() != Some(&shards);
            *primary = Some(shards);
            changed
        });
    }

    /// How the broker is.
    pub fn state(&self) -> State {
        self.keeper.state()
    }

    /// How many shards have been delivered to this node within the last minute.
    pub fn active(&self) -> usize {
        let lately = |at: &Instant| at.elapsed() < LATELY;
        self.delivered
            .iter()
            .filter(|delivered| delivered.borrow().as_ref().is_some_and(lately))
            .count()
    }

    /// Finishes the batches under way, acknowledges them, and closes the connection. What was
    /// delivered but not handled goes to the next in line.
    ///
    /// It takes as long as the handler does, which may be waiting for the database: whoever cannot
    /// wait drops it.
    pub async fn stop(&self) {
        self.stop.send_replace(true);
        let mut lines = {
            let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *lines)
        };
        while lines.join_next().await.is_some() {}
        if let Some(dead) = self.shared.dead.get() {
            dead.close().await;
        }
        self.keeper.close().await;
    }
}
