//! What every test here needs: a store in a folder of its own, people, and the parts, stepped by
//! hand.

use std::collections::HashMap;
use std::sync::Arc;

use protocol::api::events::{Page, PageQuery};
use protocol::command::payload_hash;
use protocol::stream::StreamEvent;
use protocol::{
    ClientId, Code, Command, CommandKind, Content, ConversationId, Event, Millis, Seq, UserId,
};
use server::bus::{Bus, InProcess, Message, Receiver};
use server::chat::{Accepted, Hub, Outcome, Reads, Settings, Submitted, Subscription, Writer};
use server::clock::Clock;
use server::presence::Presence;
use server::random::Random;
use server::store::{DatabaseConfig, NewUser, Store};
use tempfile::TempDir;

use crate::database;
use crate::raw::Raw;

pub const START: Millis = 1_800_000_000_000;
pub const MINUTE: Millis = 60_000;
pub const DAY: Millis = 24 * 60 * MINUTE;

pub struct Scene {
    pub store: Store,
    pub clock: Clock,
    pub random: Random,
    pub writer: Writer,
    pub hub: Hub,
    pub reads: Reads,
    pub presence: Presence,
    pub bus: Arc<dyn Bus>,
    pub settings: Settings,
    from_bus: std::sync::Mutex<Receiver>,
    pub raw: Raw,
    pub database: DatabaseConfig,
    _folder: TempDir,
    over: Arc<std::sync::Mutex<Vec<[u8; 32]>>>,
}

impl Scene {
    pub async fn new() -> Self {
        Self::losing(|_| false).await
    }

    /// A scene whose bus loses the messages picked.
    pub async fn losing(loses: impl Fn(&Message) -> bool + Send + Sync + 'static) -> Self {
        // The log is shown where a test fails.
        let _ = tracing_subscriber::fmt().with_test_writer().try_init();
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::manual(START);
        let random = Random::seeded(7);
        let database = database::new(folder.path());
        let store = Store::open(&database, &clock, &random).await.unwrap();
        let raw = Raw::open(&database).await;
        let settings = Settings::default();
        let (bus, from_bus) = InProcess::losing(loses);
        let bus: Arc<dyn Bus> = Arc::new(bus);
        let presence = Presence::new(Arc::clone(&bus), clock.clone());
        let over = Arc::new(std::sync::Mutex::new(Vec::new()));
        let sessions_over = Arc::clone(&over);
        Self {
            writer: Writer::new(&store, Arc::clone(&bus), clock.clone(), settings.clone()),
            hub: Hub::new(
                store.clone(),
                Arc::clone(&bus),
                presence.clone(),
                clock.clone(),
                random.clone(),
                settings.clone(),
                Arc::new(move |asked| {
                    let over: Vec<[u8; 32]> = sessions_over.lock().unwrap().clone();
                    Box::pin(
                        async move { asked.into_iter().filter(|key| over.contains(key)).collect() },
                    )
                }),
            ),
            reads: Reads::new(store.clone(), Arc::clone(&bus), clock.clone()),
            store,
            clock,
            random,
            presence,
            bus,
            settings,
            from_bus: std::sync::Mutex::new(from_bus),
            raw,
            database,
            _folder: folder,
            over,
        }
    }

    /// A second writer to the same store.
    pub fn another_writer(&self) -> Writer {
        Writer::new(
            &self.store,
            Arc::clone(&self.bus),
            self.clock.clone(),
            self.settings.clone(),
        )
    }

    pub async fn user(&self, handle: &str) -> UserId {
        let id = UserId::new(self.clock.now(), self.random.bytes());
        let user = NewUser {
            id,
            handle: handle.to_owned(),
            name: handle.to_owned(),
            phc: Some(String::new()),
            administrator: false,
            at: self.clock.now(),
        };
        self.store.create_user(&user).await.unwrap();
        id
    }

    /// So many people, each with all others as contacts.
    pub async fn friends<const N: usize>(&self) -> [UserId; N] {
        let mut users = [UserId(uuid::Uuid::nil()); N];
        for (number, user) in users.iter_mut().enumerate() {
            *user = self.user(&format!("friend{number}")).await;
        }
        for (number, one) in users.iter().enumerate() {
            for other in &users[..number] {
                self.contacts(*one, *other).await;
            }
        }
        users
    }

    /// Makes two people each other's contacts.
    pub async fn contacts(&self, one: UserId, other: UserId) {
        let now = self.clock.now();
        self.store.make_contacts(one, other, now).await.unwrap();
    }

    /// Takes somebody out of one's contacts; they keep theirs.
    pub async fn remove_contact(&self, owner: UserId, peer: UserId) {
        let now = self.clock.now();
        assert!(self.store.remove_contact(owner, peer, now).await.unwrap());
    }

    /// A command as it is taken in now.
    pub fn command(
        &self,
        sender: UserId,
        conversation: ConversationId,
        kind: CommandKind,
    ) -> Accepted {
        let client_id = ClientId::new(self.clock.now(), self.random.bytes());
        let hash = payload_hash(conversation, format!("{client_id} {kind:?}").as_bytes());
        Accepted {
            sender,
            conversation,
            submitted: Submitted {
                command: Command { client_id, kind },
                payload_hash: hash,
                after: None,
                accepted_at: self.clock.now(),
                trace: None,
            },
        }
    }

