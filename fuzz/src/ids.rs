//! Ids and digests in the form of text.

use protocol::ids::ConversationKind;
use protocol::{ClientId, ConversationId, Digest, UserId};

/// An id is the same in each of the forms that it is read from, its kind and time are its own, and a
/// digest is written as it was read.
pub fn holds(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    if let Ok(id) = text.parse::<UserId>() {
        let written = id.to_string();
        assert_eq!(written.len(), 36);
        assert_eq!(written.parse(), Ok(id));
        let json = format!("\"{written}\"");
        assert_eq!(serde_json::from_str::<UserId>(&json).ok(), Some(id));
        let conversation = ConversationId(id.0);
        match conversation.kind() {
            Some(ConversationKind::Group) => assert!(ClientId(id.0).made_at().is_some()),
            Some(ConversationKind::Direct) | None => assert_eq!(ClientId(id.0).made_at(), None),
        }
        if let Some(at) = ClientId(id.0).made_at() {
            assert!((0..1 << 48).contains(&at));
        }
        assert!(conversation.shard(16) < 16);
        let other = UserId::new(1, [1; 10]);
        let direct = ConversationId::direct(id, other);
        assert_eq!(direct, ConversationId::direct(other, id));
        assert_eq!(direct.kind(), Some(ConversationKind::Direct));
    }
    let json = serde_json::Value::from(text).to_string();
    if let Ok(digest) = serde_json::from_str::<Digest>(&json) {
        assert_eq!(digest.to_string(), text.to_ascii_lowercase());
    }
}
