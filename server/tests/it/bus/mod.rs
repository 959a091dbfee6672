//! The bus: what it promises, in each form.

mod several_nodes;

use std::sync::Arc;

use bytes::Bytes;
use protocol::stream::{Account, Outcome, Presence, PresenceState, Read, Typing};
use protocol::{ClientId, ConversationId, Event, UserId};
use server::bus::{Arrived, Bus, Encoded, InProcess, Message, Payload, Receiver, Topic};
use services::RedisOptions;
use uuid::Uuid;

use crate::redis::{Node, within};

/// A bus and its hub's end, in some form.
struct Form {
    bus: Arc<dyn Bus>,
    from_bus: Receiver,
    /// Goes on for as long as the form is used.
    _server: Option<services::Redis>,
}

async fn in_process() -> Option<Form> {
    let (bus, from_bus) = InProcess::new();
    Some(Form {
        bus: Arc::new(bus),
        from_bus,
        _server: None,
    })
}

async fn redis() -> Option<Form> {
    let server = crate::redis::start(&RedisOptions::default())?;
    let node = Node::start(&server).await;
    Some(Form {
        bus: node.bus,
        from_bus: node.from_bus,
        _server: Some(server),
    })
}

/// Runs each property against each form.
macro_rules! conformance {
    ($forms:tt => $($property:ident),* $(,)?) => {
        $(conformance!(@forms $forms $property);)*
    };
    (@forms ($($form:ident),*) $property:ident) => {
        mod $property {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $form() {
                    if let Some(form) = super::$form().await {
                        super::$property(form).await;
                    }
                }
            )*
        }
    };
}

conformance!((in_process, redis) =>
    keeps_the_order_of_a_topic,
    nothing_arrives_twice_or_unpublished,
    all_that_is_published_after_subscribing_arrives,
    subscribing_right_after_unsubscribing_holds,
    everything_arrives_as_it_was,
);

async fn keeps_the_order_of_a_topic(mut form: Form) {
    let topic = Topic::Conversation(conversation(1));
    form.bus.subscribe(vec![topic]).await.unwrap();
    let mut seq = 0;
    for size in (1..60).chain([700, 1, 1_500]) {
        let batch = (0..size).map(|_| {
            seq += 1;
            joined(topic, seq)
        });
        form.bus.publish(batch.collect());
    }
    let arrived = seqs(&mut form.from_bus, topic, seq).await;
    assert!(arrived.iter().copied().eq(1..=seq), "{arrived:?}");
}

async fn nothing_arrives_twice_or_unpublished(mut form: Form) {
    let topics = [1, 2, 3].map(|number| Topic::Conversation(conversation(number)));
    form.bus.subscribe(topics.to_vec()).await.unwrap();
    // Twice is once.
    form.bus.subscribe(topics.to_vec()).await.unwrap();
    for seq in 1..=300 {
        form.bus
            .publish(topics.map(|topic| joined(topic, seq)).to_vec());
        form.bus.publish(Vec::new());
    }
    form.bus.publish(vec![last()]);
    let arrived = until_last(&mut form.from_bus).await;
    for topic in topics {
        let seqs: Vec<u64> = arrived
            .iter()
            .filter(|message| message.topic == topic)
            .map(seq)
            .collect();
        assert_eq!(seqs, (1..=300).collect::<Vec<_>>());
    }
    assert_eq!(arrived.len(), 900);
}

async fn all_that_is_published_after_subscribing_arrives(mut form: Form) {
    for number in 0..200 {
        let topic = Topic::Conversation(conversation(number));
        form.bus.subscribe(vec![topic]).await.unwrap();
        form.bus.publish(vec![joined(topic, u64::from(number) + 1)]);
    }
    form.bus.publish(vec![last()]);
    let arrived = until_last(&mut form.from_bus).await;
    assert_eq!(
        arrived.iter().map(seq).collect::<Vec<_>>(),
        (1..=200).collect::<Vec<_>>()
    );
}

async fn subscribing_right_after_unsubscribing_holds(mut form: Form) {
    let topic = Topic::Conversation(conversation(1));
    form.bus.subscribe(vec![topic]).await.unwrap();
    for seq in 1..=200 {
        form.bus.unsubscribe(vec![topic]);
        form.bus.subscribe(vec![topic]).await.unwrap();
        form.bus.publish(vec![joined(topic, seq)]);
        assert_eq!(seqs(&mut form.from_bus, topic, seq).await, [seq]);
    }
}

