//! The server of the simulation: the real store, writer, hub and bus, one step at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::FutureExt as _;
use protocol::api::events::PageQuery;
use protocol::command::payload_hash;
use protocol::sync::{Failure, Input, Posted};
use protocol::{ClientId, Code, Command, CommandKind, ConversationId, Limits, UserId};
use server::bus::{Bus, InProcess, Message, Receiver};
use server::chat::{
    Accepted, Hub, Outcome, Reads, Settings, Submitted, Subscription, Writer, retain,
};
use server::clock::Clock;
use server::presence::Presence;
use server::random::Random;
use server::store::{NewUser, Store};

use super::browser::Question;
use super::model::Model;

pub const START: i64 = 1_795_000_000_000;

pub struct Server {
    pub store: Store,
    pub clock: Clock,
    settings: Settings,
    random: Random,
    /// Of a hundred messages on the bus, how many are lost.
    pub loss: Arc<AtomicU64>,
    running: Running,
}

/// What dies with the process.
struct Running {
    writer: Writer,
    hub: Hub,
    reads: Reads,
    bus: Receiver,
    /// Accepted, not yet stored: with where the answer goes.
    pending: Vec<(Accepted, Ticket)>,
}

/// Names a post on the network, so that its answer finds back.
pub type Ticket = u64;

impl Server {
    pub async fn start(seed: u64, limits: Limits) -> Self {
        let clock = Clock::manual(START);
        let random = Random::seeded(seed);
        let store = Store::in_memory(&clock, &random)
            .await
            .expect("a database in memory opens");
        let settings = Settings {
            limits,
            ..Settings::default()
        };
        let loss = Arc::new(AtomicU64::new(0));
        let running = Running::start(&store, &clock, &random, &settings, &loss);
        Self {
            store,
            clock,
            settings,
            random,
            loss,
            running,
        }
    }

    /// The process dies and is started again: what was not committed is gone, streams are cut.
    /// Gives back the posts that nobody will answer.
    pub fn restart(&mut self) -> Vec<Ticket> {
        let fresh = Running::start(
            &self.store,
            &self.clock,
            &self.random,
            &self.settings,
            &self.loss,
        );
        let old = std::mem::replace(&mut self.running, fresh);
        old.pending.into_iter().map(|(_, ticket)| ticket).collect()
    }

    pub async fn user(&self, n: u8) -> UserId {
        let id = UserId::new(START, [n; 10]);
        let user = NewUser {
            id,
            handle: format!("user{n}"),
            name: format!("User {n}"),
            phc: Some(String::new()),
            administrator: false,
            at: START,
        };
        self.store.create_user(&user).await.expect("a new user");
        id
    }

    /// Stores a command at once: for the beginning.
    pub async fn store_now(
        &mut self,
        model: &mut Model,
        sender: UserId,
        conversation: ConversationId,
        kind: CommandKind,
    ) {
        let client_id = ClientId::new(self.clock.now(), self.random.bytes());
        let command = Command { client_id, kind };
        let accepted = self.accept(sender, conversation, command, b"", None);
        for outcome in self.running.writer.batch(&[accepted]).await {
            match outcome {
                Ok(Outcome::Stored(event)) => model.commit(&event.event),
                other => panic!("{other:?}"),
            }
        }
    }

    fn accept(
        &self,
        sender: UserId,
        conversation: ConversationId,
        command: Command,
        bytes: &[u8],
        after: Option<ClientId>,
    ) -> Accepted {
        let payload_hash = payload_hash(conversation, bytes);
        let accepted_at = self.clock.now();
        let submitted = Submitted {
            command,
            payload_hash,
            after,
            accepted_at,
            trace: None,
        };
        Accepted {
            sender,
            conversation,
            submitted,
        }
    }

    /// Takes a post in, as the HTTP side does. Gives back an answer where there is one at once.
    pub fn post(
        &mut self,
        sender: UserId,
        conversation: ConversationId,
        bytes: &str,
        after: Option<ClientId>,
        ticket: Ticket,
    ) -> Option<Posted> {
        let refused = |code| Some(Posted::Failed(Failure::Refused(code)));
        let Ok(command) = serde_json::from_str::<Command>(bytes) else {
            return refused(Code::Malformed);
        };
        let Ok(command) = command.checked(&self.settings.limits) else {
            return refused(Code::Invalid);
        };
        let accepted = self.accept(sender, conversation, command, bytes.as_bytes(), after);
        self.running.pending.push((accepted, ticket));
        None
    }

