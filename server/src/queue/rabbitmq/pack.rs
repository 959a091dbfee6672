//! Bodies that travel in one message: for the broker a message costs far more than its bytes do, and
//! those of one round are accepted together anyway.
//!
//! A message is, for each body, its length in bytes (four, big-endian) and the body.

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};

/// Most bytes of bodies in one message, unless a single one has more.
pub(super) const BYTES: usize = 32 * 1024;

/// The first of these bodies that go into one message together: how many, at least one where there
/// are any.
pub(super) fn together<'a>(bodies: impl Iterator<Item = &'a Bytes>) -> usize {
    let mut bytes = 0;
    let fits = |body: &&Bytes| {
        bytes += body.len();
        bytes <= BYTES
    };
    let mut bodies = bodies.peekable();
    let any = usize::from(bodies.peek().is_some());
    bodies.take_while(fits).count().max(any)
}

/// One message of these bodies.
pub(super) fn pack<'a>(bodies: impl Iterator<Item = &'a Bytes> + Clone) -> Bytes {
    let length = |body: &Bytes| size_of::<u32>() + body.len();
    let mut message = BytesMut::with_capacity(bodies.clone().map(length).sum());
    for body in bodies {
        let length = u32::try_from(body.len()).expect("a body has less than 4 GiB");
        message.put_u32(length);
        message.put_slice(body);
    }
    message.freeze()
}

/// The bodies of a message, in order; `None` for what [`pack`] has not made.
pub(super) fn unpack(mut message: Bytes) -> Option<Vec<Bytes>> {
    let mut bodies = Vec::new();
    while !message.is_empty() {
        let length = usize::try_from(message.try_get_u32().ok()?).ok()?;
        if length > message.len() {
            return None;
        }
        bodies.push(message.split_to(length));
    }
    (!bodies.is_empty()).then_some(bodies)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bodies(all: &[&'static str]) -> Vec<Bytes> {
        all.iter().copied().map(Bytes::from).collect()
    }

    #[test]
    fn bodies_come_out_as_they_went_in() {
        for all in [
            bodies(&["a"]),
            bodies(&["", "one\n", ""]),
            bodies(&["天气", "b"]),
        ] {
            assert_eq!(unpack(pack(all.iter())), Some(all));
        }
    }

    #[test]
    fn what_is_no_pack_is_not_read() {
        for message in ["", "{}", "\0\0\0", "\0\0\0\u{2}a", "\0\0\0\u{1}ab"] {
            assert_eq!(unpack(Bytes::from_static(message.as_bytes())), None);
        }
    }

    #[test]
    fn a_message_has_no_more_than_it_may_unless_it_is_one_body() {
        let of = |lengths: &[usize]| {
            let bodies: Vec<Bytes> = lengths
                .iter()
                .map(|length| vec![0; *length].into())
                .collect();
            together(bodies.iter())
        };
        assert_eq!(of(&[]), 0);
        assert_eq!(of(&[BYTES + 1, 1]), 1);
        assert_eq!(of(&[BYTES - 1, 1, 1]), 2);
        assert_eq!(of(&[1, BYTES, 1]), 1);
    }
}
