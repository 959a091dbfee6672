//! Commands, which are read by hand, against what serde derives for the same.

use protocol::event::Role;
use protocol::{ClientId, Command, CommandKind, Content, Limits, Millis, Seq, UserId, json};
use serde::Deserialize;
use serde_json::Value;

/// The same as serde derives it.
#[derive(Deserialize)]
struct Derived {
    client_id: ClientId,
    #[serde(flatten)]
    kind: DerivedKind,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum DerivedKind {
    Send {
        content: DerivedContent,
        reply_to: Option<Seq>,
        #[serde(default)]
        mentions: Vec<UserId>,
        #[serde(default)]
        mention_all: bool,
    },
    Recall {
        target: Seq,
    },
    Rename {
        name: String,
    },
    Announce {
        announcement: String,
    },
    Invite {
        users: Vec<UserId>,
    },
    Remove {
        users: Vec<UserId>,
    },
    Leave,
    SetRole {
        user: UserId,
        role: Role,
    },
    Transfer {
        user: UserId,
    },
    MuteMember {
        user: UserId,
        until: Millis,
    },
    MuteAll {
        on: bool,
    },
    SetNickname {
        nickname: String,
    },
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum DerivedContent {
    Text {
        text: String,
    },
    #[serde(other)]
    Unknown,
}

/// The fields of each kind, beside `client_id` and `kind`.
const FIELDS: [(&str, &[&str]); 12] = [
    ("send", &["content", "reply_to", "mentions", "mention_all"]),
    ("recall", &["target"]),
    ("rename", &["name"]),
    ("announce", &["announcement"]),
    ("invite", &["users"]),
    ("remove", &["users"]),
    ("leave", &[]),
    ("set_role", &["user", "role"]),
    ("transfer", &["user"]),
    ("mute_member", &["user", "until"]),
    ("mute_all", &["on"]),
    ("set_nickname", &["nickname"]),
];

/// What is read is what serde would read, to the same value; it can be written and read again; and
/// what passes the limits is within them.
pub fn holds(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let by_hand = json::from_str::<Command>(text);
    let derived = serde_json::from_str::<Derived>(text).map(Command::from);
    match (&by_hand, &derived) {
        (Ok(command), Ok(derived)) => assert_eq!(command, derived),
        (Ok(command), Err(error)) => panic!("{command:?} is read, but serde says: {error}"),
        // By hand the fields of all kinds are read, whatever the kind: those of another one may be why.
        (Err(_), Ok(derived)) => {
            if let Some(own) = own_fields(text) {
                let own = json::from_str::<Command>(&own).expect("its own fields are right");
                assert_eq!(own, *derived);
            }
        }
        (Err(_), Err(_)) => {}
    }
    let Ok(command) = by_hand else {
        return;
    };
    let written = json::to_string(&command);
    assert_eq!(
        json::from_str::<Command>(&written).ok().as_ref(),
        Some(&command)
    );
    let limits = Limits::default();
    if let Ok(checked) = command.clone().checked(&limits) {
        assert_eq!(checked, command);
        is_within(&checked.kind, &limits);
    }
}

fn is_within(kind: &CommandKind, limits: &Limits) {
    let line = |text: &str| {
        assert!(text.chars().count() <= limits.name_chars);
        assert!(!text.contains(['\0', '\n', '\r', '\u{202e}', '\u{2069}']));
    };
    match kind {
        CommandKind::Send {
            content, mentions, ..
        } => {
            let Content::Text { text } = content else {
                panic!("what is not known is let through");
            };
            assert!(!text.is_empty() && text.len() <= limits.text_bytes && !text.contains('\0'));
            assert!(mentions.len() <= limits.mentions);
        }
        CommandKind::Rename { name } => line(name),
        CommandKind::SetNickname { nickname } => line(nickname),
        CommandKind::Announce { announcement } => {
            assert!(announcement.chars().count() <= limits.announcement_chars);
        }
        CommandKind::Invite { users } | CommandKind::Remove { users } => {
            assert!((1..=limits.group_members).contains(&users.len()));
        }
        CommandKind::SetRole { role, .. } => assert_ne!(*role, Role::Owner),
        CommandKind::Create { .. } => panic!("it has routes of its own"),
        CommandKind::Recall { .. }
        | CommandKind::Leave
        | CommandKind::Transfer { .. }
        | CommandKind::MuteMember { .. }
        | CommandKind::MuteAll { .. } => {}
    }
}

/// The command with the fields of its own kind only; `None` where it is not written in the way that
/// the interface describes: kinds by name, structs as objects. serde takes others, too.
fn own_fields(text: &str) -> Option<String> {
    let Ok(Value::Object(mut fields)) = serde_json::from_str(text) else {
        return None;
    };
    let kind = fields.get("kind")?.as_str()?.to_owned();
    let (_, own) = FIELDS.iter().find(|(name, _)| *name == kind)?;
    fields.retain(|name, _| ["client_id", "kind"].contains(&&**name) || own.contains(&&**name));
    if let Some(content) = fields.get_mut("content") {
        let content = content.as_object_mut()?;
        if content.get("type")?.as_str()? != "text" {
            content.retain(|name, _| name == "type");
        }
    }
    Some(Value::Object(fields).to_string())
}

impl From<Derived> for Command {
    fn from(derived: Derived) -> Self {
        Self {
            client_id: derived.client_id,
            kind: derived.kind.into(),
        }
    }
}

impl From<DerivedKind> for CommandKind {
    fn from(kind: DerivedKind) -> Self {
        match kind {
            DerivedKind::Send {
                content,
                reply_to,
                mentions,
                mention_all,
            } => Self::Send {
                content: match content {
                    DerivedContent::Text { text } => Content::Text { text },
                    DerivedContent::Unknown => Content::Unknown,
                },
                reply_to,
                mentions,
                mention_all,
            },
            DerivedKind::Recall { target } => Self::Recall { target },
            DerivedKind::Rename { name } => Self::Rename { name },
            DerivedKind::Announce { announcement } => Self::Announce { announcement },
            DerivedKind::Invite { users } => Self::Invite { users },
            DerivedKind::Remove { users } => Self::Remove { users },
            DerivedKind::Leave => Self::Leave,
            DerivedKind::SetRole { user, role } => Self::SetRole { user, role },
            DerivedKind::Transfer { user } => Self::Transfer { user },
            DerivedKind::MuteMember { user, until } => Self::MuteMember { user, until },
            DerivedKind::MuteAll { on } => Self::MuteAll { on },
            DerivedKind::SetNickname { nickname } => Self::SetNickname { nickname },
        }
    }
}
