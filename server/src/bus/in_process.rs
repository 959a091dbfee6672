//! The bus of a single node: a channel.

use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt as _};
use tokio::sync::mpsc;

use super::{Away, Bus, Message, Topic};

type Loses = Arc<dyn Fn(&Message) -> bool + Send + Sync>;

/// Carries messages to the one hub of this process, whatever it subscribed to: the hub knows what
/// to do with each.
pub struct InProcess {
    sender: mpsc::UnboundedSender<Vec<Message>>,
    loses: Option<Loses>,
}

/// The hub's end.
#[derive(Debug)]
pub struct Receiver(mpsc::UnboundedReceiver<Vec<Message>>);

impl InProcess {
    /// A bus and the hub's end of it.
    pub fn new() -> (Self, Receiver) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (
            Self {
                sender,
                loses: None,
            },
            Receiver(receiver),
        )
    }

    /// A bus that loses the messages picked, as a networked one may: for tests and the simulation.
    pub fn losing(loses: impl Fn(&Message) -> bool + Send + Sync + 'static) -> (Self, Receiver) {
        let (mut bus, receiver) = Self::new();
        bus.loses = Some(Arc::new(loses));
        (bus, receiver)
    }
}

impl Bus for InProcess {
    fn publish(&self, mut messages: Vec<Message>) {
        if let Some(loses) = &self.loses {
            messages.retain(|message| !loses(message));
        }
        if !messages.is_empty() {
            // Without a hub there is nobody to tell.
            let _ = self.sender.send(messages);
        }
    }

    fn subscribe(&self, _: Vec<Topic>) -> BoxFuture<'_, Result<(), Away>> {
        std::future::ready(Ok(())).boxed()
    }

    fn unsubscribe(&self, _: Vec<Topic>) {}
}

impl Receiver {
    /// The next messages; `None` once the bus is gone.
    pub async fn next(&mut self) -> Option<Vec<Message>> {
        self.0.recv().await
    }

    /// The messages that are there now, if any: for the simulation.
    pub fn take(&mut self) -> Option<Vec<Message>> {
        self.0.try_recv().ok()
    }
}
