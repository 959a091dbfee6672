//! Events: what a conversation's log is made of.

use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use crate::ids::{ClientId, ConversationId, ConversationKind, Digest, Millis, Seq, UserId};
use crate::json;

/// One entry of a conversation's log.
///
/// The body is kept as the JSON text it came in, so that its bytes, and with them the digest, are
/// the same for every reader, also for one that does not know the kind.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Event {
    /// The conversation whose log this is.
    pub conversation: ConversationId,
    /// The position in that log.
    pub seq: Seq,
    /// When it was stored, never before the event ahead of it.
    pub at: Millis,
    /// When the server accepted the command.
    pub sent_at: Millis,
    /// Who caused it.
    pub sender: UserId,
    /// What happened; decides how the body is read.
    pub kind: Kind,
    /// How many messages the log holds up to and including this event; a message's own number.
    pub msg_no: u64,
    /// The idempotency key of the command that caused it.
    pub client_id: ClientId,
    /// The details, as JSON text that never changes.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub body: Box<RawValue>,
    /// Over all fields above: see [`Event::computed_digest`].
    pub digest: Digest,
}

impl PartialEq for Event {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
            && self.computed_digest() == other.computed_digest()
            && self.conversation == other.conversation
            && self.seq == other.seq
    }
}
impl Eq for Event {}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal),* $(,)?) => {
        /// What an event says happened.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum Kind {
            $($(#[$doc])* $name,)*
            /// A kind this version does not know: kept and counted, shown as such.
            Other(Box<str>),
        }

        impl Kind {
            /// The kind's name on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => $text,)*
                    Self::Other(text) => text,
                }
            }

            /// The kind of that name.
            pub fn from_name(name: &str) -> Self {
                match name {
                    $($text => Self::$name,)*
                    other => Self::Other(other.into()),
                }
            }
        }
    };
}

kinds! {
    /// The conversation's first event. Body: [`Created`].
    Created = "created",
    /// Something to read. Body: [`Message`].
    Message = "message",
    /// What a message becomes when it is recalled, under its own seq. Body: `{}`.
    Recalled = "recalled",
    /// A message was recalled. Body: [`Target`].
    Recall = "recall",
    /// The group has a new name. Body: [`Renamed`].
    Renamed = "renamed",
    /// The group has a new announcement. Body: [`Announced`].
    Announced = "announced",
    /// Members were brought in. Body: [`Users`].
    Invited = "invited",
    /// Members were taken out. Body: [`Users`].
    Removed = "removed",
    /// A member went. Body: [`Users`].
    Left = "left",
    /// A member has a new role. Body: [`RoleSet`].
    RoleSet = "role_set",
    /// The group has a new owner. Body: [`Transferred`].
    Transferred = "transferred",
    /// A member may not write until a time. Body: [`MemberMuted`].
    MemberMuted = "member_muted",
    /// Nobody but owner and administrators may write, or everybody again. Body: [`AllMuted`].
    AllMuted = "all_muted",
    /// A member goes by another name here. Body: [`NicknameSet`].
    NicknameSet = "nickname_set",
}

impl Serialize for Kind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|name| Self::from_name(&name))
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Kind {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        String::schema()
    }
}
#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Kind {}

/// What a message holds. Further types will come: readers show what they don't know as such.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Content {
    /// Plain text, kept to the byte.
    Text {
        /// The text; never trimmed, never holding U+0000.
        text: String,
    },
    /// A type this version does not know.
    Unknown,
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Fields {
            r#type: String,
            text: Option<String>,
        }
        let fields = Fields::deserialize(deserializer)?;
        match fields.r#type.as_str() {
            "text" => fields.text.map(|text| Self::Text { text }),
            _ => Some(Self::Unknown),
        }
        .ok_or_else(|| de::Error::missing_field("text"))
    }
}

