//! `conversations`: the list, details, members, read positions and preferences.

use serde::{Deserialize, Serialize};

use super::accounts::User;
use crate::command::line_fault;
use crate::event::{Event, Role};
use crate::ids::{ConversationId, ConversationKind, Millis, Seq, UserId};
use crate::limits::Limits;
use crate::problem::{Fault, FieldError};

/// A conversation, as one of its members sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Conversation {
    /// Which.
    pub id: ConversationId,
    /// A group's short number, from 10000 on.
    #[serde(default)]
    pub number: Option<u64>,
    /// Private or group.
    pub kind: ConversationKind,
    /// The group's name; without one it is called by its members.
    #[serde(default)]
    pub name: Option<String>,
    /// The group's announcement; empty for none.
    #[serde(default)]
    pub announcement: String,
    /// The group's owner.
    #[serde(default)]
    pub owner: Option<UserId>,
    /// The other one of a direct conversation; oneself in one's own.
    #[serde(default)]
    pub peer: Option<UserId>,
    /// The first nine members, to name an unnamed group by.
    #[serde(default)]
    pub first_members: Vec<UserId>,
    /// How many members there are.
    #[serde(default)]
    pub member_count: u64,
    /// Whether only owner and administrators may write.
    #[serde(default)]
    pub mute_all: bool,
    /// The last seq the reader may have: the log's, or that of their leaving.
    pub head: Seq,
    /// How many messages there are up to `head`.
    pub head_msg_no: u64,
    /// The smallest seq the server still keeps for this reader; `head + 1` if none.
    pub floor: Seq,
    /// When the last event was stored.
    pub last_at: Millis,
    /// The last event to be shown as a preview, if the server still has it.
    #[serde(default)]
    pub last: Option<Event>,
    /// The reader's own membership and preferences.
    pub mine: Mine,
}

/// A member's own side of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Mine {
    /// Their role.
    pub role: Role,
    /// The name they go by here; empty for the profile's.
    #[serde(default)]
    pub nickname: String,
    /// May not write until then.
    #[serde(default)]
    pub muted_until: Millis,
    /// The first seq they may have.
    pub joined_seq: Seq,
    /// Whether they are no longer a member; their history stays.
    #[serde(default)]
    pub left: bool,
    /// How far they have read.
    pub read_seq: Seq,
    /// How many messages they have not read.
    pub unread: u64,
    /// The first unread message that calls them by name; 0 for none.
    #[serde(default)]
    pub mention_seq: Seq,
    /// Marked as unread by hand.
    #[serde(default)]
    pub marked_unread: bool,
    /// Shown first.
    #[serde(default)]
    pub pinned: bool,
    /// New messages make no noise.
    #[serde(default)]
    pub silenced: bool,
    /// Not shown in the list until an event after this seq; 0 for shown.
    #[serde(default)]
    pub hidden_seq: Seq,
    /// Nothing up to this seq is shown any more; 0 for all.
    #[serde(default)]
    pub cleared_seq: Seq,
    /// Changes when any of the above does.
    pub version: Millis,
}

/// `GET conversations`. Has an `ETag`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Conversations {
    /// All of them, also those left, the last active first.
    pub conversations: Vec<Conversation>,
    /// The profiles that the list needs.
    pub users: Vec<User>,
}

/// A member of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Member {
    /// Who.
    pub user: UserId,
    /// Their role.
    pub role: Role,
    /// The name they go by here; empty for the profile's.
    #[serde(default)]
    pub nickname: String,
    /// May not write until then.
    #[serde(default)]
    pub muted_until: Millis,
}

/// `GET conversations/{id}/members`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Members {
    /// The seq these are true as of.
    pub seq: Seq,
    /// Owner first, then administrators, then by when they joined.
    pub members: Vec<Member>,
    /// Their profiles.
    pub users: Vec<User>,
}

/// `PUT conversations/{id}`: makes a group under an id that the client made (a UUIDv7).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateGroup {
    /// Its name; without one it is called by its members.
    #[serde(default)]
    pub name: String,
    /// Contacts of one's own; oneself is added.
    pub members: Vec<UserId>,
}

impl CreateGroup {
    /// Checks shape and limits.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn checked(self, limits: &Limits) -> Result<Self, Vec<FieldError>> {
        let mut faults = Vec::new();
        faults.extend(line_fault("name", &self.name, limits.name_chars));
        if self.members.is_empty() {
            faults.push(FieldError::new("members", Fault::Missing));
        } else if self.members.len() > limits.group_members {
            faults.push(FieldError::new(
                "members",
                Fault::TooLong {
                    max: limits.group_members,
                },
            ));
        }
        if faults.is_empty() {
            Ok(self)
        } else {
            Err(faults)
        }
    }
}

/// `PUT conversations/{id}/read`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReadTo {
    /// How far; clamped to the head, and never moving back.
    pub seq: Seq,
}

/// `PUT conversations/{id}/preferences`: what is there is changed. Answered with [`Mine`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct ChangePreferences {
    /// Shown first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pinned: Option<bool>,
    /// New messages make no noise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silenced: Option<bool>,
    /// Marked as unread by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub marked_unread: Option<bool>,
    /// Not shown in the list until an event after this seq; 0 for shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden_seq: Option<Seq>,
    /// Nothing up to this seq is shown any more; never moves back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cleared_seq: Option<Seq>,
}
