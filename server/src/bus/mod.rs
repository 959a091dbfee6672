//! Carries what was committed to the nodes whose streams want it.

mod in_process;
mod message;

use futures::future::BoxFuture;
use protocol::UserId;
use protocol::stream::Account;

pub use in_process::{InProcess, Receiver};
pub use message::{Encoded, Message, Payload, Topic};

/// The bus cannot be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bus cannot be reached")]
pub struct Away;

/// Carries messages to every node that subscribed to their topic.
///
/// Messages of one topic, published by one node, arrive in the order of publishing. **It may lose,
/// it never lies**: nothing arrives that was not published, and nothing is published before it is
/// committed. What it lost, the sweep finds.
pub trait Bus: Send + Sync + 'static {
    /// Sends messages on their way, in order. Never waits, and never fails: what cannot be sent is
    /// lost.
    fn publish(&self, messages: Vec<Message>);

    /// Asks for topics. Once this returns `Ok`, everything published to them arrives (or is lost).
    fn subscribe(&self, topics: Vec<Topic>) -> BoxFuture<'_, Result<(), Away>>;

    /// Asks for topics no more.
    fn unsubscribe(&self, topics: Vec<Topic>);
}

impl dyn Bus {
    /// Tells a user's browsers to fetch parts of their account again.
    pub fn publish_account(&self, user: UserId, account: Account) {
        self.publish(vec![Message {
            topic: Topic::User(user),
            payload: Payload::Account(account),
        }]);
    }
}
