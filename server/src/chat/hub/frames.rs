//! Server-sent events, ready for the wire.

use bytes::Bytes;
use protocol::Millis;
use protocol::stream::StreamEvent;

use crate::telemetry::traces::Trace;

/// What is sent to a stream at once, and shared by all streams that get it.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub bytes: Bytes,
    /// The request that it came of, if that is traced.
    pub trace: Option<Trace>,
}

impl From<Bytes> for Frame {
    fn from(bytes: Bytes) -> Self {
        Self { bytes, trace: None }
    }
}

/// An event ready for the wire; with an id, the browser may come back `since` that time.
pub(super) fn frame(event: &StreamEvent, id: Option<Millis>) -> Frame {
    let (name, data) = event
        .write()
        .expect("events hold numbers, strings, ids and JSON");
    let id = id.map_or_else(String::new, |id| format!("id: {id}\n"));
    Bytes::from(format!("{id}event: {name}\ndata: {data}\n\n")).into()
}
