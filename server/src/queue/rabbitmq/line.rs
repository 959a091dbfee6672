//! Consuming one shard.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::{FutureExt, StreamExt};
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicNackOptions, BasicQosOptions,
};
use lapin::types::FieldTable;
use lapin::{Channel, Consumer};
use protocol::mistakes::{Mistake, made};
use tokio::sync::{OnceCell, watch};
use tokio::time::{Instant, timeout};

use super::backoff::{Backoff, jittered};
use super::config::RabbitMqConfig;
use super::connection::Link;
use super::dead_letters::headers;
use super::handler::{Handler, Verdict};
use super::keeper::complain;
use super::limit::{Failure, answer};
use super::pack::unpack;
use super::publisher::Publisher;
use super::stop::stopped;
use super::topology::Target;
use crate::clock::Clock;
use crate::random::Random;

/// Most messages in a batch, and the number of bodies from which on it takes no further message.
const BATCH: u16 = 256;

/// A channel that served this long was a good one: the next attempt comes soon.
const SERVED: Duration = Duration::from_secs(5);

/// How long to stay out of line after stepping back. Whoever waits is given the shard within some
/// 50 ms; where nobody does, that is how long it rests.
const AWAY: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(150));

/// How long to leave a queue deleted. One that is made again at once takes over the consumers that
/// have not been told yet, and drops what it delivers to them.
const GONE: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(1));

/// How often to make sure that the broker has this consumer, or another one, in its books; and to
/// step back from a shard that is another node's: it may not have been in line before.
const AGAIN: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(15));

/// After how long a batch goes back to the queue, where that mistake is made.
const IMPATIENT: Duration = Duration::from_secs(1);

/// What all shards of a node share.
pub(super) struct Shared {
    pub(super) config: Arc<RabbitMqConfig>,
    pub(super) handler: Arc<dyn Handler>,
    pub(super) links: watch::Receiver<Option<Arc<Link>>>,
    /// The shards of this node; `None` until it has been told.
    pub(super) primary: watch::Receiver<Option<BTreeSet<u32>>>,
    pub(super) stop: watch::Receiver<bool>,
    /// Connected when the first letter is dead.
    pub(super) dead: OnceCell<Publisher>,
    pub(super) clock: Clock,
    pub(super) random: Random,
}

/// Consumes one shard.
pub(super) struct Line {
    pub(super) shared: Arc<Shared>,
    pub(super) shard: u32,
    /// When something was last delivered.
    pub(super) delivered: watch::Sender<Option<Instant>>,
}

/// Why a channel is done.
enum End {
    /// The node stops.
    Stopped,
    /// Somebody else should have the shard.
    SteppedBack,
    /// The queue is gone.
    Deleted,
    /// The channel or the connection is gone.
    Lost,
}

/// A consumer on a channel of its own.
///
/// The channel closes before the consumer is dropped, or lapin would send `basic.cancel` first, and
/// the next consumer get later messages before those that this one has not acknowledged.
struct Open {
    channel: Channel,
    consumer: Consumer,
}

impl Drop for Open {
    fn drop(&mut self) {
        // The first poll queues the frame; nobody waits for the answer.
        let _ = self.channel.close(200, "".into()).now_or_never();
    }
}

impl Line {
    /// Consumes until the node stops.
    pub(super) async fn run(self) {
        let mut links = self.shared.links.clone();
        let mut stop = self.shared.stop.clone();
        let mut backoff = Backoff::new();
        loop {
            let link = tokio::select! {
                biased;
                () = stopped(&mut stop) => return,
                link = next_link(&mut links) => match link {
                    Some(link) => link,
                    None => return,
                },
            };
            let since = Instant::now();
            let end = self.serve(&link).await.unwrap_or_else(|failure| {
                match &failure {
                    Failure::OtherArguments(_) => complain(&failure),
                    other => {
                        tracing::debug!(shard = self.shard, %other, "a shard cannot be consumed");
                    }
                }
                End::Lost
            });
            drop(link);
            let wait = async {
                match end {
                    End::SteppedBack => {
                        tokio::time::sleep(jittered(&self.shared.random, AWAY.0, AWAY.1)).await;
                    }
                    End::Deleted => {
                        tokio::time::sleep(jittered(&self.shared.random, GONE.0, GONE.1)).await;
                    }
                    End::Stopped | End::Lost => {
                        if since.elapsed() >= SERVED {
                            backoff.reset();
                        }
                        backoff.wait().await;
                    }
                }
            };
            tokio::select! {
                biased;
                () = stopped(&mut stop) => return,
                () = wait => {}
            }
        }
    }

