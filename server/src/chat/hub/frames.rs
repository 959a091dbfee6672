//! Server-sent events, as bytes.

use bytes::Bytes;
use protocol::Millis;
use protocol::stream::StreamEvent;

/// An event ready for the wire; with an id, the browser may come back `since` that time.
pub(super) fn frame(event: &StreamEvent, id: Option<Millis>) -> Bytes {
    let (name, data) = event
        .write()
        .expect("events hold numbers, strings, ids and JSON");
    let id = id.map_or_else(String::new, |id| format!("id: {id}\n"));
    Bytes::from(format!("{id}event: {name}\ndata: {data}\n\n"))
}
