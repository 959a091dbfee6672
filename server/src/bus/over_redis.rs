//! The bus of several nodes: Redis's publish and subscribe.
//!
//! A node receives its own messages by the same way as everybody's, so that all see one order.
//! While Redis is known to be away they go straight to this node's own hub instead: those who are
//! here go on talking to each other at once, and only other nodes wait for their sweep. What a node
//! says to itself alone always goes that way, and in no order with the rest. Each other message
//! carries its node's count, and the receiving end lets the count only rise. So a message that was
//! on its way when Redis was lost, and comes after later ones, is dropped: it could break the order,
//! or be the second of its kind.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt as _};
use metrics::counter;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::receiver::{Inbox, inbox};
use super::{Away, Bus, Message, NodeId, Payload, Receiver, Topic, codec};
use crate::redis::{Arrival, Arrivals, Published, Redis};
use crate::telemetry::metrics::{BUS_LOST, BUS_PUBLISHED};
use crate::telemetry::traces::{About, Step, Trace, names};

/// How many messages may wait to be published: what a busy node publishes in a second or so.
const QUEUED: usize = 16_384;

/// How many messages are sent at once at most; those behind them wait for the answer.
const TOGETHER: usize = 512;

/// How many nodes' counts are remembered at most. A node that starts again counts anew, as another.
const NODES: usize = 1_024;

/// Carries messages over Redis. It ends when it is dropped.
pub struct OverRedis {
    redis: Redis,
    node: NodeId,
    incoming: Arc<Incoming>,
    queue: mpsc::UnboundedSender<Vec<Message>>,
    queued: Arc<AtomicUsize>,
    tasks: [AbortHandle; 2],
}

impl OverRedis {
    /// A node's bus and the hub's end of it, subscribed to what concerns the node and all nodes.
    pub fn start(redis: Redis, arrivals: Arrivals, node: NodeId) -> (Self, Receiver) {
        let (inbox, receiver) = inbox();
        let incoming = Arc::new(Incoming {
            inbox,
            counts: Mutex::default(),
        });
        let (queue, waiting) = mpsc::unbounded_channel();
        let queued = Arc::new(AtomicUsize::new(0));
        let outgoing = Outgoing {
            redis: redis.clone(),
            node,
            count: 0,
            waiting,
            queued: Arc::clone(&queued),
            incoming: Arc::clone(&incoming),
        };
        let receiving = receive(redis.prefix().to_owned(), arrivals, Arc::clone(&incoming));
        let tasks = [
            tokio::spawn(outgoing.run()).abort_handle(),
            tokio::spawn(receiving).abort_handle(),
        ];
        let bus = Self {
            redis,
            node,
            incoming,
            queue,
            queued,
            tasks,
        };
        // They are noted at once; where Redis is not connected yet they are subscribed when it is.
        let _ = bus
            .subscribe(vec![Topic::Node(node), Topic::Nodes])
            .now_or_never();
        (bus, receiver)
    }

    fn channels(&self, topics: &[Topic]) -> Vec<String> {
        topics
            .iter()
            .map(|topic| codec::channel(self.redis.prefix(), *topic))
            .collect()
    }
}

impl Bus for OverRedis {
    fn publish(&self, mut messages: Vec<Message>) {
        let to_itself = |message: &mut Message| message.topic == Topic::Node(self.node);
        let own = messages.extract_if(.., to_itself).collect();
        lost(self.incoming.inbox.push(own));
        let count = messages.len();
        if count == 0 {
            return;
        }
        let room = |queued| (queued < QUEUED).then_some(queued + count);
        let fits = self
            .queued
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, room);
        if fits.is_err() || self.queue.send(messages).is_err() {
            lost(count);
        }
    }

    fn subscribe(&self, topics: Vec<Topic>) -> BoxFuture<'_, Result<(), Away>> {
        let channels = self.channels(&topics);
        async move { self.redis.subscribe(channels).await.map_err(|_| Away) }.boxed()
    }

    fn unsubscribe(&self, topics: Vec<Topic>) {
        self.redis.unsubscribe(self.channels(&topics));
    }

    fn is_away(&self) -> bool {
        self.redis.is_away()
    }
}

