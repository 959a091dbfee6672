//! What only a later version knows is read without an error, and kept where it can be.

use protocol::api::contacts::Contact;
use protocol::event::Message;
use protocol::problem::Fault;
use protocol::stream::{Bye, ByeReason, Presence, PresenceState, StreamEvent};
use protocol::{Body, Code, Command, Content, Event, FieldError, Kind, Problem};

use crate::samples;

#[test]
fn an_event_of_an_unknown_kind() {
    let event = samples::unknown_event();
    let wire = serde_json::to_string(&event).unwrap();
    let read: Event = serde_json::from_str(&wire).unwrap();
    assert_eq!(read.kind, Kind::Other("poll_opened".into()));
    assert_eq!(read.body(), Body::Unknown);
    assert!(!read.is_message());
    assert_eq!(serde_json::to_string(&read).unwrap(), wire);
}

#[test]
fn content_of_an_unknown_type() {
    let content: Content =
        serde_json::from_str(r#"{"type":"poll","question":{"text":"when?"},"options":[1,2]}"#)
            .unwrap();
    assert_eq!(content, Content::Unknown);
    let message: Message =
        serde_json::from_str(r#"{"content":{"type":"voice","url":"…"},"reply_to":3,"effect":"x"}"#)
            .unwrap();
    assert_eq!(
        (message.content, message.reply_to),
        (Content::Unknown, Some(3))
    );
}

#[test]
fn a_message_of_an_unknown_type_stays_whole_and_can_be_recalled() {
    let body = r#"{"content":{"type":"poll","options":[1,2]}}"#;
    let event = Event {
        body: serde_json::from_str(body).unwrap(),
        ..samples::event()
    }
    .sealed();
    let wire = serde_json::to_string(&event).unwrap();
    let read: Event = serde_json::from_str(&wire).unwrap();
    assert!(matches!(
        read.body(),
        Body::Message(Message {
            content: Content::Unknown,
            ..
        })
    ));
    assert_eq!(read.body.get(), body);
    assert!(read.is_message());
    assert_eq!(read.recalled().body(), Body::Recalled);
}

#[test]
fn a_server_sent_event_of_an_unknown_name() {
    for data in ["{}", "not even JSON", ""] {
        assert_eq!(
            StreamEvent::parse("of_a_later_version", data).unwrap(),
            StreamEvent::Unknown
        );
    }
    assert!(StreamEvent::parse("heartbeat", "{}").is_err());
}

#[test]
fn an_unknown_code() {
    let problem: Problem = serde_json::from_str(
        r#"{"type":"urn:zspchat:problem:moon_phase","title":"Not now","status":422,
            "detail":"Wait for the moon.","code":"moon_phase"}"#,
    )
    .unwrap();
    assert_eq!(problem.code, Code::Unknown);
    assert_eq!(
        (
            problem.status,
            problem.title.as_str(),
            problem.detail.as_str()
        ),
        (422, "Not now", "Wait for the moon.")
    );
}

#[test]
fn a_problem_of_somebody_in_between() {
    let problem: Problem = serde_json::from_str(r#"{"code":"unavailable"}"#).unwrap();
    assert_eq!(problem.code, Code::Unavailable);
    assert!(serde_json::from_str::<Problem>("{}").is_err());
}

#[test]
fn an_unknown_fault() {
    let fields: Vec<FieldError> = serde_json::from_str(
        r#"[{"field":"text","fault":{"kind":"too_rude","words":["x"]}},
            {"field":"text","fault":{"kind":"too_long","max":5,"min":1}}]"#,
    )
    .unwrap();
    assert_eq!(
        fields,
        [
            FieldError::new("text", Fault::Unknown),
            FieldError::new("text", Fault::TooLong { max: 5 })
        ]
    );
}

#[test]
fn an_unknown_presence() {
    let read: Presence = serde_json::from_str(&format!(
        r#"{{"user":"{}","state":"asleep","since":1}}"#,
        samples::BEN
    ))
    .unwrap();
    assert_eq!(read.state, PresenceState::Unknown);
}

#[test]
fn an_unknown_reason_to_end_a_stream() {
    let read: Bye = serde_json::from_str(r#"{"retry":5,"reason":"full_moon"}"#).unwrap();
    assert_eq!((read.retry, read.reason), (5, ByeReason::Unknown));
}

#[test]
fn fields_that_an_earlier_version_did_not_write() {
    let contact: Contact = serde_json::from_str(&format!(
        r#"{{"user":{{"id":"{}","number":10000,"handle":"ada","name":"Ada","version":1}},"since":1}}"#,
        samples::ADA
    ))
    .unwrap();
    assert_eq!(contact.remark, "");
    assert!(!contact.blocked);
}

#[test]
fn a_command_of_an_unknown_kind_is_an_error_that_names_it() {
    let error = serde_json::from_str::<Command>(&format!(
        r#"{{"client_id":"{}","kind":"teleport","to":"moon"}}"#,
        samples::CLIENT
    ))
    .unwrap_err()
    .to_string();
    assert!(error.contains("teleport"), "{error}");
}
