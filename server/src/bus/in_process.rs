//! The bus of a single node: a channel.

use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt as _};

use super::receiver::{Inbox, inbox};
use super::{Away, Bus, Message, Receiver, Topic};

type Loses = Arc<dyn Fn(&Message) -> bool + Send + Sync>;

/// Carries messages to the one hub of this process, whatever it subscribed to: the hub knows what
/// to do with each.
pub struct InProcess {
    inbox: Inbox,
    loses: Option<Loses>,
}

impl InProcess {
    /// A bus and the hub's end of it.
    pub fn new() -> (Self, Receiver) {
        let (inbox, receiver) = inbox();
        (Self { inbox, loses: None }, receiver)
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
        self.inbox.push(messages);
    }

    fn subscribe(&self, _: Vec<Topic>) -> BoxFuture<'_, Result<(), Away>> {
        std::future::ready(Ok(())).boxed()
    }

    fn unsubscribe(&self, _: Vec<Topic>) {}

    fn is_away(&self) -> bool {
        false
    }
}
