//! What lies in the broker's queues.

#[path = "../../server/src/chat/broker/envelope.rs"]
mod format;

use format::Envelope;

use crate::chat::Accepted;

/// What can be read holds a command at least, and comes back as it is once it is written again.
pub fn holds(input: &[u8]) {
    let Ok(first) = Envelope::read(input) else {
        return;
    };
    let Accepted {
        sender,
        conversation,
        ..
    } = first.commands[0];
    let submitted = first.commands.iter().map(|one| one.submitted.clone());
    let written = Envelope::write(
        sender,
        conversation,
        submitted.collect(),
        first.node,
        first.request,
        first.commands[0].submitted.trace,
    );
    let again = Envelope::read(&written).expect("what was written can be read");
    assert_eq!((first.node, first.request), (again.node, again.request));
    assert_eq!(first.commands.len(), again.commands.len());
    for (one, other) in first.commands.iter().zip(&again.commands) {
        assert_eq!((one.sender, one.conversation), (sender, conversation));
        assert_eq!(one.sender, other.sender);
        assert_eq!(one.conversation, other.conversation);
        assert_eq!(one.submitted.command, other.submitted.command);
        assert_eq!(one.submitted.payload_hash, other.submitted.payload_hash);
        assert_eq!(one.submitted.after, other.submitted.after);
        assert_eq!(one.submitted.accepted_at, other.submitted.accepted_at);
        assert_eq!(one.submitted.trace, other.submitted.trace);
    }
}
