//! What a batch changes, as rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use protocol::command::PayloadHash;
use protocol::conversation::{Member, State};
use protocol::{ClientId, Code, ConversationId, Event, Millis, Seq, UserId};

use crate::bus::Encoded;

/// All that a batch changes.
#[derive(Debug, Default)]
pub struct Changes {
    /// The time by which rows are marked as changed.
    pub now: Millis,
    /// New events.
    pub events: Vec<Arc<Encoded>>,
    /// What became of each command.
    pub keys: Vec<KeyRow>,
    /// Conversations that were made.
    pub created: Vec<ConversationId>,
    /// Where the logs end now.
    pub heads: BTreeMap<ConversationId, HeadRow>,
    /// Conversations of which more than the log changed, as they are now.
    pub details: BTreeMap<ConversationId, State>,
    /// Who came and went.
    pub memberships: BTreeMap<(ConversationId, UserId), MembershipRow>,
    /// Members whose role, nickname or muting changed, as they are now.
    pub members: BTreeMap<(ConversationId, UserId), Member>,
    /// Senders who have read what they wrote, and members who were called by name.
    pub reads: BTreeMap<(ConversationId, UserId), ReadRow>,
    /// Messages that call everybody, and their senders.
    pub mention_all: Vec<(ConversationId, Seq, UserId)>,
    /// Messages that were recalled, as they are now.
    pub recalled: Vec<Event>,
}

/// What became of a command.
#[derive(Debug, Clone)]
pub struct KeyRow {
    /// Which.
    pub client_id: ClientId,
    /// Whose.
    pub sender: UserId,
    /// Tells whether a repeat is the same command.
    pub payload_hash: PayloadHash,
    /// Where.
    pub conversation: ConversationId,
    /// The seq of its event, or why there is none.
    pub result: Result<Seq, Code>,
    /// When.
    pub at: Millis,
}

/// Where a log ends.
#[derive(Debug, Clone, Copy)]
pub struct HeadRow {
    /// The last seq.
    pub seq: Seq,
    /// How many messages there are.
    pub msg_no: u64,
    /// When the last event was stored.
    pub at: Millis,
}

/// Somebody came or went, or came and went, or went and came again.
#[derive(Debug, Clone, Copy, Default)]
pub struct MembershipRow {
    /// The seq of the last joining in this batch, and how many messages there were.
    pub joined: Option<(Seq, u64)>,
    /// The seq of the leaving after that, and how many messages there were.
    pub left: Option<(Seq, u64)>,
}

/// A read position that moves, or a call by name.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReadRow {
    /// What they wrote last, and how many messages there were: they have read up to there.
    pub wrote: Option<(Seq, u64)>,
    /// The first message after that which calls them; 0 for none.
    pub mention: Seq,
}
