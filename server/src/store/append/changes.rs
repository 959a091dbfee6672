//! What a batch changes, as rows.

use std::collections::{BTreeMap, HashMap};
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
    /// The commands, in order, with their events: also those that were refused.
    pub commands: Vec<CommandRow>,
    /// Conversations that were made.
    pub created: Vec<ConversationId>,
    /// Conversations of which more than the log changed, as they are now.
    pub details: BTreeMap<ConversationId, State>,
    /// Who came and went.
    pub memberships: BTreeMap<(ConversationId, UserId), MembershipRow>,
    /// Members whose role, nickname or muting changed, as they are now.
    pub members: BTreeMap<(ConversationId, UserId), Member>,
    /// Members who were called by name, and by which message first, since they wrote themselves.
    pub called: BTreeMap<(ConversationId, UserId), Seq>,
    /// Messages that call everybody, and their senders.
    pub mention_all: Vec<(ConversationId, Seq, UserId)>,
    /// Messages that were recalled, as they are now.
    pub recalled: Vec<Event>,
    /// The versions of conversations that were not read for this batch: where one has changed since,
    /// nothing is stored.
    pub versions: HashMap<ConversationId, Millis>,
    /// Whether each event is also a row of those of which people who are away may have to be told.
    pub offline_jobs: bool,
}

impl Changes {
    /// Whether there is nothing but commands and their events.
    pub fn are_commands_only(&self) -> bool {
        self.created.is_empty()
            && self.details.is_empty()
            && self.memberships.is_empty()
            && self.members.is_empty()
            && self.called.is_empty()
            && self.mention_all.is_empty()
            && self.recalled.is_empty()
    }
}

/// What became of a command.
#[derive(Debug, Clone)]
pub struct CommandRow {
    /// Which.
    pub client_id: ClientId,
    /// Whose.
    pub sender: UserId,
    /// Tells whether a repeat is the same command.
    pub payload_hash: PayloadHash,
    /// Where.
    pub conversation: ConversationId,
    /// Its event, or why there is none.
    pub result: Result<Arc<Encoded>, Code>,
    /// When.
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