async fn everything_arrives_as_it_was(mut form: Form) {
    let (user, here) = (user(1), conversation(1));
    let said = "{ \"text\" : \"\\u4f60好\\n\\\"quoted\\\" 🎉\",\"later\":1.50}";
    let messages: Vec<Message> = [
        (
            Topic::Conversation(here),
            Payload::Event(Arc::new(Encoded::new(event(said)))),
        ),
        (
            Topic::Conversation(here),
            Payload::Typing(Typing {
                conversation: here,
                user,
            }),
        ),
        (Topic::User(user), Payload::Joined(here, 7)),
        (
            Topic::User(user),
            Payload::Read(Read {
                conversation: here,
                user,
                seq: 3,
                msg_no: 2,
            }),
        ),
        (
            Topic::User(user),
            Payload::Account(Account {
                contacts: true,
                ..Account::default()
            }),
        ),
        (
            Topic::User(user),
            Payload::Outcome(Outcome {
                conversation: here,
                client_id: ClientId::new(5, [5; 10]),
                seq: None,
                refused: Some(protocol::Code::NotAMember),
            }),
        ),
        (
            Topic::Presence(user),
            Payload::Presence(Presence {
                user,
                state: PresenceState::Offline,
                since: 1_800_000_000_000,
            }),
        ),
        (
            Topic::Nodes,
            Payload::Answers {
                request: u64::MAX,
                answers: (0..=255).collect(),
            },
        ),
        (
            Topic::Nodes,
            Payload::Answers {
                request: 0,
                answers: Bytes::new(),
            },
        ),
        (
            Topic::Nodes,
            Payload::SessionsEnded(vec![[0; 32], [255; 32]]),
        ),
    ]
    .map(|(topic, payload)| Message { topic, payload })
    .to_vec();
    // What concerns nodes is subscribed from the start.
    let topics = vec![
        Topic::Conversation(here),
        Topic::User(user),
        Topic::Presence(user),
    ];
    form.bus.subscribe(topics).await.unwrap();
    form.bus.publish(messages.clone());
    form.bus.publish(vec![last()]);
    let arrived = until_last(&mut form.from_bus).await;
    assert_eq!(format!("{arrived:?}"), format!("{messages:?}"));
    let Payload::Event(encoded) = &arrived[0].payload else {
        panic!("{arrived:?}")
    };
    assert_eq!(encoded.event.body.get(), said);
    assert_eq!(encoded.event.computed_digest(), encoded.event.digest);
}

pub fn conversation(number: u32) -> ConversationId {
    ConversationId(Uuid::from_u128(u128::from(number) + 1_000))
}

pub fn user(number: u8) -> UserId {
    UserId::new(1, [number; 10])
}

fn event(body: &str) -> Event {
    let json = format!(
        r#"{{"conversation":"{}","seq":1,"at":2,"sent_at":1,"sender":"{}","kind":"message","msg_no":1,"client_id":"{}","body":{body},"digest":"0000000000000000"}}"#,
        conversation(1),
        user(1),
        ClientId::new(5, [5; 10]),
    );
    let mut event: Event = serde_json::from_str(&json).unwrap();
    event.digest = event.computed_digest();
    event
}

/// A small message with a number.
pub fn joined(topic: Topic, seq: u64) -> Message {
    Message {
        topic,
        payload: Payload::Joined(conversation(1), seq),
    }
}

pub fn seq(message: &Message) -> u64 {
    match message.payload {
        Payload::Joined(_, seq) => seq,
        _ => panic!("{message:?} was not published"),
    }
}

/// A message that every node hears, to tell the end of those before it.
pub fn last() -> Message {
    Message {
        topic: Topic::Nodes,
        payload: Payload::SessionsEnded(vec![[9; 32]]),
    }
}

fn is_last(message: &Message) -> bool {
    matches!(&message.payload, Payload::SessionsEnded(keys) if keys[..] == [[9; 32]])
}

/// What arrives before [`last`].
pub async fn until_last(from_bus: &mut Receiver) -> Vec<Message> {
    let mut all = Vec::new();
    loop {
        let Arrived::Messages(messages) = within(from_bus.next()).await.unwrap() else {
            continue;
        };
        for message in messages {
            if is_last(&message) {
                return all;
            }
            all.push(message);
        }
    }
}

/// The numbers that arrive on a topic, up to one.
pub async fn seqs(from_bus: &mut Receiver, topic: Topic, up_to: u64) -> Vec<u64> {
    let mut all = Vec::new();
    while all.last() != Some(&up_to) {
        if let Arrived::Messages(messages) = within(from_bus.next()).await.unwrap() {
            all.extend(
                messages
                    .iter()
                    .filter(|message| message.topic == topic)
                    .map(seq),
            );
        }
    }
    all
}
