//! The hub's end of a bus, whatever carries it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::mpsc;

use super::Message;

/// How many messages may wait for the hub. A hub that far behind, as when the store does not answer,
/// catches up by one sweep rather than message by message.
const WAITING: usize = 65_536;

/// What comes from the bus.
#[derive(Debug)]
pub enum Arrived {
    /// Messages, in order.
    Messages(Vec<Message>),
    /// Messages may have been lost up to here; from here on they arrive again. The hub sweeps at
    /// once.
    Back,
}

/// The hub's end.
#[derive(Debug)]
pub struct Receiver {
    arrived: mpsc::UnboundedReceiver<Arrived>,
    waiting: Arc<AtomicUsize>,
}

/// The bus's end.
#[derive(Debug)]
pub(super) struct Inbox {
    arrived: mpsc::UnboundedSender<Arrived>,
    waiting: Arc<AtomicUsize>,
    /// Whether something was lost that the hub has not been told of.
    has_lost: AtomicBool,
}

/// Both ends.
pub(super) fn inbox() -> (Inbox, Receiver) {
    let (sender, arrived) = mpsc::unbounded_channel();
    let waiting = Arc::new(AtomicUsize::new(0));
    let inbox = Inbox {
        arrived: sender,
        waiting: Arc::clone(&waiting),
        has_lost: AtomicBool::new(false),
    };
    (inbox, Receiver { arrived, waiting })
}

impl Inbox {
    /// Hands messages on. Gives back how many were lost, since too many wait.
    pub(super) fn push(&self, messages: Vec<Message>) -> usize {
        let count = messages.len();
        if count == 0 {
            return 0;
        }
        if self.waiting.load(Ordering::SeqCst) >= WAITING {
            self.has_lost.store(true, Ordering::SeqCst);
            return count;
        }
        if self.has_lost.swap(false, Ordering::SeqCst) {
            self.back();
        }
        self.waiting.fetch_add(count, Ordering::SeqCst);
        // Without a hub there is nobody to tell.
        let _ = self.arrived.send(Arrived::Messages(messages));
        0
    }

    /// Says that messages may have been lost.
    pub(super) fn back(&self) {
        let _ = self.arrived.send(Arrived::Back);
    }
}

impl Receiver {
    /// What arrives next; `None` once the bus is gone.
    pub async fn next(&mut self) -> Option<Arrived> {
        let arrived = self.arrived.recv().await?;
        Some(self.taken(arrived))
    }

    /// The messages that are there now, if any: for the simulation, whose bus is never back since it
    /// is never away.
    pub fn take(&mut self) -> Option<Vec<Message>> {
        loop {
            let arrived = self.arrived.try_recv().ok()?;
            if let Arrived::Messages(messages) = self.taken(arrived) {
                return Some(messages);
            }
        }
    }

    fn taken(&self, arrived: Arrived) -> Arrived {
        if let Arrived::Messages(messages) = &arrived {
            self.waiting.fetch_sub(messages.len(), Ordering::SeqCst);
        }
        arrived
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::{Payload, Topic};

    fn message() -> Message {
        Message {
            topic: Topic::Nodes,
            payload: Payload::SessionsEnded(Vec::new()),
        }
    }

    #[tokio::test]
    async fn a_hub_too_far_behind_is_told_that_it_has_lost_some() {
        let (inbox, mut receiver) = inbox();
        assert_eq!(inbox.push(vec![message(); WAITING]), 0);
        assert_eq!(inbox.push(vec![message(); 3]), 3);
        assert!(
            matches!(receiver.next().await, Some(Arrived::Messages(all)) if all.len() == WAITING)
        );
        assert_eq!(inbox.push(vec![message()]), 0);
        assert!(matches!(receiver.next().await, Some(Arrived::Back)));
        assert!(matches!(receiver.next().await, Some(Arrived::Messages(one)) if one.len() == 1));
        assert_eq!(inbox.push(vec![message()]), 0);
        assert!(matches!(receiver.next().await, Some(Arrived::Messages(_))));
    }
}
