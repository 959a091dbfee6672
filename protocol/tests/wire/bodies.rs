//! A body's bytes never change on their way, and are read by the event's kind.

use proptest::prelude::*;
use protocol::event::{Message, RoleSet};
use protocol::{Body, Content, Event, Kind};
use serde_json::value::RawValue;

use crate::samples;

fn with_body(kind: Kind, body: &str) -> Event {
    Event {
        kind,
        body: RawValue::from_string(body.to_owned()).unwrap(),
        ..samples::event()
    }
    .sealed()
}

fn unchanged_on_the_wire(event: &Event) {
    let wire = serde_json::to_string(event).unwrap();
    assert!(wire.contains(event.body.get()), "{wire}");
    let read: Event = serde_json::from_str(&wire).unwrap();
    assert_eq!(read.body.get(), event.body.get());
    assert_eq!(read.computed_digest(), event.digest);
    assert_eq!(&read, event);
    // Also as a part of something larger, and after a second trip.
    let page: Vec<Event> = serde_json::from_str(&format!("[ {wire} ]")).unwrap();
    assert_eq!(page[0].body.get(), event.body.get());
    assert_eq!(serde_json::to_string(&page).unwrap(), format!("[{wire}]"));
}

#[test]
fn text_that_a_parser_would_change_stays() {
    for body in [
        r"{}",
        "{ }",
        "{\t\"a\" :\r\n 1 }",
        r#"{"a":1.0,"b":1e400,"c":-0,"d":123456789012345678901234567890}"#,
        r#"{"a":"\u4f60\u597D\/\ud83d\udc4b"}"#,
        r#"{"a":"\ud800"}"#,
        "{\"a\":\"\u{2028}\u{2029}\u{feff}\u{7f}\"}",
        r#"{"a":1,"a":2}"#,
        r#"{"z":1,"a":{"y":[ null , true ]}}"#,
        r#""not an object""#,
        "null",
    ] {
        unchanged_on_the_wire(&with_body(Kind::Message, body));
        unchanged_on_the_wire(&with_body(Kind::from_name("of_a_later_version"), body));
    }
}

proptest! {
    #[test]
    fn any_text_stays(text in any::<String>()) {
        let body = Body::Message(Message {
            content: Content::Text { text },
            reply_to: None,
            mentions: Vec::new(),
            mention_all: false,
        });
        let event = Event { kind: body.kind(), body: body.to_raw(), ..samples::event() }.sealed();
        unchanged_on_the_wire(&event);
        prop_assert_eq!(event.body(), body);
    }

    #[test]
    fn any_bytes_of_a_body_are_read_without_harm(body in "\\PC{0,40}", kind in kinds()) {
        if let Ok(body) = RawValue::from_string(body) {
            let event = Event { kind, body, ..samples::event() }.sealed();
            unchanged_on_the_wire(&event);
            let _ = event.body();
        }
    }
}

fn kinds() -> impl Strategy<Value = Kind> {
    let mut kinds: Vec<Kind> = samples::bodies().iter().map(Body::kind).collect();
    kinds.push(Kind::from_name("of_a_later_version"));
    prop::sample::select(kinds)
}

#[test]
fn each_body_is_read_by_its_kind() {
    for body in samples::bodies() {
        let event = with_body(body.kind(), body.to_raw().get());
        assert_eq!(event.body(), body);
        assert_eq!(Kind::from_name(body.kind().as_str()), body.kind());
    }
}

#[test]
fn a_body_that_cannot_be_read_is_unknown() {
    let unreadable = [
        (Kind::Message, "{}"),
        (Kind::Message, r#"{"content":"text"}"#),
        (Kind::Created, r#"{"kind":"channel","members":[]}"#),
        (Kind::RoleSet, r#"{"user":"x","role":"member"}"#),
        (Kind::Recall, r#"{"target":-1}"#),
    ];
    for (kind, body) in unreadable {
        let event = with_body(kind, body);
        assert_eq!(event.body(), Body::Unknown, "{body}");
        unchanged_on_the_wire(&event);
    }
    assert_eq!(
        with_body(Kind::from_name("poll"), r#"{"target":1}"#).body(),
        Body::Unknown
    );
}

#[test]
fn a_recalled_message_keeps_its_place_and_nothing_else() {
    let message = samples::event();
    let recalled = message.clone().recalled();
    assert_eq!(recalled.kind, Kind::Recalled);
    assert_eq!(recalled.body.get(), "{}");
    assert_eq!(recalled.digest, recalled.computed_digest());
    assert_eq!(
        (
            recalled.seq,
            recalled.at,
            recalled.msg_no,
            recalled.client_id
        ),
        (message.seq, message.at, message.msg_no, message.client_id)
    );
    assert!(message.is_message() && recalled.is_message());
    assert_eq!(recalled.clone().recalled(), recalled);
}

#[test]
fn only_messages_count() {
    for body in samples::bodies() {
        assert_eq!(body.counts(), matches!(body, Body::Message(_)), "{body:?}");
    }
}

#[test]
fn a_role_of_a_later_version_makes_the_body_unknown_and_not_wrong() {
    let event = with_body(
        Kind::RoleSet,
        &format!(r#"{{"user":"{}","role":"moderator"}}"#, samples::BEN),
    );
    assert_eq!(event.body(), Body::Unknown);
    let known = with_body(
        Kind::RoleSet,
        &format!(r#"{{"user":"{}","role":"owner"}}"#, samples::BEN),
    );
    assert_eq!(
        known.body(),
        Body::RoleSet(RoleSet {
            user: samples::BEN,
            role: protocol::event::Role::Owner
        })
    );
}