    async fn serve(&self, link: &Link) -> Result<End, Failure> {
        let channel = link.channel().await?;
        // One batch with the handler, another one waiting.
        answer(channel.basic_qos(2 * BATCH, BasicQosOptions::default())).await?;
        let target = Target::Shard(self.shard);
        target.declare(&channel, &self.shared.config).await?;
        let queue = target.name(&self.shared.config);
        let consume = channel.basic_consume(
            queue,
            "".into(),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        );
        let consumer = answer(consume).await?;
        let mut open = Open { channel, consumer };
        let end = self.consume(&mut open).await?;
        // What was acknowledged is acknowledged when this is answered.
        answer(open.channel.close(200, "".into())).await?;
        Ok(end)
    }

    async fn consume(&self, open: &mut Open) -> Result<End, Failure> {
        let mut stop = self.shared.stop.clone();
        let mut primary = self.shared.primary.clone();
        // Having just joined, it is at the back of the line already.
        primary.mark_unchanged();
        let again = tokio::time::sleep(jittered(&self.shared.random, AGAIN.0, AGAIN.1));
        let mut again = std::pin::pin!(again);
        let mut served = false;
        loop {
            let first = tokio::select! {
                biased;
                () = stopped(&mut stop) => return Ok(End::Stopped),
                changed = primary.changed() => {
                    if changed.is_err() {
                        return Ok(End::Stopped);
                    }
                    if !self.is_anothers() {
                        continue;
                    }
                    if made(Mistake::CancelInsteadOfClose) {
                        cancel(open).await?;
                        continue;
                    }
                    return Ok(End::SteppedBack);
                }
                () = &mut again => {
                    // Whoever has been given nothing is waiting in line already.
                    if served && self.is_anothers() {
                        return Ok(End::SteppedBack);
                    }
                    let target = Target::Shard(self.shard);
                    let queue = target.declare(&open.channel, &self.shared.config).await?;
                    if queue.consumer_count() == 0 {
                        return Ok(End::Lost);
                    }
                    let next = jittered(&self.shared.random, AGAIN.0, AGAIN.1);
                    again.as_mut().reset(Instant::now() + next);
                    continue;
                }
                delivery = open.consumer.next() => delivery,
            };
            let first = match first {
                Some(Ok(first)) => first,
                Some(Err(_)) => return Ok(End::Lost),
                None => return Ok(End::Deleted),
            };
            served = true;
            self.delivered.send_replace(Some(Instant::now()));
            if !self.batch(open, first).await? {
                return Ok(End::Lost);
            }
        }
    }

