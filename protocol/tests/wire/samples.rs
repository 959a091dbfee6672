//! One of everything that goes over the wire.

use protocol::api::{accounts, commands, contacts, conversations, events, identities, pages};
use protocol::event::{
    AllMuted, Announced, Created, MemberMuted, Message, NicknameSet, Renamed, Role, RoleSet,
    Target, Transferred, Users,
};
use protocol::ids::ConversationKind;
use protocol::problem::Fault;
use protocol::stream::{self, StreamEvent};
use protocol::{
    Body, ClientId, Code, Command, CommandKind, Content, ConversationId, Digest, Event, FieldError,
    HistoryId, Kind, Limits, Problem, RequestId, StreamId, UserId,
};
use serde_json::value::RawValue;
use uuid::Uuid;

const fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x0192_f0c1_7c00_7a10_8b20_0000_0000_0000 + n)
}

pub const ADA: UserId = UserId(id(1));
pub const BEN: UserId = UserId(id(2));
pub const GROUP: ConversationId = ConversationId(id(3));
pub const CLIENT: ClientId = ClientId(id(4));
const NOW: i64 = 1_795_437_591_960;

pub fn text(text: &str) -> Content {
    Content::Text {
        text: text.to_owned(),
    }
}

/// A message. Its body's fields are in alphabetical order, so that it survives a detour by
/// `serde_json::Value`.
pub fn event() -> Event {
    let body = r#"{"content":{"text":"你好 👋\n\"quoted\"","type":"text"},"reply_to":41}"#;
    Event {
        conversation: GROUP,
        seq: 42,
        at: NOW + 6,
        sent_at: NOW,
        sender: ADA,
        kind: Kind::Message,
        msg_no: 40,
        client_id: CLIENT,
        body: RawValue::from_string(body.to_owned()).expect("JSON"),
        digest: Digest::default(),
    }
    .sealed()
}

/// An event as a later version may send it.
pub fn unknown_event() -> Event {
    Event {
        kind: Kind::from_name("poll_opened"),
        ..event()
    }
    .sealed()
}

/// One of every kind.
pub fn bodies() -> Vec<Body> {
    let users = || Users {
        users: vec![ADA, BEN],
    };
    vec![
        Body::Created(Created {
            kind: ConversationKind::Group,
            name: Some("登山".to_owned()),
            members: vec![ADA, BEN],
        }),
        Body::Created(Created {
            kind: ConversationKind::Direct,
            name: None,
            members: vec![ADA],
        }),
        Body::Message(Message {
            content: text("你好 👋\n\"quoted\""),
            reply_to: Some(41),
            mentions: vec![BEN],
            mention_all: true,
        }),
        Body::Message(Message {
            content: text(" "),
            reply_to: None,
            mentions: Vec::new(),
            mention_all: false,
        }),
        Body::Recalled,
        Body::Recall(Target { target: 41 }),
        Body::Renamed(Renamed {
            name: Some("new".to_owned()),
        }),
        Body::Renamed(Renamed { name: None }),
        Body::Announced(Announced {
            announcement: "two\nlines".to_owned(),
        }),
        Body::Invited(users()),
        Body::Removed(users()),
        Body::Left(users()),
        Body::RoleSet(RoleSet {
            user: BEN,
            role: Role::Administrator,
        }),
        Body::Transferred(Transferred { user: BEN }),
        Body::MemberMuted(MemberMuted {
            user: BEN,
            until: NOW,
        }),
        Body::AllMuted(AllMuted { on: true }),
        Body::NicknameSet(NicknameSet {
            user: ADA,
            nickname: "A".to_owned(),
        }),
    ]
}

