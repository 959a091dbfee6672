//! Which channels this node wants, and what arrives on them.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{mpsc, oneshot};

use super::Away;

/// What was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Where, with the prefix.
    pub channel: String,
    /// What.
    pub payload: Vec<u8>,
}

/// What comes from Redis by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrival {
    /// Was published, in this order.
    Published(Vec<Published>),
    /// Redis is connected and all channels are subscribed, for the first time or again. What was
    /// published before may have been lost; what is published from here on arrives.
    Back,
}

/// All that arrives, in order.
#[derive(Debug)]
pub struct Arrivals(pub(super) mpsc::UnboundedReceiver<Arrival>);

impl Arrivals {
    /// What arrives next; `None` once the last handle of Redis is gone.
    pub async fn next(&mut self) -> Option<Arrival> {
        self.0.recv().await
    }
}

/// What is to be done on the connection, in order.
pub(super) enum Operation {
    /// To be answered once Redis has confirmed; dropped where Redis is lost before.
    Subscribe(Vec<String>, oneshot::Sender<()>),
    Unsubscribe(Vec<String>),
}

/// The channels wanted. They outlive connections: each new one subscribes them all.
pub(super) struct Channels {
    state: Mutex<State>,
    operations: mpsc::UnboundedSender<Operation>,
}

#[derive(Default)]
struct State {
    wanted: HashSet<String>,
    /// Whether there is a connection that carries out operations.
    open: bool,
}

impl Channels {
    pub(super) fn new() -> (Self, mpsc::UnboundedReceiver<Operation>) {
        let (operations, receiver) = mpsc::unbounded_channel();
        let channels = Self {
            state: Mutex::default(),
            operations,
        };
        (channels, receiver)
    }

    /// See [`super::Redis::subscribe`].
    pub(super) async fn subscribe(&self, channels: Vec<String>) -> Result<(), Away> {
        if channels.is_empty() {
            return Ok(());
        }
        let confirmed = {
            // Sent with the lock held, so that operations go by the order of what is wanted.
            let mut state = self.lock();
            state.wanted.extend(channels.iter().cloned());
            if !state.open {
                return Err(Away);
            }
            let (answer, confirmed) = oneshot::channel();
            let _ = self.operations.send(Operation::Subscribe(channels, answer));
            confirmed
        };
        // Answered or dropped by the task that keeps the connections, as soon as it notices a loss.
        confirmed.await.map_err(|_| Away)
    }

    /// See [`super::Redis::unsubscribe`].
    pub(super) fn unsubscribe(&self, mut channels: Vec<String>) {
        let mut state = self.lock();
        channels.retain(|channel| state.wanted.remove(channel));
        if state.open && !channels.is_empty() {
            let _ = self.operations.send(Operation::Unsubscribe(channels));
        }
    }

    pub(super) fn wants(&self, channel: &str) -> bool {
        self.lock().wanted.contains(channel)
    }

    /// There is a connection: gives all that is wanted, to be subscribed before the operations that
    /// follow. Those say again what of it came later, which does no harm.
    pub(super) fn open(&self) -> Vec<String> {
        let mut state = self.lock();
        state.open = true;
        state.wanted.iter().cloned().collect()
    }

    /// The connection is lost: who waits for it is told.
    pub(super) fn close(&self, operations: &mut mpsc::UnboundedReceiver<Operation>) {
        let mut state = self.lock();
        state.open = false;
        while operations.try_recv().is_ok() {}
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
