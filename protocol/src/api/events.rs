//! Pages of logs, many at once, and calibration.

use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::ids::{ConversationId, Digest, HistoryId, Seq};

/// `GET conversations/{id}/events`. With neither `after` nor `before`, the newest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(default)]
pub struct PageQuery {
    /// The oldest events after this seq.
    pub after: Option<Seq>,
    /// The newest events before this seq.
    pub before: Option<Seq>,
    /// How many: 1 to 500, 100 if not given.
    pub limit: Option<usize>,
}

/// A stretch of a conversation's log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page {
    /// Whose log.
    pub conversation: ConversationId,
    /// In order of seq.
    pub events: Vec<Event>,
    /// Every event from `from` to `to`, both included, that the reader may have is in `events`;
    /// `from > to` where there is none.
    pub from: Seq,
    /// See `from`.
    pub to: Seq,
    /// The smallest seq the server still keeps for this reader; `head + 1` if none.
    pub floor: Seq,
    /// How many messages there are before `floor`.
    pub floor_msg_no: u64,
    /// The first seq the reader may have: after their joining and their last clearing.
    pub start: Seq,
    /// How many messages there are before `start`; `floor_msg_no - start_msg_no` have expired.
    pub start_msg_no: u64,
    /// The last seq the reader may have.
    pub head: Seq,
    /// How many messages there are up to `head`.
    pub head_msg_no: u64,
}

/// `POST pull`: pages of many conversations.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Pull {
    /// 200 at most.
    pub conversations: Vec<PullOne>,
}

/// One page asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PullOne {
    /// Whose log.
    pub id: ConversationId,
    /// The oldest events after this seq.
    pub after: Seq,
    /// How many: 1 to 500.
    pub limit: usize,
}

/// Answer of `POST pull`, 2 MiB at most.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Pulled {
    /// In the order asked for; a conversation that the reader does not know is left out.
    pub pages: Vec<Page>,
    /// What did not fit: ask again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<ConversationId>,
}

/// `POST calibrate`: are these stretches the same on both sides?
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Calibrate {
    /// 200 at most.
    pub ranges: Vec<RangeDigest>,
}

/// The digest of a stretch of a log: the XOR of its events' digests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RangeDigest {
    /// Whose log.
    pub conversation: ConversationId,
    /// First seq, included.
    pub from: Seq,
    /// Last seq, included.
    pub to: Seq,
    /// Over the events between them.
    pub digest: Digest,
}

/// Answer of `POST calibrate`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Calibrated {
    /// The identity of the server's history.
    pub history_id: HistoryId,
    /// For each range asked for, in order, what the server holds of it: `from` is raised to the floor
    /// and `to` lowered to the head, so `from > to` where it holds nothing. Below `from` the browser
    /// keeps its own; above `to` there is nothing, and what the browser has there is not of this
    /// history. A conversation that the reader does not know is left out.
    pub ranges: Vec<RangeDigest>,
}