/// One of every kind that can be posted.
pub fn command_kinds() -> Vec<CommandKind> {
    vec![
        CommandKind::Send {
            content: text("你好 👋"),
            reply_to: Some(41),
            mentions: vec![BEN],
            mention_all: true,
        },
        CommandKind::Recall { target: 41 },
        CommandKind::Rename {
            name: "new".to_owned(),
        },
        CommandKind::Announce {
            announcement: "two\nlines".to_owned(),
        },
        CommandKind::Invite { users: vec![BEN] },
        CommandKind::Remove { users: vec![BEN] },
        CommandKind::Leave,
        CommandKind::SetRole {
            user: BEN,
            role: Role::Administrator,
        },
        CommandKind::Transfer { user: BEN },
        CommandKind::MuteMember {
            user: BEN,
            until: NOW,
        },
        CommandKind::MuteAll { on: true },
        CommandKind::SetNickname {
            nickname: "A".to_owned(),
        },
    ]
}

pub fn command(kind: CommandKind) -> Command {
    Command {
        client_id: CLIENT,
        kind,
    }
}

pub fn user() -> accounts::User {
    accounts::User {
        id: ADA,
        number: 10_000,
        handle: "ada".to_owned(),
        name: "Ada".to_owned(),
        signature: "…".to_owned(),
        version: NOW,
    }
}

pub fn me() -> accounts::Me {
    accounts::Me {
        user: user(),
        administrator: true,
        invisible: true,
        account_version: NOW,
    }
}

pub fn contact() -> contacts::Contact {
    contacts::Contact {
        user: user(),
        remark: "A.".to_owned(),
        starred: true,
        blocked: true,
        mutual: true,
        since: NOW,
    }
}

pub fn contact_request() -> contacts::ContactRequest {
    contacts::ContactRequest {
        id: RequestId(id(5)),
        sender: user(),
        recipient: user(),
        note: "it is me".to_owned(),
        state: contacts::RequestState::Declined,
        at: NOW,
    }
}

pub fn mine() -> conversations::Mine {
    conversations::Mine {
        role: Role::Owner,
        nickname: "A".to_owned(),
        muted_until: NOW,
        joined_seq: 1,
        left: true,
        read_seq: 40,
        unread: 1,
        mention_seq: 41,
        marked_unread: true,
        pinned: true,
        silenced: true,
        hidden_seq: 3,
        cleared_seq: 2,
        version: NOW,
    }
}

pub fn conversation() -> conversations::Conversation {
    conversations::Conversation {
        id: GROUP,
        number: Some(10_001),
        kind: ConversationKind::Group,
        name: Some("登山".to_owned()),
        announcement: "rain".to_owned(),
        owner: Some(ADA),
        peer: Some(BEN),
        first_members: vec![ADA, BEN],
        member_count: 2,
        mute_all: true,
        head: 42,
        head_msg_no: 40,
        floor: 3,
        last_at: NOW,
        last: Some(event()),
        mine: mine(),
    }
}

pub fn members() -> conversations::Members {
    conversations::Members {
        seq: 42,
        members: vec![conversations::Member {
            user: BEN,
            role: Role::Member,
            nickname: "B".to_owned(),
            muted_until: NOW,
        }],
        users: vec![user()],
    }
}

pub fn page() -> events::Page {
    events::Page {
        conversation: GROUP,
        events: vec![event(), unknown_event()],
        from: 42,
        to: 43,
        floor: 3,
        floor_msg_no: 2,
        start: 1,
        start_msg_no: 0,
        head: 43,
        head_msg_no: 41,
    }
}

pub fn range_digest() -> events::RangeDigest {
    events::RangeDigest {
        conversation: GROUP,
        from: 1,
        to: 42,
        digest: Digest(0xab),
    }
}

pub fn calibrated() -> events::Calibrated {
    events::Calibrated {
        history_id: HistoryId(id(6)),
        ranges: vec![range_digest()],
    }
}

pub fn problem() -> Problem {
    Problem {
        request_id: Some("r1".to_owned()),
        ..Problem::invalid(vec![
            FieldError::new("text", Fault::TooLong { max: 5_000 }),
            FieldError::new("handle", Fault::TooShort { min: 3 }),
            FieldError::new("name", Fault::Missing),
            FieldError::new("note", Fault::Malformed),
            FieldError::new("handle", Fault::Taken),
            FieldError::new("current", Fault::Wrong),
        ])
    }
}

pub fn expired() -> commands::ExpiredEvent {
    commands::ExpiredEvent {
        conversation: GROUP,
        seq: 42,
        at: NOW,
        expired: true,
    }
}

