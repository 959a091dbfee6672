//! Commands on their way, and what becomes of them.

use std::sync::Arc;

use protocol::api::commands::ExpiredEvent;
use protocol::command::PayloadHash;
use protocol::{ClientId, Code, Command, ConversationId, Millis, UserId};

use crate::bus::Encoded;
use crate::telemetry::traces::Trace;

/// A command as it was posted: its shape and limits are checked, nothing else.
#[derive(Debug, Clone)]
pub struct Submitted {
    /// What is asked for.
    pub command: Command,
    /// Tells a repeat from another command under the same `client_id`.
    pub payload_hash: PayloadHash,
    /// The sender's command that has to be stored or refused before this one.
    pub after: Option<ClientId>,
    /// When the server took it: rules about time go by this.
    pub accepted_at: Millis,
    /// The request that it came with, if that is traced.
    pub trace: Option<Trace>,
}

/// A command with its sender and conversation, on its way to the writer.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// Who sent it.
    pub sender: UserId,
    /// Where to.
    pub conversation: ConversationId,
    /// What.
    pub submitted: Submitted,
}

/// How long whoever hands in a command waits for what becomes of it, once a broker has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// A moment: it may be told later.
    Moment,
    /// As long as a request may take: without it there is nothing to answer.
    Outcome,
}

/// What became of a command.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Committed, now or under an earlier attempt. A message that was recalled since comes as
    /// `recalled`.
    Stored(Arc<Encoded>),
    /// Committed by an earlier attempt; its event has expired since.
    StoredExpired(ExpiredEvent),
    /// On the broker's disk: it will be committed, or its refusal recorded; or it comes to nothing,
    /// since the broker has lost what it is to follow.
    Queued,
    /// Not committed, and never will be under this `client_id`; `PayloadMismatch`, `Expired` and
    /// the `ClockAhead` of an id that is days ahead are not kept. Neither is `OutOfOrder`, which may be
    /// tried again.
    Refused(Code),
}

/// The command was not accepted: the queue is full, the server stops, or the database is away. The
/// same may be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not accepted for the moment")]
pub struct Unavailable;
