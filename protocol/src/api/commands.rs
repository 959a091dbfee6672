//! `conversations/{id}/commands`: the one door.

use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::ids::{ClientId, ConversationId, Millis, Seq};
use crate::problem::Problem;

/// Where a command's event was stored that has expired since: the answer to a late repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExpiredEvent {
    /// Where.
    pub conversation: ConversationId,
    /// Under which seq.
    pub seq: Seq,
    /// When.
    pub at: Millis,
    /// Always true.
    pub expired: bool,
}

/// What became of one command of an array.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Answer {
    /// Which command.
    pub client_id: ClientId,
    /// As if it had been posted alone: 201, 202 or a problem's.
    pub status: u16,
    /// With 201.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Event>,
    /// With 201, when the event has expired since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expired: Option<ExpiredEvent>,
    /// With all others but 202.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// The answer `202`: on the broker's disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Queued {
    /// Which command.
    pub client_id: ClientId,
    /// Always `queued`.
    pub state: QueuedState,
}

/// The only state there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum QueuedState {
    /// Accepted, not yet stored.
    Queued,
}
