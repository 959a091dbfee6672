//! Commands: everything that changes a conversation.

use serde::{Deserialize, Deserializer, Serialize, de};
use sha2::{Digest as _, Sha256};

use crate::event::{Content, Role};
use crate::ids::{ClientId, ConversationId, Millis, Seq, UserId};
use crate::limits::Limits;
use crate::problem::{Fault, FieldError};

/// One command, as it is posted to `conversations/{id}/commands`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Command {
    /// The idempotency key, made once and repeated on every retry.
    pub client_id: ClientId,
    /// What is to be done.
    #[serde(flatten)]
    pub kind: CommandKind,
}

/// What a command asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CommandKind {
    /// The conversation's first event. Has routes of its own, `PUT conversations/…`.
    #[serde(skip)]
    Create {
        /// The group's name, if any.
        name: Option<String>,
        /// All first members, the creator among them.
        members: Vec<UserId>,
    },
    /// Say something.
    Send {
        /// What.
        content: Content,
        /// The message it answers.
        #[serde(skip_serializing_if = "Option::is_none")]
        reply_to: Option<Seq>,
        /// Who is called by name.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        mentions: Vec<UserId>,
        /// Whether everybody is called; for owner and administrators.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        mention_all: bool,
    },
    /// Take a message back.
    Recall {
        /// Which.
        target: Seq,
    },
    /// Give the group a name; empty takes it away.
    Rename {
        /// The new name.
        name: String,
    },
    /// Put up an announcement; empty takes it down.
    Announce {
        /// The new text.
        announcement: String,
    },
    /// Bring contacts of one's own in.
    Invite {
        /// Whom.
        users: Vec<UserId>,
    },
    /// Take members out.
    Remove {
        /// Whom.
        users: Vec<UserId>,
    },
    /// Go.
    Leave,
    /// Make a member an administrator, or an administrator a member.
    SetRole {
        /// Whom.
        user: UserId,
        /// `member` or `administrator`.
        role: Role,
    },
    /// Hand the group over.
    Transfer {
        /// To whom.
        user: UserId,
    },
    /// Let a member not write until a time; 0 lets them write again.
    MuteMember {
        /// Whom.
        user: UserId,
        /// Until when.
        until: Millis,
    },
    /// Let nobody but owner and administrators write, or everybody again.
    MuteAll {
        /// Whether the group is muted.
        on: bool,
    },
    /// Go by another name in this group; empty goes back to the profile's.
    SetNickname {
        /// The name.
        nickname: String,
    },
}

/// What is read of a command: the fields of all kinds. serde's own way to read a tagged enum keeps the
/// whole in a buffer and knows each kind in several forms, which browsers would have to download.
#[derive(Deserialize)]
struct Fields {
    client_id: Option<ClientId>,
    kind: String,
    content: Option<Content>,
    reply_to: Option<Seq>,
    #[serde(default)]
    mentions: Vec<UserId>,
    #[serde(default)]
    mention_all: bool,
    target: Option<Seq>,
    name: Option<String>,
    announcement: Option<String>,
    users: Option<Vec<UserId>>,
    user: Option<UserId>,
    role: Option<Role>,
    until: Option<Millis>,
    on: Option<bool>,
    nickname: Option<String>,
}

impl Fields {
    fn kind<E: de::Error>(self) -> Result<CommandKind, E> {
        Ok(match self.kind.as_str() {
            "send" => CommandKind::Send {
                content: required("content", self.content)?,
                reply_to: self.reply_to,
                mentions: self.mentions,
                mention_all: self.mention_all,
            },
            "recall" => CommandKind::Recall {
                target: required("target", self.target)?,
            },
            "rename" => CommandKind::Rename {
                name: required("name", self.name)?,
            },
            "announce" => CommandKind::Announce {
                announcement: required("announcement", self.announcement)?,
            },
            "invite" => CommandKind::Invite {
                users: required("users", self.users)?,
            },
            "remove" => CommandKind::Remove {
                users: required("users", self.users)?,
            },
            "leave" => CommandKind::Leave,
            "set_role" => CommandKind::SetRole {
                user: required("user", self.user)?,
                role: required("role", self.role)?,
            },
            "transfer" => CommandKind::Transfer {
                user: required("user", self.user)?,
            },
            "mute_member" => CommandKind::MuteMember {
                user: required("user", self.user)?,
                until: required("until", self.until)?,
            },
            "mute_all" => CommandKind::MuteAll {
                on: required("on", self.on)?,
            },
            "set_nickname" => CommandKind::SetNickname {
                nickname: required("nickname", self.nickname)?,
            },
            other => return Err(E::custom(format_args!("there is no command `{other}`"))),
        })
    }
}

