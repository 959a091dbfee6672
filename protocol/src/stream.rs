//! What the server sends on the stream of events.

use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::ids::{ClientId, ConversationId, HistoryId, Millis, Seq, StreamId, UserId};
use crate::json;
use crate::problem::Code;

/// How far one conversation is, for its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Head {
    /// Which.
    pub conversation: ConversationId,
    /// The last seq that the reader may have: the log's, or that of their leaving.
    pub head: Seq,
    /// How many messages there are up to `head`.
    pub head_msg_no: u64,
    /// The smallest seq the server still keeps for this reader; `head + 1` if none.
    pub floor: Seq,
    /// How far the reader has read.
    pub read_seq: Seq,
    /// How many messages they have not read.
    pub unread: u64,
    /// Changes when their membership or preferences do.
    pub version: Millis,
}

/// The first event of every stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Sync {
    /// This stream, for `PUT stream/{stream}/watch`.
    pub stream: StreamId,
    /// Whose it is.
    pub user: UserId,
    /// The server's clock.
    pub now: Millis,
    /// The identity of the server's history.
    pub history_id: HistoryId,
    /// How many days the server keeps.
    pub retention_days: u32,
    /// Changes when the profile, contacts or requests do.
    pub account_version: Millis,
    /// Of the conversations that changed since the `since` asked for; of all, without one.
    pub heads: Vec<Head>,
    /// Whether `heads` holds all.
    pub complete: bool,
}

/// What became of a command, for the sender's streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Outcome {
    /// Where.
    pub conversation: ConversationId,
    /// Which command.
    pub client_id: ClientId,
    /// The seq under which it was stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<Seq>,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Code>,
}

/// A read position moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Read {
    /// Where.
    pub conversation: ConversationId,
    /// Whose.
    pub user: UserId,
    /// How far.
    pub seq: Seq,
    /// How many messages there are up to that seq; what is unread is the rest.
    pub msg_no: u64,
}

/// Something about the account changed: fetch it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Account {
    /// The reader's own profile.
    pub profile: bool,
    /// Contacts, or their profiles.
    pub contacts: bool,
    /// Contact requests.
    pub requests: bool,
    /// The list of conversations: a new one, or preferences.
    pub conversations: bool,
}

/// Whether somebody is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PresenceState {
    /// Has a stream open.
    Online,
    /// Has none, for 30 s at least; or hides it.
    Offline,
    /// Cannot be said.
    #[serde(other)]
    Unknown,
}

/// A watched user came or went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Presence {
    /// Who.
    pub user: UserId,
    /// How they are.
    pub state: PresenceState,
    /// Since when.
    pub since: Millis,
}

/// `PUT stream/{stream}/watch`: whose presence the stream wants.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Watch {
    /// In place of those before; 200 at most.
    pub users: Vec<UserId>,
}

/// A member is writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Typing {
    /// Where.
    pub conversation: ConversationId,
    /// Who.
    pub user: UserId,
}

/// The stream is alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Heartbeat {
    /// The server's clock.
    pub now: Millis,
}

/// Do as after a reconnect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Resync {
    /// Why, for the log.
    pub reason: String,
}

/// Why a stream ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ByeReason {
    /// The server stops.
    Stopping,
    /// The reader could not keep up.
    TooSlow,
    /// The session is over.
    SessionEnded,
    /// The user has opened more streams than are allowed.
    TooManyStreams,
    /// A reason this version does not know.
    #[serde(other)]
    Unknown,
}

/// The last event of a stream that the server ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Bye {
    /// When to try again, in milliseconds.
    pub retry: u64,
    /// Why.
    pub reason: ByeReason,
}

/// One server-sent event.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    missing_docs,
    reason = "each variant holds the documented struct of its name"
)]
pub enum StreamEvent {
    Sync(Sync),
    Event(Event),
    Outcome(Outcome),
    Read(Read),
    Account(Account),
    Presence(Presence),
    Typing(Typing),
    Heartbeat(Heartbeat),
    Resync(Resync),
    Bye(Bye),
    /// Of a name this version does not know.
    Unknown,
}

impl StreamEvent {
    /// Reads an event from its `event:` and `data:` lines.
    ///
    /// # Errors
    /// The data of a known event that cannot be read.
    pub fn parse(name: &str, data: &str) -> Result<Self, serde_json::Error> {
        Ok(match name {
            "sync" => Self::Sync(json::from_str(data)?),
            "event" => Self::Event(json::from_str(data)?),
            "outcome" => Self::Outcome(json::from_str(data)?),
            "read" => Self::Read(json::from_str(data)?),
            "account" => Self::Account(json::from_str(data)?),
            "presence" => Self::Presence(json::from_str(data)?),
            "typing" => Self::Typing(json::from_str(data)?),
            "heartbeat" => Self::Heartbeat(json::from_str(data)?),
            "resync" => Self::Resync(json::from_str(data)?),
            "bye" => Self::Bye(json::from_str(data)?),
            _ => Self::Unknown,
        })
    }

    /// The event's name and data, as they stand on the wire.
    ///
    /// # Errors
    /// Never for what this version can build.
    pub fn write(&self) -> Result<(&'static str, String), serde_json::Error> {
        Ok(match self {
            Self::Sync(data) => ("sync", serde_json::to_string(data)?),
            Self::Event(data) => ("event", serde_json::to_string(data)?),
            Self::Outcome(data) => ("outcome", serde_json::to_string(data)?),
            Self::Read(data) => ("read", serde_json::to_string(data)?),
            Self::Account(data) => ("account", serde_json::to_string(data)?),
            Self::Presence(data) => ("presence", serde_json::to_string(data)?),
            Self::Typing(data) => ("typing", serde_json::to_string(data)?),
            Self::Heartbeat(data) => ("heartbeat", serde_json::to_string(data)?),
            Self::Resync(data) => ("resync", serde_json::to_string(data)?),
            Self::Bye(data) => ("bye", serde_json::to_string(data)?),
            Self::Unknown => ("unknown", "{}".to_owned()),
        })
    }
}
