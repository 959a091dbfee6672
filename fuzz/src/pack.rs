//! Several bodies in one message of the broker.

use bytes::Bytes;

#[path = "../../server/src/queue/rabbitmq/pack.rs"]
mod format;

use format::{pack, together, unpack};

/// What can be taken apart is, put together again, the same to the byte; nothing is left over, and
/// nothing is copied that was not sent.
pub fn holds(input: &[u8]) {
    let message = Bytes::copy_from_slice(input);
    if let Some(bodies) = unpack(message.clone()) {
        assert!(!bodies.is_empty());
        assert_eq!(pack(bodies.iter()), message);
        let first = together(bodies.iter());
        assert!((1..=bodies.len()).contains(&first));
        let bytes: usize = bodies[..first].iter().map(Bytes::len).sum();
        assert!(first == 1 || bytes <= format::BYTES);
    }
    // And whatever is cut into bodies comes back as these.
    let bodies: Vec<Bytes> = input
        .split(|byte| *byte == 0)
        .map(Bytes::copy_from_slice)
        .collect();
    assert_eq!(unpack(pack(bodies.iter())), Some(bodies));
}
