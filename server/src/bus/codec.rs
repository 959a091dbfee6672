//! Messages as they travel between nodes: channels by name, payloads as JSON.
//!
//! `{"node": …, "count": 7, "payload": {"event": {…}}}`. An event's body must keep its bytes, so what
//! holds one is read without being taken apart first: no flattened and no tagged enums here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use bytes::Bytes;
use protocol::stream::{Account, Outcome, Presence, Read, Typing};
use protocol::{ConversationId, Event, Seq};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use super::{Encoded, NodeId, Payload, Topic};
use crate::telemetry::traces::Trace;

/// A message that came, and where from.
pub(super) struct Decoded {
    /// Who published it.
    pub node: NodeId,
    /// How many messages that node had published up to it.
    pub count: u64,
    /// What it says.
    pub payload: Payload,
}

/// The channel of a topic.
pub(super) fn channel(prefix: &str, topic: Topic) -> String {
    match topic {
        Topic::Conversation(id) => format!("{prefix}:conversation:{id}"),
        Topic::User(id) => format!("{prefix}:user:{id}"),
        Topic::Presence(id) => format!("{prefix}:presence:{id}"),
        Topic::Node(id) => format!("{prefix}:node:{id}"),
        Topic::Nodes => format!("{prefix}:nodes"),
    }
}

/// The topic of a channel, if it is one.
pub(super) fn topic(prefix: &str, channel: &str) -> Option<Topic> {
    let name = channel.strip_prefix(prefix)?.strip_prefix(':')?;
    let Some((kind, id)) = name.split_once(':') else {
        return (name == "nodes").then_some(Topic::Nodes);
    };
    Some(match kind {
        "conversation" => Topic::Conversation(id.parse().ok()?),
        "user" => Topic::User(id.parse().ok()?),
        "presence" => Topic::Presence(id.parse().ok()?),
        "node" => Topic::Node(NodeId(id.parse().ok()?)),
        _ => return None,
    })
}

/// A message for the wire, with the request that it came of.
pub(super) fn encode(
    node: NodeId,
    count: u64,
    payload: &Payload,
    trace: Option<Trace>,
) -> serde_json::Result<Bytes> {
    let mut json = Vec::with_capacity(128);
    if let Payload::Event(encoded) = payload {
        let event = encoded.json();
        json.reserve(event.len());
        // Its JSON is there already.
        let trace = trace.map_or_else(String::new, |trace| format!(r#""traceparent":"{trace}","#));
        let head = format!(r#"{{"node":"{node}","count":{count},{trace}"payload":{{"event":"#);
        json.extend_from_slice(head.as_bytes());
        json.extend_from_slice(&event);
        json.extend_from_slice(b"}}");
    } else {
        let node = node.0;
        let payload = Wire::of(payload);
        let envelope = Envelope {
            node,
            count,
            traceparent: None,
            payload,
        };
        serde_json::to_writer(&mut json, &envelope)?;
    }
    Ok(json.into())
}

/// Reads a message from the wire.
pub(super) fn decode(json: &[u8]) -> serde_json::Result<Decoded> {
    let envelope: Envelope = serde_json::from_slice(json)?;
    if let Wire::Event(event) = &envelope.payload
        && event.body.get().contains(['\n', '\r'])
    {
        // No server writes such a body, and on a stream it would be the end of a line.
        return Err(serde_json::Error::custom("an event's body is on one line"));
    }
    let payload = envelope.payload.payload();
    if let Payload::Event(encoded) = &payload
        && let Some(Ok(trace)) = envelope.traceparent.map(|it| it.parse())
    {
        encoded.belongs_to(trace);
    }
    Ok(Decoded {
        node: NodeId(envelope.node),
        count: envelope.count,
        payload,
    })
}

#[derive(Serialize, Deserialize)]
struct Envelope {
    node: Uuid,
    count: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    traceparent: Option<String>,
    payload: Wire,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Wire {
    Event(Event),
    Typing(Typing),
    Joined(ConversationId, Seq),
    Read(Read),
    Account(Account),
    Outcome(Outcome),
    Presence(Presence),
    Answers { request: u64, answers: Base64 },
    SessionsEnded(Vec<Base64>),
}

impl Wire {
    fn of(payload: &Payload) -> Self {
        match payload {
            Payload::Event(encoded) => Self::Event(encoded.event.clone()),
            Payload::Typing(typing) => Self::Typing(*typing),
            Payload::Joined(id, seq) => Self::Joined(*id, *seq),
            Payload::Read(read) => Self::Read(*read),
            Payload::Account(account) => Self::Account(*account),
            Payload::Outcome(outcome) => Self::Outcome(*outcome),
            Payload::Presence(presence) => Self::Presence(*presence),
            Payload::Answers { request, answers } => Self::Answers {
                request: *request,
                answers: Base64(answers.clone()),
            },
            Payload::SessionsEnded(keys) => Self::SessionsEnded(
                keys.iter()
                    .map(|key| Base64(Bytes::copy_from_slice(key)))
                    .collect(),
            ),
        }
    }

    fn payload(self) -> Payload {
        match self {
            Self::Event(event) => Payload::Event(Encoded::new(event).into()),
            Self::Typing(typing) => Payload::Typing(typing),
            Self::Joined(id, seq) => Payload::Joined(id, seq),
            Self::Read(read) => Payload::Read(read),
            Self::Account(account) => Payload::Account(account),
            Self::Outcome(outcome) => Payload::Outcome(outcome),
            Self::Presence(presence) => Payload::Presence(presence),
            Self::Answers { request, answers } => Payload::Answers {
                request,
                answers: answers.0,
            },
            Self::SessionsEnded(keys) => Payload::SessionsEnded(
                keys.iter()
                    .filter_map(|key| key.0.as_ref().try_into().ok())
                    .collect(),
            ),
        }
    }
}

struct Base64(Bytes);

impl Serialize for Base64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = BASE64.decode(text).map_err(D::Error::custom)?;
        Ok(Self(bytes.into()))
    }
}
