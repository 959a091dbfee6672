//! What travels on the bus.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use protocol::stream::{Account, Outcome, Presence, Read, Typing};
use protocol::{ConversationId, Event, Seq, UserId};
use uuid::Uuid;

use crate::random::Random;
use crate::telemetry::traces::Trace;

/// Identifies a node, from its start to its end: one that starts again is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub Uuid);

impl NodeId {
    /// A new one.
    pub fn new(random: &Random) -> Self {
        Self(uuid::Builder::from_random_bytes(random.bytes()).into_uuid())
    }
}

impl std::fmt::Display for NodeId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What a node can ask the bus for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// A conversation's log, and who is typing there.
    Conversation(ConversationId),
    /// What concerns one user's streams only.
    User(UserId),
    /// Whether a user is online.
    Presence(UserId),
    /// What concerns one node: it hears this from its start on.
    Node(NodeId),
    /// What concerns all nodes: each hears this from its start on.
    Nodes,
}

/// One message, and whom it is for.
#[derive(Debug, Clone)]
pub struct Message {
    /// Whom it is for.
    pub topic: Topic,
    /// What it says.
    pub payload: Payload,
}

/// What a message says.
#[derive(Debug, Clone)]
pub enum Payload {
    /// On a conversation: an event of its log was committed.
    Event(Arc<Encoded>),
    /// On a conversation: somebody is writing.
    Typing(Typing),
    /// On a user: they are a member now, from this seq on.
    Joined(ConversationId, Seq),
    /// On a user: they read on another device.
    Read(Read),
    /// On a user: something about their account changed.
    Account(Account),
    /// On a user: what became of a command that was queued.
    Outcome(Outcome),
    /// On a presence: they came or went.
    Presence(Presence),
    /// On a node: what became of commands that it waits for.
    Answers {
        /// Which, by the node's own count.
        request: u64,
        /// For whoever waits to read.
        answers: Bytes,
    },
    /// On all nodes: sessions, by the hashes of their tokens, were ended.
    SessionsEnded(Vec<[u8; 32]>),
}

/// An event with its form on the wire, made once and shared by the answer and all streams.
pub struct Encoded {
    /// The event.
    pub event: Event,
    frame: OnceLock<Bytes>,
    trace: OnceLock<Trace>,
}

const HEAD: &[u8] = b"event: event\ndata: ";
const TAIL: &[u8] = b"\n\n";

impl Encoded {
    /// Of an event, which whoever needs it first encodes: not the writer, for which others wait.
    pub fn new(event: Event) -> Self {
        Self {
            event,
            frame: OnceLock::new(),
            trace: OnceLock::new(),
        }
    }

    /// Says which request it came of, where that is traced and nobody has said so.
    pub fn belongs_to(&self, trace: Trace) {
        let _ = self.trace.set(trace);
    }

    /// The request that it came of, if that is traced.
    pub fn trace(&self) -> Option<Trace> {
        self.trace.get().copied()
    }

    /// The event as a server-sent event.
    pub fn frame(&self) -> Bytes {
        self.frame.get_or_init(|| encode(&self.event)).clone()
    }

    /// The event as JSON.
    pub fn json(&self) -> Bytes {
        let frame = self.frame();
        frame.slice(HEAD.len()..frame.len() - TAIL.len())
    }
}

impl std::fmt::Debug for Encoded {
    /// Without the form on the wire, which follows from the event.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoded")
            .field("event", &self.event)
            .field("trace", &self.trace.get())
            .finish_non_exhaustive()
    }
}

fn encode(event: &Event) -> Bytes {
    let mut frame = Vec::with_capacity(HEAD.len() + TAIL.len() + 420 + event.body.get().len());
    frame.extend_from_slice(HEAD);
    serde_json::to_writer(&mut frame, event)
        .expect("an event holds numbers, strings and JSON, and a Vec takes all that is written");
    frame.extend_from_slice(TAIL);
    frame.into()
}