fn required<T, E: de::Error>(name: &'static str, field: Option<T>) -> Result<T, E> {
    field.ok_or_else(|| E::missing_field(name))
}

impl<'de> Deserialize<'de> for CommandKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Fields::deserialize(deserializer)?.kind()
    }
}

impl<'de> Deserialize<'de> for Command {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = Fields::deserialize(deserializer)?;
        Ok(Self {
            client_id: required("client_id", fields.client_id)?,
            kind: fields.kind()?,
        })
    }
}

/// Identifies a command's content: a repeat under the same `client_id` is the same command if its
/// hash is.
pub type PayloadHash = [u8; 32];

/// SHA-256 over the conversation's id and the command's own JSON bytes.
pub fn payload_hash(conversation: ConversationId, json: &[u8]) -> PayloadHash {
    Sha256::new()
        .chain_update(conversation.0.as_bytes())
        .chain_update(json)
        .finalize()
        .into()
}

impl Command {
    /// Checks shape and limits; what the conversation's state says is not looked at.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn checked(self, limits: &Limits) -> Result<Self, Vec<FieldError>> {
        let mut faults = Vec::new();
        if self.client_id.made_at().is_none() {
            faults.push(FieldError::new("client_id", Fault::Malformed));
        }
        match &self.kind {
            CommandKind::Send {
                content, mentions, ..
            } => {
                match content {
                    Content::Text { text } => faults.extend(text_fault(text, limits)),
                    Content::Unknown => faults.push(FieldError::new("content", Fault::Malformed)),
                }
                if mentions.len() > limits.mentions {
                    faults.push(FieldError::new(
                        "mentions",
                        Fault::TooLong {
                            max: limits.mentions,
                        },
                    ));
                }
            }
            CommandKind::Rename { name } => {
                faults.extend(line_fault("name", name, limits.name_chars));
            }
            CommandKind::SetNickname { nickname } => {
                faults.extend(line_fault("nickname", nickname, limits.name_chars));
            }
            CommandKind::Announce { announcement } => {
                faults.extend(block_fault(
                    "announcement",
                    announcement,
                    limits.announcement_chars,
                ));
            }
            CommandKind::Create { name, members } => {
                if let Some(name) = name {
                    faults.extend(line_fault("name", name, limits.name_chars));
                }
                faults.extend(users_fault("members", members, limits));
            }
            CommandKind::Invite { users } | CommandKind::Remove { users } => {
                faults.extend(users_fault("users", users, limits));
            }
            CommandKind::SetRole {
                role: Role::Owner, ..
            } => {
                faults.push(FieldError::new("role", Fault::Malformed));
            }
            CommandKind::Recall { .. }
            | CommandKind::Leave
            | CommandKind::SetRole { .. }
            | CommandKind::Transfer { .. }
            | CommandKind::MuteMember { .. }
            | CommandKind::MuteAll { .. } => {}
        }
        if faults.is_empty() {
            Ok(self)
        } else {
            Err(faults)
        }
    }
}

/// What is wrong with a message's text, if anything.
pub fn text_fault(text: &str, limits: &Limits) -> Option<FieldError> {
    let fault = if text.is_empty() {
        Fault::Missing
    } else if text.contains('\0') {
        Fault::Malformed
    } else if text.len() > limits.text_bytes || text.chars().count() > limits.text_chars {
        Fault::TooLong {
            max: limits.text_chars,
        }
    } else {
        return None;
    };
    Some(FieldError::new("text", fault))
}

/// Whether a character may stand in a name or another text of one line: no control character, and
/// none that ends the line or turns the direction of what stands beside the name.
pub fn fits_in_line(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What is wrong with text of one line: a character that does not fit there, or too many characters.
pub fn line_fault(field: &str, text: &str, max: usize) -> Option<FieldError> {
    if !text.chars().all(fits_in_line) {
        return Some(FieldError::new(field, Fault::Malformed));
    }
    block_fault(field, text, max)
}

/// What is wrong with text of several lines: U+0000, or too many characters.
pub fn block_fault(field: &str, text: &str, max: usize) -> Option<FieldError> {
    if text.contains('\0') {
        Some(FieldError::new(field, Fault::Malformed))
    } else if text.chars().count() > max {
        Some(FieldError::new(field, Fault::TooLong { max }))
    } else {
        None
    }
}

fn users_fault(field: &str, users: &[UserId], limits: &Limits) -> Option<FieldError> {
    if users.is_empty() {
        Some(FieldError::new(field, Fault::Missing))
    } else if users.len() > limits.group_members {
        Some(FieldError::new(
            field,
            Fault::TooLong {
                max: limits.group_members,
            },
        ))
    } else {
        None
    }
}
