//! Consuming jobs: a queue of a subscriber's own, of which each node takes a part.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _};
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Consumer};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::backoff::Backoff;
use super::config::RabbitMqConfig;
use super::connection::Link;
use super::keeper::{Keeper, complain};
use super::limit::{Failure, answer};
use super::stop::stopped;
use super::topology::{Target, bind, declare_exchange};

/// Most messages in a batch, each of some jobs.
const BATCH: usize = 16;

/// Messages that are delivered and not done: a batch with the handler, and another one that waits. The
/// broker takes a channel for dead that acknowledges nothing for half an hour.
const PREFETCH: u16 = 32;

/// A channel that served this long was a good one: the next attempt comes soon.
const SERVED: Duration = Duration::from_secs(5);

/// How often to make sure that the broker has this consumer in its books: a queue may have been deleted
/// and made again.
const AGAIN: Duration = Duration::from_secs(10);

/// Does what jobs ask for.
pub trait JobHandler: Send + Sync + 'static {
    /// Deals with messages, each a JSON array of jobs. Tells whether they may be forgotten; else it
    /// stops, and they are to come again, here or on another node. Those that were forgotten may come
    /// again too.
    fn jobs(&self, bodies: Vec<Bytes>) -> BoxFuture<'_, bool>;
}

/// Consumes jobs of some kinds, on a connection of its own, which is opened in the background, and again
/// whenever it is lost. Nodes that have the same name share what comes.
pub struct Subscriber {
    keeper: Keeper,
    stop: watch::Sender<bool>,
    task: Mutex<Option<JoinHandle<()>>>,
}

struct Consuming {
    config: Arc<RabbitMqConfig>,
    name: &'static str,
    kinds: &'static [&'static str],
    handler: Arc<dyn JobHandler>,
}

impl Subscriber {
    /// Starts connecting, and then consuming the queue `{prefix}.offline.{name}`.
    pub fn start(
        config: RabbitMqConfig,
        name: &'static str,
        kinds: &'static [&'static str],
        handler: Arc<dyn JobHandler>,
    ) -> Self {
        let config = Arc::new(config);
        let keeper = Keeper::start(Arc::clone(&config), name);
        let (stop, stopped) = watch::channel(false);
        let consuming = Consuming {
            config,
            name,
            kinds,
            handler,
        };
        let task = tokio::spawn(consuming.run(keeper.links(), stopped));
        Self {
            keeper,
            stop,
            task: Mutex::new(Some(task)),
        }
    }

    /// Finishes the batch under way and closes the connection; what else was delivered goes to other
    /// nodes.
    pub async fn stop(&self) {
        self.stop.send_replace(true);
        if let Some(task) = self.task.lock().await.take() {
            // A panic in it was reported where it happened.
            let _ = task.await;
        }
        self.keeper.close().await;
    }
}

impl Consuming {
    async fn run(
        self,
        mut links: watch::Receiver<Option<Arc<Link>>>,
        mut stop: watch::Receiver<bool>,
    ) {
        let mut backoff = Backoff::new();
        loop {
            let link = tokio::select! {
                biased;
                () = stopped(&mut stop) => return,
                link = links.wait_for(Option::is_some) => match link.map(|link| link.clone()) {
                    Ok(Some(link)) => link,
                    _ => return,
                },
            };
            let since = Instant::now();
            match self.serve(&link, &mut stop).await {
                Ok(()) => {}
                Err(failure @ Failure::OtherArguments(_)) => complain(&failure),
                Err(failure) => tracing::debug!(%failure, "jobs cannot be consumed"),
            }
            drop(link);
            if since.elapsed() >= SERVED {
                backoff.reset();
            }
            tokio::select! {
                biased;
                () = stopped(&mut stop) => return,
                () = backoff.wait() => {}
            }
        }
    }

    /// Consumes until the channel is lost or the node stops.
    async fn serve(&self, link: &Link, stop: &mut watch::Receiver<bool>) -> Result<(), Failure> {
        let channel = link.channel().await?;
        answer(channel.basic_qos(PREFETCH, BasicQosOptions::default())).await?;
        declare_exchange(&channel, &self.config).await?;
        let queue = Target::Offline(self.name);
        queue.declare(&channel, &self.config).await?;
        for kind in self.kinds {
            bind(&channel, &self.config, queue, kind).await?;
        }
        let consume = channel.basic_consume(
            queue.name(&self.config),
            "".into(),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        );
        let mut consumer = answer(consume).await?;
        self.consume(&channel, &mut consumer, stop).await?;
        answer(channel.close(200, "".into())).await
    }

    async fn consume(
        &self,
        channel: &Channel,
        consumer: &mut Consumer,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<(), Failure> {
        let mut again = tokio::time::interval_at(Instant::now() + AGAIN, AGAIN);
        loop {
            let first = tokio::select! {
                biased;
                () = stopped(stop) => return Ok(()),
                _ = again.tick() => {
                    let queue = Target::Offline(self.name);
                    if queue.declare(channel, &self.config).await?.consumer_count() == 0 {
                        return Ok(());
                    }
                    continue;
                }
                delivery = consumer.next() => delivery,
            };
            let Some(first) = first else {
                return Ok(());
            };
            let first = first?;
            let mut last = first.delivery_tag;
            let mut bodies = vec![Bytes::from(first.data)];
            while bodies.len() < BATCH
                && let Some(Some(Ok(next))) = consumer.next().now_or_never()
            {
                last = next.delivery_tag;
                bodies.push(Bytes::from(next.data));
            }
            if !self.handler.jobs(bodies).await {
                return Ok(());
            }
            answer(channel.basic_ack(last, BasicAckOptions { multiple: true })).await?;
        }
    }
}
