//! The stream of events, as browsers read it.

use protocol::json;
use protocol::stream::StreamEvent;
use serde::de::DeserializeOwned;

#[path = "../../app/src/browser/sse.rs"]
mod sse;

use sse::{Frame, Parser};

/// The first byte says how many bytes arrive at once: it makes no difference. Nothing is larger than
/// what came. What is an event can be written, and then says the same.
pub fn holds(input: &[u8]) {
    let Some((first, stream)) = input.split_first() else {
        return;
    };
    let whole = Parser::default().feed(stream);
    let mut parser = Parser::default();
    let pieces = stream.chunks(usize::from(*first).max(1));
    let cut: Vec<Frame> = pieces.flat_map(|piece| parser.feed(piece)).collect();
    assert_eq!(whole, cut);
    let bytes: usize = whole
        .iter()
        .map(|frame| frame.data.len() + frame.event.len())
        .sum();
    // A byte that is no text becomes a mark of three.
    assert!(bytes <= 3 * stream.len());
    for frame in &whole {
        let read = StreamEvent::parse(&frame.event, &frame.data);
        as_derived(&frame.event, &frame.data, read.is_ok());
        if let Ok(event) = read {
            let (name, data) = event.write().expect("what was read can be written");
            assert_eq!(StreamEvent::parse(name, &data).ok(), Some(event));
        }
    }
}

/// The browser's way to read JSON takes what serde takes, but for structs in the form of lists.
fn as_derived(name: &str, data: &str, taken: bool) {
    use protocol::stream::{Account, Bye, Outcome, Presence, Read, Sync};
    fn takes<T: DeserializeOwned + serde::Serialize>(data: &str, taken: bool) {
        match serde_json::from_str::<T>(data) {
            Ok(value) => assert!(taken || json::from_str::<T>(&json::to_string(&value)).is_ok()),
            Err(error) => assert!(!taken, "it is read, but serde says: {error}"),
        }
    }
    match name {
        "sync" => takes::<Sync>(data, taken),
        "event" => takes::<protocol::Event>(data, taken),
        "outcome" => takes::<Outcome>(data, taken),
        "read" => takes::<Read>(data, taken),
        "account" => takes::<Account>(data, taken),
        "presence" => takes::<Presence>(data, taken),
        "bye" => takes::<Bye>(data, taken),
        _ => {}
    }
}
