//! Carries what was committed to the nodes whose streams want it.

mod codec;
mod in_process;
mod message;
mod over_redis;
mod receiver;

use futures::future::BoxFuture;
use protocol::UserId;
use protocol::stream::Account;

pub use in_process::InProcess;
pub use message::{Encoded, Message, NodeId, Payload, Topic};
pub use over_redis::OverRedis;
pub use receiver::{Arrived, Receiver};

/// The bus cannot be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bus cannot be reached")]
pub struct Away;

/// Carries messages to every node that subscribed to their topic.
///
/// Messages of one topic, published by one node, arrive in the order of publishing, and none arrives
/// twice. **It may lose, it never lies**: nothing arrives that was not published, and nothing is
/// published before it is committed. What it lost, the sweep finds.
pub trait Bus: Send + Sync + 'static {
    /// Sends messages on their way, in order. Never waits, and never fails: what cannot be sent is
    /// lost.
    fn publish(&self, messages: Vec<Message>);

    /// Asks for topics. Once this returns `Ok`, everything published to them arrives (or is lost).
    /// Where it fails, the topics are asked for all the same, and arrive from the next
    /// [`Arrived::Back`] on.
    fn subscribe(&self, topics: Vec<Topic>) -> BoxFuture<'_, Result<(), Away>>;

    /// Asks for topics no more. Does not wait; a call of `subscribe` that follows comes after it.
    fn unsubscribe(&self, topics: Vec<Topic>);

    /// Whether it is known that messages of other nodes do not arrive now. Whoever needs them looks
    /// into the store every second then.
    fn is_away(&self) -> bool;
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