pub fn answers() -> Vec<commands::Answer> {
    let answer = |status| commands::Answer {
        client_id: CLIENT,
        status,
        event: None,
        expired: None,
        problem: None,
    };
    vec![
        commands::Answer {
            event: Some(event()),
            ..answer(201)
        },
        commands::Answer {
            expired: Some(expired()),
            ..answer(201)
        },
        answer(202),
        commands::Answer {
            problem: Some(problem()),
            ..answer(422)
        },
    ]
}

pub fn provider() -> identities::Provider {
    identities::Provider {
        name: "keycloak".to_owned(),
        label: "公司账号".to_owned(),
        icon: Some(identities::ProviderIcon::Users),
    }
}

pub fn identities() -> identities::Identities {
    identities::Identities {
        has_password: true,
        identities: vec![identities::Identity {
            provider: "github".to_owned(),
            label: "GitHub".to_owned(),
            name: "ada".to_owned(),
            linked_at: NOW,
        }],
        linkable: vec![provider()],
    }
}

pub fn boot() -> pages::Boot {
    pages::Boot {
        now: NOW,
        history_id: HistoryId(id(6)),
        retention_days: 3,
        limits: Limits::default(),
        version: "0.1.0".to_owned(),
        display: pages::Display {
            language: pages::Language::English,
            theme: pages::Theme::Dark,
            time_zone: "Asia/Shanghai".to_owned(),
            utc_offset: 480,
        },
        form_token: "t".to_owned(),
        client_id: CLIENT,
        me: Some(me()),
        gone: Some(BEN),
        offers_notifications: true,
        data: pages::PageData {
            conversations: vec![conversation()],
            users: vec![user()],
            contacts: vec![contact()],
            requests: vec![contact_request()],
            page: Some(page()),
            members: Some((GROUP, members())),
            found: Some(None),
            card: Some(BEN),
            providers: vec![provider()],
        },
        form: Some(pages::RefusedForm {
            action: "/login".to_owned(),
            code: Some(Code::WrongCredentials),
            fields: vec![FieldError::new("handle", Fault::Missing)],
            values: [("handle".to_owned(), "ada".to_owned())].into(),
        }),
    }
}

/// One of every name.
pub fn stream_events() -> Vec<StreamEvent> {
    let outcome = |seq, refused| {
        StreamEvent::Outcome(stream::Outcome {
            conversation: GROUP,
            client_id: CLIENT,
            seq,
            refused,
        })
    };
    let presence = |state| {
        StreamEvent::Presence(stream::Presence {
            user: BEN,
            state,
            since: NOW,
        })
    };
    vec![
        StreamEvent::Sync(stream::Sync {
            stream: StreamId(id(7)),
            user: ADA,
            now: NOW,
            history_id: HistoryId(id(6)),
            retention_days: 3,
            account_version: NOW,
            heads: vec![stream::Head {
                conversation: GROUP,
                head: 42,
                head_msg_no: 40,
                floor: 3,
                read_seq: 40,
                unread: 1,
                version: NOW,
            }],
            complete: true,
        }),
        StreamEvent::Event(event()),
        StreamEvent::Event(unknown_event()),
        outcome(Some(42), None),
        outcome(None, Some(Code::Muted)),
        StreamEvent::Read(stream::Read {
            conversation: GROUP,
            user: BEN,
            seq: 42,
            msg_no: 40,
        }),
        StreamEvent::Account(stream::Account {
            profile: true,
            contacts: true,
            requests: true,
            conversations: true,
        }),
        presence(stream::PresenceState::Online),
        presence(stream::PresenceState::Offline),
        presence(stream::PresenceState::Unknown),
        StreamEvent::Typing(stream::Typing {
            conversation: GROUP,
            user: BEN,
        }),
        StreamEvent::Heartbeat(stream::Heartbeat { now: NOW }),
        StreamEvent::Resync(stream::Resync {
            reason: "gap".to_owned(),
        }),
        StreamEvent::Bye(stream::Bye {
            retry: 1_000,
            reason: stream::ByeReason::TooSlow,
        }),
    ]
}