/// Body of [`Kind::Message`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// What was said.
    pub content: Content,
    /// The message this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
    /// Who is called by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<UserId>,
    /// Whether everybody is called (`@所有人`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mention_all: bool,
}

/// Body of [`Kind::Created`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Created {
    /// Private or group.
    pub kind: ConversationKind,
    /// The group's name, if it was given one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// All first members, the creator among them.
    pub members: Vec<UserId>,
}

/// Body of events that point at another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The event pointed at.
    pub target: Seq,
}

/// Body of [`Kind::Renamed`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renamed {
    /// The new name; `null` for none.
    pub name: Option<String>,
}

/// Body of [`Kind::Announced`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announced {
    /// The new text; empty for none.
    pub announcement: String,
}

/// Body of events about members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Users {
    /// Those concerned.
    pub users: Vec<UserId>,
}

/// A member's standing in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Takes part.
    Member,
    /// Helps to run the group.
    Administrator,
    /// Answers for the group; exactly one.
    Owner,
}

/// Body of [`Kind::RoleSet`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleSet {
    /// Whose.
    pub user: UserId,
    /// The new role.
    pub role: Role,
}

/// Body of [`Kind::Transferred`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transferred {
    /// The new owner; the former one becomes a member.
    pub user: UserId,
}

/// Body of [`Kind::MemberMuted`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberMuted {
    /// Whose.
    pub user: UserId,
    /// May write again after this time; 0 at once.
    pub until: Millis,
}

/// Body of [`Kind::AllMuted`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllMuted {
    /// Whether the group is muted.
    pub on: bool,
}

/// Body of [`Kind::NicknameSet`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NicknameSet {
    /// Whose.
    pub user: UserId,
    /// The new name in this group; empty for none.
    pub nickname: String,
}

/// An event's body, read by its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each variant holds the documented struct of its name"
)]
pub enum Body {
    Created(Created),
    Message(Message),
    Recalled,
    Recall(Target),
    Renamed(Renamed),
    Announced(Announced),
    Invited(Users),
    Removed(Users),
    Left(Users),
    RoleSet(RoleSet),
    Transferred(Transferred),
    MemberMuted(MemberMuted),
    AllMuted(AllMuted),
    NicknameSet(NicknameSet),
    /// Of an unknown kind, or of a known one in a shape this version cannot read.
    Unknown,
}

impl Body {
    /// The kind under which this body is stored.
    ///
    /// # Panics
    /// Never for a body that is not [`Body::Unknown`], which is never written.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Created(_) => Kind::Created,
            Self::Message(_) => Kind::Message,
            Self::Recalled => Kind::Recalled,
            Self::Recall(_) => Kind::Recall,
            Self::Renamed(_) => Kind::Renamed,
            Self::Announced(_) => Kind::Announced,
            Self::Invited(_) => Kind::Invited,
            Self::Removed(_) => Kind::Removed,
            Self::Left(_) => Kind::Left,
            Self::RoleSet(_) => Kind::RoleSet,
            Self::Transferred(_) => Kind::Transferred,
            Self::MemberMuted(_) => Kind::MemberMuted,
            Self::AllMuted(_) => Kind::AllMuted,
            Self::NicknameSet(_) => Kind::NicknameSet,
            Self::Unknown => Kind::Other("unknown".into()),
        }
    }

    /// The JSON text under which this body is stored.
    pub fn to_raw(&self) -> Box<RawValue> {
        let raw = match self {
            Self::Created(body) => serde_json::value::to_raw_value(body),
            Self::Message(body) => serde_json::value::to_raw_value(body),
            Self::Recalled | Self::Unknown => RawValue::from_string("{}".to_owned()),
            Self::Recall(body) => serde_json::value::to_raw_value(body),
            Self::Renamed(body) => serde_json::value::to_raw_value(body),
            Self::Announced(body) => serde_json::value::to_raw_value(body),
            Self::Invited(body) | Self::Removed(body) | Self::Left(body) => {
                serde_json::value::to_raw_value(body)
            }
            Self::RoleSet(body) => serde_json::value::to_raw_value(body),
            Self::Transferred(body) => serde_json::value::to_raw_value(body),
            Self::MemberMuted(body) => serde_json::value::to_raw_value(body),
            Self::AllMuted(body) => serde_json::value::to_raw_value(body),
            Self::NicknameSet(body) => serde_json::value::to_raw_value(body),
        };
        raw.expect("bodies hold strings, numbers and lists, which are always JSON")
    }

    /// Whether events of this body count in `msg_no`.
    pub fn counts(&self) -> bool {
        matches!(self, Self::Message(_))
    }
}

