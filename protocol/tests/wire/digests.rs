//! The published test vectors, `tests/vectors/digests.json`.

use protocol::command::payload_hash;
use protocol::{ConversationId, Digest, Event, UserId};
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Vectors {
    events: Vec<EventVector>,
    ranges: Vec<RangeVector>,
    direct_conversations: Vec<DirectVector>,
    payload_hashes: Vec<PayloadVector>,
}

#[derive(Deserialize)]
struct EventVector {
    about: String,
    conversation: ConversationId,
    seq: u64,
    at: i64,
    sent_at: i64,
    sender: UserId,
    kind: protocol::Kind,
    msg_no: u64,
    client_id: protocol::ClientId,
    body: String,
    digest: Digest,
}

#[derive(Deserialize)]
struct RangeVector {
    from: u64,
    to: u64,
    digest: Digest,
}

#[derive(Deserialize)]
struct DirectVector {
    users: [UserId; 2],
    id: ConversationId,
}

#[derive(Deserialize)]
struct PayloadVector {
    conversation: ConversationId,
    command: String,
    sha256: String,
}

impl EventVector {
    fn event(&self) -> Event {
        Event {
            conversation: self.conversation,
            seq: self.seq,
            at: self.at,
            sent_at: self.sent_at,
            sender: self.sender,
            kind: self.kind.clone(),
            msg_no: self.msg_no,
            client_id: self.client_id,
            body: RawValue::from_string(self.body.clone()).unwrap(),
            digest: self.digest,
        }
    }
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../vectors/digests.json")).unwrap()
}

#[test]
fn events() {
    for vector in vectors().events {
        let event = vector.event();
        assert_eq!(event.computed_digest(), vector.digest, "{}", vector.about);

        let wire = serde_json::to_string(&event).unwrap();
        let read: Event = serde_json::from_str(&wire).unwrap();
        assert_eq!(read.computed_digest(), vector.digest, "{}", vector.about);
    }
}

#[test]
fn a_recall_makes_of_a_message_what_the_vectors_say() {
    let events = vectors().events;
    let (message, recalled) = (events[2].event(), events[3].event());
    assert_eq!(message.recalled(), recalled);
}

#[test]
fn every_field_counts() {
    let event = vectors().events[1].event();
    let digest = event.digest;
    let other = &vectors().events[6];
    let changes: [fn(&mut Event, &EventVector); 9] = [
        |event, other| event.conversation = other.conversation,
        |event, _| event.seq += 1,
        |event, _| event.at += 1,
        |event, _| event.sent_at += 1,
        |event, _| event.sender.0 = uuid::Uuid::nil(),
        |event, _| event.kind = protocol::Kind::Recalled,
        |event, _| event.msg_no += 1,
        |event, other| event.client_id = other.client_id,
        |event, other| event.body = RawValue::from_string(other.body.clone()).unwrap(),
    ];
    for (n, change) in changes.iter().enumerate() {
        let mut other_event = event.clone();
        change(&mut other_event, other);
        assert_ne!(other_event.computed_digest(), digest, "field {n}");
        assert_ne!(other_event, event, "field {n}");
    }
}

#[test]
fn ranges() {
    let vectors = vectors();
    let log: Vec<&EventVector> = [0, 1, 3, 4, 5].map(|n| &vectors.events[n]).into();
    for range in &vectors.ranges {
        let digest = log
            .iter()
            .filter(|event| (range.from..=range.to).contains(&event.seq))
            .fold(Digest::default(), |digest, event| digest ^ event.digest);
        assert_eq!(digest, range.digest, "{} to {}", range.from, range.to);
    }
}

#[test]
fn direct_conversations() {
    for vector in vectors().direct_conversations {
        let [one, other] = vector.users;
        assert_eq!(ConversationId::direct(one, other), vector.id);
    }
}

#[test]
fn payload_hashes() {
    let mut hashes = std::collections::BTreeSet::new();
    for vector in vectors().payload_hashes {
        let hash = payload_hash(vector.conversation, vector.command.as_bytes());
        let hex = hash
            .chunks(8)
            .map(|eight| Digest(u64::from_be_bytes(eight.try_into().unwrap())).to_string())
            .collect::<String>();
        assert_eq!(hex, vector.sha256, "{}", vector.command);
        assert!(hashes.insert(hash));
    }
    let elsewhere = ConversationId(uuid::Uuid::nil());
    let command = &vectors().payload_hashes[0].command;
    assert!(hashes.insert(payload_hash(elsewhere, command.as_bytes())));
}