    /// Handles what has been delivered, and acknowledges it. Whether all of it was.
    async fn batch(&self, open: &mut Open, first: Delivery) -> Result<bool, Failure> {
        let (mut tags, mut sizes) = (Vec::new(), Vec::new());
        let mut bodies = Vec::new();
        let mut next = Some(first);
        while let Some(delivery) = next {
            let message = Bytes::from(delivery.data);
            // What nobody here has put into the queue is for the handler to refuse.
            let packed = unpack(message.clone()).unwrap_or_else(|| vec![message]);
            tags.push(delivery.delivery_tag);
            sizes.push(packed.len());
            bodies.extend(packed);
            next = if bodies.len() < usize::from(BATCH) {
                let delivered = open.consumer.next().now_or_never();
                delivered.flatten().and_then(Result::ok)
            } else {
                None
            };
        }
        if made(Mistake::AcknowledgeBeforeCommit) {
            acknowledge(&open.channel, tags.last()).await?;
        }
        let handled = self.shared.handler.batch(self.shard, bodies.clone());
        let verdicts = if made(Mistake::NackWithRequeue) {
            let Ok(verdicts) = timeout(IMPATIENT, handled).await else {
                return requeue(&open.channel, tags.last()).await.map(|()| true);
            };
            verdicts
        } else {
            handled.await
        };
        if !open.channel.status().connected() {
            // All of it comes again.
            return Ok(false);
        }
        let mut done: Option<&u64> = None;
        let mut verdicts = bodies.into_iter().zip(verdicts);
        'messages: for (tag, size) in tags.iter().zip(sizes) {
            for (body, verdict) in verdicts.by_ref().take(size) {
                let done = match verdict {
                    Verdict::Done => true,
                    Verdict::Dead(reason) => self.bury(&open.channel, body, &reason).await,
                    Verdict::Again => false,
                };
                if !done {
                    break 'messages;
                }
            }
            done = Some(tag);
        }
        if !made(Mistake::AcknowledgeBeforeCommit) {
            acknowledge(&open.channel, done).await?;
        }
        Ok(done == tags.last())
    }

    /// Copies a body to the dead letters, trying until the broker has it. False where that must be
    /// left to a later delivery: the node stops, or the channel is gone.
    async fn bury(&self, channel: &Channel, body: Bytes, reason: &str) -> bool {
        let shared = &self.shared;
        let dead = shared
            .dead
            .get_or_init(async || Publisher::of_dead_letters(Arc::clone(&shared.config)))
            .await;
        let headers = headers(self.shard, reason, shared.clock.now(), &shared.random);
        let mut backoff = Backoff::new();
        loop {
            dead.connected().await;
            match dead.publish_with(0, body.clone(), headers.clone()).await {
                Ok(()) => {
                    tracing::warn!(shard = self.shard, reason, "a dead letter");
                    return true;
                }
                Err(error) => {
                    tracing::debug!(shard = self.shard, %error, "a dead letter has to wait");
                }
            }
            backoff.wait().await;
            if *shared.stop.borrow() || !channel.status().connected() {
                return false;
            }
        }
    }

    /// Whether the shard is another node's.
    fn is_anothers(&self) -> bool {
        let primary = self.shared.primary.borrow();
        primary
            .as_ref()
            .is_some_and(|ours| !ours.contains(&self.shard))
    }
}

/// Acknowledges all up to a delivery, if there is one.
async fn acknowledge(channel: &Channel, last: Option<&u64>) -> Result<(), Failure> {
    let options = BasicAckOptions { multiple: true };
    match last {
        Some(tag) => answer(channel.basic_ack(*tag, options)).await,
        None => Ok(()),
    }
}

/// Gives all up to a delivery back to the queue: a mistake, since those behind it stay here.
async fn requeue(channel: &Channel, last: Option<&u64>) -> Result<(), Failure> {
    let options = BasicNackOptions {
        multiple: true,
        requeue: true,
    };
    match last {
        Some(tag) => answer(channel.basic_nack(*tag, options)).await,
        None => Ok(()),
    }
}

/// Ends the consumer and keeps what it has been given: a mistake, since the next in line is given
/// what follows at once.
async fn cancel(open: &Open) -> Result<(), Failure> {
    let tag = open.consumer.tag();
    answer(
        open.channel
            .basic_cancel(tag, BasicCancelOptions::default()),
    )
    .await
}

/// Waits for a connection; `None` once there will not be one.
async fn next_link(links: &mut watch::Receiver<Option<Arc<Link>>>) -> Option<Arc<Link>> {
    links.wait_for(Option::is_some).await.ok()?.clone()
}