    /// One command, stored alone.
    pub async fn act(
        &self,
        sender: UserId,
        conversation: ConversationId,
        kind: CommandKind,
    ) -> Result<Event, Code> {
        self.repeat(&self.command(sender, conversation, kind)).await
    }

    /// A command that may have been taken before.
    pub async fn repeat(&self, command: &Accepted) -> Result<Event, Code> {
        let mut outcomes = self.writer.batch(std::slice::from_ref(command)).await;
        event(outcomes.pop().unwrap().unwrap())
    }

    pub async fn say(&self, sender: UserId, conversation: ConversationId, text: &str) -> Event {
        self.act(sender, conversation, send(text)).await.unwrap()
    }

    /// A group of these, owned by the first.
    pub async fn group(&self, members: &[UserId]) -> ConversationId {
        let id = ConversationId::new(self.clock.now(), self.random.bytes());
        self.act(members[0], id, create(members)).await.unwrap();
        id
    }

    pub async fn direct(&self, one: UserId, other: UserId) -> ConversationId {
        let id = ConversationId::direct(one, other);
        self.act(one, id, create(&[one, other])).await.unwrap();
        id
    }

    /// What the bus has, on its way to the hub.
    pub async fn deliver(&mut self) {
        self.deliver_beside().await;
    }

    /// As [`Scene::deliver`], while others use the scene.
    pub async fn deliver_beside(&self) {
        let next = || self.from_bus.lock().unwrap().take();
        while let Some(messages) = next() {
            self.hub.deliver(messages).await;
        }
    }

    pub async fn open(&self, user: UserId) -> Stream {
        let key = self.random.bytes();
        Stream {
            frames: self.hub.open(user, key, None).await.unwrap(),
            session: key,
        }
    }

    pub fn end_in_database(&self, session: [u8; 32]) {
        self.over.lock().unwrap().push(session);
    }

    pub async fn page(&self, user: UserId, conversation: ConversationId) -> Page {
        self.page_by(user, conversation, PageQuery::default()).await
    }

    pub async fn page_by(
        &self,
        user: UserId,
        conversation: ConversationId,
        query: PageQuery,
    ) -> Page {
        let page = self.store.page(user, conversation, query).await.unwrap();
        page.expect("a member")
    }

    pub async fn mine(
        &self,
        user: UserId,
        conversation: ConversationId,
    ) -> protocol::api::conversations::Mine {
        let found = self.store.conversation(user, conversation).await.unwrap();
        found.expect("a member").mine
    }
}

pub fn event(outcome: Outcome) -> Result<Event, Code> {
    match outcome {
        Outcome::Stored(encoded) => Ok(encoded.event.clone()),
        Outcome::Refused(code) => Err(code),
        other => panic!("neither stored nor refused: {other:?}"),
    }
}

pub fn send(text: &str) -> CommandKind {
    call(text, &[])
}

pub fn call(text: &str, mentions: &[UserId]) -> CommandKind {
    CommandKind::Send {
        content: Content::Text {
            text: text.to_owned(),
        },
        reply_to: None,
        mentions: mentions.to_vec(),
        mention_all: false,
    }
}

pub fn call_all(text: &str) -> CommandKind {
    CommandKind::Send {
        content: Content::Text {
            text: text.to_owned(),
        },
        reply_to: None,
        mentions: Vec::new(),
        mention_all: true,
    }
}

pub fn create(members: &[UserId]) -> CommandKind {
    CommandKind::Create {
        name: None,
        members: members.to_vec(),
    }
}

pub fn invite(users: &[UserId]) -> CommandKind {
    CommandKind::Invite {
        users: users.to_vec(),
    }
}

pub fn remove(users: &[UserId]) -> CommandKind {
    CommandKind::Remove {
        users: users.to_vec(),
    }
}

/// One browser's end of a stream.
pub struct Stream {
    pub frames: Subscription,
    pub session: [u8; 32],
}

impl Stream {
    /// All that has come since the last call.
    pub fn take(&mut self) -> Vec<StreamEvent> {
        std::iter::from_fn(|| self.frames.take())
            .map(|frame| read(std::str::from_utf8(&frame).unwrap()))
            .collect()
    }

    /// The events of logs that have come, as (conversation, seq).
    pub fn seqs(&mut self) -> HashMap<ConversationId, Vec<Seq>> {
        let mut seqs: HashMap<ConversationId, Vec<Seq>> = HashMap::new();
        for event in self.take() {
            if let StreamEvent::Event(event) = event {
                assert_eq!(event.digest, event.computed_digest());
                seqs.entry(event.conversation).or_default().push(event.seq);
            }
        }
        seqs
    }
}

fn read(frame: &str) -> StreamEvent {
    let field = |name: &str| {
        frame
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    };
    assert!(frame.ends_with("\n\n"), "{frame:?}");
    StreamEvent::parse(field("event").unwrap(), field("data").unwrap()).unwrap()
}