impl Drop for OverRedis {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// The task that publishes what has queued, in order.
struct Outgoing {
    redis: Redis,
    node: NodeId,
    /// How many messages were published, here or over Redis.
    count: u64,
    waiting: mpsc::UnboundedReceiver<Vec<Message>>,
    queued: Arc<AtomicUsize>,
    incoming: Arc<Incoming>,
}

impl Outgoing {
    async fn run(mut self) {
        let mut taken = Vec::new();
        while self.waiting.recv_many(&mut taken, TOGETHER).await > 0 {
            let mut messages = taken.drain(..).flatten().peekable();
            while messages.peek().is_some() {
                let some: Vec<Message> = messages.by_ref().take(TOGETHER).collect();
                let count = some.len();
                if self.redis.is_away() {
                    self.deliver_here(some);
                } else {
                    self.publish(&some).await;
                }
                self.queued.fetch_sub(count, Ordering::SeqCst);
            }
        }
    }

    async fn publish(&mut self, messages: &[Message]) {
        let steps: Vec<Option<Step>> = messages.iter().map(publishing).collect();
        let encoded: Vec<(String, Bytes)> = messages
            .iter()
            .zip(&steps)
            .filter_map(|(message, step)| self.encode(message, step.map(|step| step.trace())))
            .collect();
        let published = self.redis.publish(encoded).await;
        for (message, step) in messages.iter().zip(steps) {
            if let (Payload::Event(encoded), Some(step)) = (&message.payload, step) {
                step.end(&About {
                    conversation: Some(encoded.event.conversation),
                    seq: Some(encoded.event.seq),
                    failed: published.is_err(),
                    ..About::default()
                });
            }
        }
        if published.is_ok() {
            counter!(BUS_PUBLISHED).increment(messages.len() as u64);
        } else {
            // Some may have gone out, so none may be delivered here.
            lost(messages.len());
        }
    }

    fn encode(&mut self, message: &Message, trace: Option<Trace>) -> Option<(String, Bytes)> {
        self.count += 1;
        match codec::encode(self.node, self.count, &message.payload, trace) {
            Ok(json) => Some((codec::channel(self.redis.prefix(), message.topic), json)),
            Err(error) => {
                tracing::warn!(%error, "a message has no form for the bus");
                None
            }
        }
    }

    /// Hands messages to this node's hub, as far as it wants them; other nodes lose them.
    fn deliver_here(&mut self, mut messages: Vec<Message>) {
        lost(messages.len());
        self.count += messages.len() as u64;
        messages.retain(|message| {
            self.redis
                .wants(&codec::channel(self.redis.prefix(), message.topic))
        });
        self.incoming.deliver_from(self.node, self.count, messages);
    }
}

/// The step of an event's being published, if it is traced.
fn publishing(message: &Message) -> Option<Step> {
    match &message.payload {
        Payload::Event(encoded) => Some(encoded.trace()?.step(names::PUBLISH)),
        _ => None,
    }
}

/// What leads to the hub.
struct Incoming {
    inbox: Inbox,
    /// The count of the last message delivered of each node.
    counts: Mutex<HashMap<NodeId, u64>>,
}

impl Incoming {
    /// Delivers this node's own messages, the last of which has a count.
    fn deliver_from(&self, node: NodeId, count: u64, messages: Vec<Message>) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.insert(node, count);
        // With the lock held, so that what came by Redis before is not overtaken.
        lost(self.inbox.push(messages));
    }

    /// Delivers what came by Redis, without what comes too late.
    fn deliver(&self, prefix: &str, published: &[Published]) {
        let decoded = published
            .iter()
            .filter_map(|published| read(prefix, published));
        let decoded: Vec<_> = decoded.collect();
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() > NODES {
            counts.clear();
        }
        let mut messages = Vec::with_capacity(decoded.len());
        for (node, count, message) in decoded {
            let last = counts.entry(node).or_default();
            if count > *last {
                *last = count;
                messages.push(message);
            }
        }
        lost(self.inbox.push(messages));
    }
}

async fn receive(prefix: String, mut arrivals: Arrivals, incoming: Arc<Incoming>) {
    while let Some(arrival) = arrivals.next().await {
        match arrival {
            Arrival::Published(published) => incoming.deliver(&prefix, &published),
            Arrival::Back => incoming.inbox.back(),
        }
    }
}

/// A message; `None` where it was made by a version that says something this one does not know.
fn read(prefix: &str, published: &Published) -> Option<(NodeId, u64, Message)> {
    let topic = codec::topic(prefix, &published.channel)?;
    match codec::decode(&published.payload) {
        Ok(decoded) => {
            let payload = decoded.payload;
            Some((decoded.node, decoded.count, Message { topic, payload }))
        }
        Err(error) => {
            tracing::debug!(%error, channel = published.channel, "a message cannot be read");
            None
        }
    }
}

fn lost(count: usize) {
    if count > 0 {
        counter!(BUS_LOST).increment(count as u64);
    }
}
