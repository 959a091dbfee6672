//! What is written is read again, and fields that a later version adds are passed over.

use std::fmt::Debug;

use proptest::prelude::*;
use protocol::api::conversations::{ChangePreferences, CreateGroup, ReadTo};
use protocol::api::identities::ProviderIcon;
use protocol::api::{access_tokens, accounts, commands, contacts, conversations, events, pages};
use protocol::event::Role;
use protocol::ids::ConversationKind;
use protocol::stream::StreamEvent;
use protocol::sync::{Entry, EntryState, Meta, Ranges, Record, Span};
use protocol::{Code, CommandKind, Digest, Kind, Limits};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::samples;

/// Reads what it writes, also with unknown fields in every object but events' bodies, which are
/// kept as they are.
fn round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let wire = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&wire).unwrap(), value, "{wire}");

    let later = grown(serde_json::from_str(&wire).unwrap()).to_string();
    let read: T = serde_json::from_str(&later).unwrap_or_else(|e| panic!("{e}: {later}"));
    assert_eq!(&read, value, "{later}");
}

/// The value as a later version may write it. A form's values and an entry's state are no objects
/// with fields.
fn grown(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| match name.as_str() {
                "body" | "values" | "state" => (name, value),
                _ => (name, grown(value)),
            })
            .chain([
                ("a_later_field".to_owned(), serde_json::json!({"x": [1]})),
                ("another".to_owned(), Value::Null),
            ])
            .collect(),
        Value::Array(values) => values.into_iter().map(grown).collect(),
        other => other,
    }
}

#[test]
fn events() {
    round_trip(&samples::event());
    round_trip(&samples::unknown_event());
    round_trip(&samples::page());
    round_trip(&events::PageQuery {
        after: Some(1),
        before: Some(9),
        limit: Some(2),
    });
    round_trip(&events::Pull {
        conversations: vec![events::PullOne {
            id: samples::GROUP,
            after: 1,
            limit: 100,
        }],
    });
    round_trip(&events::Pulled {
        pages: vec![samples::page()],
        left: vec![samples::GROUP],
    });
    round_trip(&events::Calibrate {
        ranges: vec![samples::range_digest()],
    });
    round_trip(&samples::calibrated());
}

#[test]
fn commands() {
    for kind in samples::command_kinds() {
        round_trip(&samples::command(kind));
    }
    for answer in samples::answers() {
        round_trip(&answer);
    }
    round_trip(&commands::Queued {
        client_id: samples::CLIENT,
        state: commands::QueuedState::Queued,
    });
    round_trip(&samples::expired());
}

#[test]
fn accounts() {
    round_trip(&samples::user());
    round_trip(&samples::me());
    round_trip(&accounts::Register {
        handle: "ada".to_owned(),
        name: "Ada".to_owned(),
        password: "correct horse".to_owned(),
    });
    round_trip(&accounts::LogIn {
        handle: "ada".to_owned(),
        password: "correct horse".to_owned(),
        shared: true,
        code: "287082".to_owned(),
    });
    round_trip(&accounts::ChangePassword {
        current: "correct horse".to_owned(),
        password: "battery staple".to_owned(),
    });
    round_trip(&accounts::Sessions {
        sessions: vec![accounts::Session {
            id: "0a".to_owned(),
            current: true,
            agent: "curl/8".to_owned(),
            address: "192.0.2.1".to_owned(),
            since: 1,
            seen_at: 2,
            expires_at: 3,
            shared: false,
        }],
    });
    let access_token = access_tokens::AccessToken {
        id: "0b".to_owned(),
        name: "bot".to_owned(),
        scope: access_tokens::Scope::Write,
        since: 1,
        seen_at: 2,
        expires_at: 3,
    };
    round_trip(&access_tokens::AccessTokens {
        access_tokens: vec![access_token.clone()],
    });
    round_trip(&access_tokens::NewAccessToken {
        name: "bot".to_owned(),
        scope: access_tokens::Scope::Read,
        days: 90,
        current: "correct horse".to_owned(),
    });
    round_trip(&access_tokens::MadeAccessToken {
        token: "zsp_0".to_owned(),
        access_token,
    });
    round_trip(&accounts::ChangeMe::default());
    round_trip(&accounts::ChangeMe {
        name: Some("A".to_owned()),
        signature: Some(String::new()),
        invisible: Some(true),
    });
    round_trip(&accounts::FindUser {
        handle: Some("ada".to_owned()),
        number: None,
    });
    round_trip(&accounts::Lookup {
        users: vec![accounts::Known {
            id: samples::ADA,
            version: 1,
        }],
    });
    round_trip(&accounts::Users {
        users: vec![samples::user()],
    });
}