    pub fn has_pending(&self) -> bool {
        !self.running.pending.is_empty()
    }

    /// Stores what is pending, in batches of at most `size`, and answers.
    pub async fn write(&mut self, model: &mut Model, size: usize) -> Vec<(Ticket, Posted)> {
        let count = size.min(self.running.pending.len());
        let (commands, tickets): (Vec<_>, Vec<_>) = self.running.pending.drain(..count).unzip();
        let outcomes = self.running.writer.batch(&commands).await;
        assert_eq!(outcomes.len(), commands.len());
        let mut answers = Vec::new();
        for (outcome, ticket) in outcomes.into_iter().zip(tickets) {
            let answer = match outcome {
                Ok(Outcome::Stored(encoded)) => {
                    let event = &encoded.event;
                    // A repeat of a message that was recalled since brings it as recalled.
                    if model.as_committed(event.conversation, event.seq).is_none() {
                        model.commit(event);
                    }
                    model.acknowledged.insert((event.conversation, event.seq));
                    Posted::Stored(Box::new(event.clone()))
                }
                Ok(Outcome::StoredExpired(expired)) => Posted::Expired(expired),
                Ok(Outcome::Queued) => panic!("nothing is queued without a broker"),
                Ok(Outcome::Refused(code)) => Posted::Failed(Failure::Refused(code)),
                Err(_) => Posted::Failed(Failure::Later(None)),
            };
            answers.push((ticket, answer));
        }
        answers
    }

    /// Answers a question that is not a post.
    pub async fn answer(&mut self, user: UserId, question: Question) -> Input {
        let store = &self.store;
        match question {
            Question::List => {
                let list = store.conversations(user).await.expect("the list");
                Input::Listed(Ok(Some(list)))
            }
            Question::Pull(ticket, pull) => {
                Input::Pulled(ticket, Ok(store.pull(user, &pull).await.expect("pages")))
            }
            Question::Newest(id) => {
                let page = store
                    .page(user, id, PageQuery::default())
                    .await
                    .expect("a page");
                let page = page.map(Box::new).ok_or(Failure::Refused(Code::NotFound));
                Input::Page(id, page)
            }
            Question::Calibrate(ticket, ask) => Input::Calibrated(
                ticket,
                Ok(store.calibrate(user, &ask).await.expect("digests")),
            ),
            Question::PutRead(id, seq) => {
                self.running
                    .reads
                    .read_to(user, id, seq)
                    .await
                    .expect("a member");
                Input::ReadPut(id, Ok(()))
            }
            Question::Post { .. } | Question::Connect { .. } => unreachable!("have their own ways"),
        }
    }

    pub async fn connect(&mut self, user: UserId, since: Option<i64>) -> Subscription {
        let session = [0; 32];
        self.running
            .hub
            .open(user, session, since)
            .await
            .expect("a stream opens")
    }

    /// Lets the hub take what is on the bus.
    pub async fn deliver(&mut self) {
        while let Some(messages) = self.running.bus.take() {
            self.running.hub.deliver(messages).await;
        }
    }

    pub async fn tick(&mut self) {
        self.running.hub.tick().await;
    }

    pub async fn sweep(&mut self) {
        self.running.hub.sweep().await.expect("the sweep looks");
    }

    pub async fn retain(&mut self) {
        retain(&self.store, &self.clock, &self.settings)
            .await
            .expect("deletes");
    }
}

impl Running {
    fn start(
        store: &Store,
        clock: &Clock,
        random: &Random,
        settings: &Settings,
        loss: &Arc<AtomicU64>,
    ) -> Self {
        let (bus, receiver) = InProcess::losing({
            let (loss, random) = (Arc::clone(loss), random.clone());
            move |_: &Message| random.within(0..100) < loss.load(Ordering::Relaxed)
        });
        let bus: Arc<dyn Bus> = Arc::new(bus);
        let presence = Presence::new(Arc::clone(&bus), clock.clone());
        let hub = Hub::new(
            store.clone(),
            Arc::clone(&bus),
            presence,
            clock.clone(),
            random.clone(),
            settings.clone(),
            Arc::new(|_| std::future::ready(Vec::new()).boxed()),
        );
        Self {
            writer: Writer::new(store, Arc::clone(&bus), clock.clone(), settings.clone()),
            reads: Reads::new(store.clone(), bus, clock.clone()),
            hub,
            bus: receiver,
            pending: Vec::new(),
        }
    }
}
