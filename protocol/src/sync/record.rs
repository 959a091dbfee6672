//! What the browser's disk holds besides the events.

use serde::{Deserialize, Serialize};

use super::ranges::Ranges;
use crate::api::conversations::Conversation;
use crate::command::CommandKind;
use crate::ids::{ClientId, ConversationId, HistoryId, Millis, Seq, UserId};
use crate::problem::Code;

/// A conversation, and how much of its log is here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// As the server last told, kept up to date by the events since.
    pub conversation: Conversation,
    /// Which stretches of the log are here whole.
    #[serde(default)]
    pub ranges: Ranges,
    /// How many messages there are up to the read position.
    #[serde(default)]
    pub read_msg_no: u64,
    /// What the server last told of the reader's span.
    #[serde(default)]
    pub span: Option<Span>,
}

/// Where the reader's part of a log begins, and where the server's does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The first seq the reader may have.
    pub start: Seq,
    /// How many messages there are before `start`.
    pub start_msg_no: u64,
    /// The smallest seq the server still keeps for the reader.
    pub floor: Seq,
    /// How many messages there are before `floor`.
    pub floor_msg_no: u64,
}

/// A command that waits to be stored or refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The place in the outbox, growing over all conversations; given by the disk.
    pub position: u64,
    /// Where to.
    pub conversation: ConversationId,
    /// What.
    pub command: CommandKind,
    /// When it was written, by the browser's clock; only shown.
    pub at: Millis,
    /// Randomness for the `client_id`, from when the entry was made.
    pub random: [u8; 10],
    /// Made just before the first attempt, in the server's time.
    #[serde(default)]
    pub client_id: Option<ClientId>,
    /// The exact bytes of the request, made with the `client_id`.
    #[serde(default)]
    pub bytes: Option<String>,
    /// How it stands.
    #[serde(default)]
    pub state: EntryState,
}

/// How an entry of the outbox stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryState {
    /// To be posted, or posted without an answer yet.
    #[default]
    Waiting,
    /// On the broker's disk (`202`).
    Queued,
    /// Refused: shown with its reason until its writer edits, resends or drops it.
    Refused(Code),
}

/// What is known about the whole.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Meta {
    /// The identity of the server's history that the local one was made from.
    #[serde(default)]
    pub history_id: Option<HistoryId>,
    /// The last `id:` seen on a stream: the server's time.
    #[serde(default)]
    pub since: Option<Millis>,
    /// The server's clock less the browser's, in milliseconds.
    #[serde(default)]
    pub offset: Millis,
}

/// All an engine starts from.
#[derive(Debug, Clone, PartialEq)]
pub struct Disk {
    /// Whose.
    pub user: UserId,
    /// As saved.
    pub meta: Meta,
    /// As saved.
    pub records: Vec<Record>,
    /// As saved, by position.
    pub outbox: Vec<Entry>,
}