#[test]
fn identities() {
    round_trip(&samples::identities());
    for icon in [
        ProviderIcon::AtSign,
        ProviderIcon::MessageCircle,
        ProviderIcon::Star,
        ProviderIcon::User,
        ProviderIcon::Users,
    ] {
        assert_eq!(json(&icon), format!("{:?}", icon.name()));
    }
}

#[test]
fn contacts() {
    round_trip(&contacts::Contacts {
        contacts: vec![samples::contact()],
    });
    round_trip(&contacts::ContactRequests {
        requests: vec![samples::contact_request()],
    });
    round_trip(&contacts::ChangeContact {
        remark: Some("A.".to_owned()),
        starred: Some(true),
        blocked: Some(false),
    });
    round_trip(&contacts::AskContact {
        user: samples::ADA,
        note: "it is me".to_owned(),
    });
}

#[test]
fn conversations() {
    round_trip(&conversations::Conversations {
        conversations: vec![samples::conversation()],
        users: vec![samples::user()],
    });
    round_trip(&samples::mine());
    round_trip(&samples::members());
    round_trip(&CreateGroup {
        name: "登山".to_owned(),
        members: vec![samples::BEN],
    });
    round_trip(&ReadTo { seq: 42 });
    round_trip(&ChangePreferences::default());
    round_trip(&ChangePreferences {
        pinned: Some(true),
        silenced: Some(false),
        marked_unread: Some(true),
        hidden_seq: Some(1),
        cleared_seq: Some(2),
    });
}

#[test]
fn problems_and_limits() {
    round_trip(&samples::problem());
    round_trip(&Limits::default());
    for code in Code::ALL {
        round_trip(code);
        assert_eq!(Code::from_name(code.as_str()), *code);
        assert!((400..600).contains(&code.status()), "{code:?}");
    }
}

#[test]
fn pages() {
    round_trip(&samples::boot());
    round_trip(&pages::PageData {
        found: Some(Some(samples::user())),
        ..pages::PageData::default()
    });
    for language in [pages::Language::Chinese, pages::Language::English] {
        assert_eq!(json(&language), format!("{:?}", language.tag()));
    }
    for theme in [
        pages::Theme::System,
        pages::Theme::Light,
        pages::Theme::Dark,
    ] {
        assert_eq!(json(&theme), format!("{:?}", theme.name()));
    }
}

#[test]
fn the_stream() {
    for event in samples::stream_events() {
        let (name, data) = event.write().unwrap();
        assert!(!data.contains(['\n', '\r']), "one line of data: {data}");
        assert_eq!(StreamEvent::parse(name, &data).unwrap(), event, "{data}");
        let later = grown(serde_json::from_str(&data).unwrap()).to_string();
        assert_eq!(StreamEvent::parse(name, &later).unwrap(), event, "{later}");
    }
}

#[test]
fn what_a_browser_keeps() {
    round_trip(&Record {
        conversation: samples::conversation(),
        ranges: Ranges::default(),
        read_msg_no: 39,
        span: Some(Span {
            start: 1,
            start_msg_no: 0,
            floor: 3,
            floor_msg_no: 2,
        }),
    });
    round_trip(&Meta {
        history_id: Some(samples::calibrated().history_id),
        since: Some(1),
        offset: -1,
    });
    for state in [
        EntryState::Waiting,
        EntryState::Queued,
        EntryState::Refused(Code::Muted),
    ] {
        for command in samples::command_kinds() {
            round_trip(&Entry {
                position: 7,
                conversation: samples::GROUP,
                command,
                at: 1,
                random: [1; 10],
                client_id: Some(samples::CLIENT),
                bytes: Some("{}".to_owned()),
                state,
            });
        }
    }
}

#[test]
fn names_on_the_wire() {
    assert_eq!(json(&Role::Administrator), r#""administrator""#);
    assert_eq!(json(&ConversationKind::Direct), r#""direct""#);
    assert_eq!(json(&Kind::MemberMuted), r#""member_muted""#);
    assert_eq!(json(&Code::RecallWindowPassed), r#""recall_window_passed""#);
    assert_eq!(json(&samples::ADA), format!("\"{}\"", samples::ADA));
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

proptest! {
    #[test]
    fn any_digest(bits in any::<u64>()) {
        round_trip(&Digest(bits));
    }

    #[test]
    fn any_text_in_a_command(text in any::<String>(), reply_to in any::<Option<u64>>()) {
        round_trip(&samples::command(CommandKind::Send {
            content: samples::text(&text),
            reply_to,
            mentions: Vec::new(),
            mention_all: false,
        }));
    }

    #[test]
    fn any_kind_of_event(name in any::<String>()) {
        let kind = Kind::from_name(&name);
        prop_assert_eq!(kind.as_str(), &name);
        round_trip(&kind);
    }
}
