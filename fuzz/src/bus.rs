//! What comes from other nodes over Redis.

#[path = "../../server/src/bus/codec.rs"]
mod codec;
#[path = "../../server/src/bus/message.rs"]
mod message;

pub use message::{Encoded, NodeId, Payload, Topic};

use crate::telemetry::traces::Trace;

/// A message that can be read says the same when it is sent on, and a channel is that of its topic.
pub fn holds(input: &[u8]) {
    if let Ok(first) = codec::decode(input) {
        let json = codec::encode(
            first.node,
            first.count,
            &first.payload,
            trace_of(&first.payload),
        )
        .expect("what was read can be written");
        let again = codec::decode(&json).expect("what was written can be read");
        assert_eq!((first.node, first.count), (again.node, again.count));
        if let (Payload::Event(one), Payload::Event(other)) = (&first.payload, &again.payload) {
            // To the byte: digests go over it.
            assert_eq!(one.json(), other.json());
            assert_eq!(one.trace(), other.trace());
            let frame = one.frame();
            let data = frame.strip_prefix(b"event: event\ndata: ".as_slice());
            let data = data.and_then(|data| data.strip_suffix(b"\n\n"));
            // A line break in it would begin another line of the stream.
            assert!(!data.expect("a frame").contains(&b'\n'));
        }
        assert_eq!(
            format!("{:?}", first.payload),
            format!("{:?}", again.payload)
        );
    }
    let name = String::from_utf8_lossy(input);
    if let Some(topic) = codec::topic("zspchat", &name) {
        assert_eq!(
            codec::topic("zspchat", &codec::channel("zspchat", topic)),
            Some(topic)
        );
        assert_eq!(codec::topic("another", &name), None);
    }
}

fn trace_of(payload: &Payload) -> Option<Trace> {
    match payload {
        Payload::Event(encoded) => encoded.trace(),
        _ => None,
    }
}
