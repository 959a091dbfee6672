//! What is carried to those who tell people who are away.

use protocol::event::Body;
use protocol::{ConversationId, Event, Millis, Seq, UserId};
use serde::{Deserialize, Serialize};

/// A job: an event that those who are away may have to be told of, without what was said, which is read
/// from the log when it is told, so that a recall in time takes it back. It may come more than once:
/// `conversation` and `seq` are by what a repeat is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Whose log.
    pub conversation: ConversationId,
    /// Where in it.
    pub seq: Seq,
    /// What happened: an event's kind.
    pub kind: String,
    /// When it was stored.
    pub at: Millis,
    /// Who caused it.
    pub sender: UserId,
    /// Who is called by name.
    #[serde(default)]
    pub mentions: Vec<UserId>,
    /// Whether everybody is called.
    #[serde(default)]
    pub mention_all: bool,
}

impl Job {
    /// The job of an event.
    pub fn of(event: &Event) -> Self {
        let (mentions, mention_all) = match event.body() {
            Body::Message(message) => (message.mentions, message.mention_all),
            _ => (Vec::new(), false),
        };
        Self {
            conversation: event.conversation,
            seq: event.seq,
            kind: event.kind.as_str().to_owned(),
            at: event.at,
            sender: event.sender,
            mentions,
            mention_all,
        }
    }
}
