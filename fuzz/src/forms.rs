//! Forms, as browsers without script send them.

#[path = "../../server/src/http/pages/fields.rs"]
mod fields;

use fields::Fields;

/// Every field is found under its name, in order; none is larger than what was sent allows; and what
/// a browser would send of them is read as the same.
pub fn holds(input: &[u8]) {
    let read = Fields::read(input);
    let bytes: usize = read
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum();
    // A byte that is no text becomes a mark of three.
    assert!(bytes <= 3 * input.len());
    for (name, value) in read.iter() {
        assert!(read.all(name).any(|one| one == value));
        assert_eq!(Some(read.get(name)), read.all(name).next());
    }
    let sent = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(read.iter())
        .finish();
    // A carriage return before a line break that came from two would be taken along.
    if !sent.contains("%0D%0A") {
        assert_eq!(Fields::read(sent.as_bytes()), read);
    }
}