impl Event {
    /// Reads the body by the event's kind. Never fails: what cannot be read is [`Body::Unknown`].
    pub fn body(&self) -> Body {
        fn read<'a, T: Deserialize<'a>>(body: &'a RawValue, make: impl FnOnce(T) -> Body) -> Body {
            json::from_str(body.get()).map_or(Body::Unknown, make)
        }
        match &self.kind {
            Kind::Created => read(&self.body, Body::Created),
            Kind::Message => read(&self.body, Body::Message),
            Kind::Recalled => Body::Recalled,
            Kind::Recall => read(&self.body, Body::Recall),
            Kind::Renamed => read(&self.body, Body::Renamed),
            Kind::Announced => read(&self.body, Body::Announced),
            Kind::Invited => read(&self.body, Body::Invited),
            Kind::Removed => read(&self.body, Body::Removed),
            Kind::Left => read(&self.body, Body::Left),
            Kind::RoleSet => read(&self.body, Body::RoleSet),
            Kind::Transferred => read(&self.body, Body::Transferred),
            Kind::MemberMuted => read(&self.body, Body::MemberMuted),
            Kind::AllMuted => read(&self.body, Body::AllMuted),
            Kind::NicknameSet => read(&self.body, Body::NicknameSet),
            Kind::Other(_) => Body::Unknown,
        }
    }

    /// Whether this is (or was, before its recall) something to read.
    pub fn is_message(&self) -> bool {
        matches!(self.kind, Kind::Message | Kind::Recalled)
    }

    /// Whether a list of conversations shows this event as their last.
    pub fn is_preview(&self) -> bool {
        !matches!(self.kind, Kind::Recall | Kind::NicknameSet | Kind::Other(_))
    }

    /// The digest of what the fields hold now. An event is sound when it equals `digest`.
    ///
    /// SHA-256 over, in this order: the 16 bytes of the conversation's id; seq, at and `sent_at` as
    /// 8 bytes each, big-endian; the 16 bytes of the sender's id; the kind's name and one zero
    /// byte; `msg_no` as 8 bytes, big-endian; the 16 bytes of the client id; the body's UTF-8
    /// bytes. Of the hash, the first 8 bytes, big-endian.
    pub fn computed_digest(&self) -> Digest {
        let hash = Sha256::new()
            .chain_update(self.conversation.0.as_bytes())
            .chain_update(self.seq.to_be_bytes())
            .chain_update(self.at.to_be_bytes())
            .chain_update(self.sent_at.to_be_bytes())
            .chain_update(self.sender.0.as_bytes())
            .chain_update(self.kind.as_str())
            .chain_update([0])
            .chain_update(self.msg_no.to_be_bytes())
            .chain_update(self.client_id.0.as_bytes())
            .chain_update(self.body.get())
            .finalize();
        let mut first = [0; 8];
        first.copy_from_slice(&hash[..8]);
        Digest(u64::from_be_bytes(first))
    }

    /// Sets `digest` to what the fields hold.
    pub fn sealed(mut self) -> Self {
        self.digest = self.computed_digest();
        self
    }

    /// What this message becomes when it is recalled: nothing of its content stays.
    pub fn recalled(mut self) -> Self {
        self.kind = Kind::Recalled;
        self.body = Body::Recalled.to_raw();
        self.sealed()
    }
}
