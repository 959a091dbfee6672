//! Answers of the server, as browsers read them.

use protocol::api::commands::Answer;
use protocol::api::conversations::{Conversations, Members};
use protocol::api::events::{Calibrated, Page, Pulled};
use protocol::{Body, Event, Problem, json};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What is read is what serde would read, and can be written and read again; an event's body is kept
/// to the byte, and what it says is read or not known, but never in the way.
pub fn holds(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    as_derived::<Conversations>(text);
    as_derived::<Members>(text);
    as_derived::<Calibrated>(text);
    as_derived::<Problem>(text);
    as_derived::<Answer>(text);
    as_derived::<Pulled>(text);
    as_derived::<Page>(text);
    if let Ok(page) = json::from_str::<Page>(text) {
        page.events.iter().for_each(is_kept);
    }
    if let Ok(event) = json::from_str::<Event>(text) {
        is_kept(&event);
    }
}

fn is_kept(event: &Event) {
    let again: Event = json::from_str(&json::to_string(event)).expect("it can be read again");
    assert_eq!(again.body.get(), event.body.get());
    assert_eq!(again.computed_digest(), event.computed_digest());
    let body = event.body();
    if body != Body::Unknown {
        assert_eq!(body.kind(), event.kind);
        // In its own words it says the same.
        let mut said = event.clone();
        said.body = body.to_raw();
        assert_eq!(said.body(), body);
    }
    let recalled = event.clone().recalled();
    assert_eq!(recalled.digest, recalled.computed_digest());
    assert_eq!(recalled.body.get(), "{}");
}

fn as_derived<T: DeserializeOwned + Serialize>(text: &str) {
    match (json::from_str::<T>(text), serde_json::from_str::<T>(text)) {
        (Ok(one), Ok(other)) => {
            let written = json::to_string(&one);
            assert_eq!(written, json::to_string(&other));
            let again = json::from_str::<T>(&written).expect("what was written can be read");
            assert_eq!(json::to_string(&again), written);
        }
        (Ok(_), Err(error)) => panic!("it is read, but serde says: {error}"),
        // A struct in the form of a list.
        (Err(_), Ok(other)) => assert!(json::from_str::<T>(&json::to_string(&other)).is_ok()),
        (Err(_), Err(_)) => {}
    }
}
