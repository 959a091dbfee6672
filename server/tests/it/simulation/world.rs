//! A world: several people with several browsers, one server, and a network that cannot be relied on.

mod network;

use std::collections::{BTreeMap, VecDeque};

use protocol::stream::StreamEvent;
use protocol::sync::{EntryState, Failure, Input, Posted};
use protocol::{CommandKind, Content, ConversationId, Kind, Limits, Millis, UserId};
use server::chat::Subscription;

use super::browser::{Browser, Question};
use super::dice::Dice;
use super::model::Model;
use super::server::{START, Server, Ticket};

/// Something on its way.
#[derive(Debug)]
enum Packet {
    /// To the server.
    Ask { from: Sender, question: Question },
    /// To a browser.
    Tell { to: Sender, input: Box<Input> },
}

/// A tab, named so that what is meant for a dead one reaches nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sender {
    browser: usize,
    tab: u64,
}

/// A stream, as a connection that keeps order until it is cut.
struct Line {
    to: Sender,
    stream: u64,
    subscription: Subscription,
    under_way: VecDeque<(StreamEvent, Option<Millis>)>,
}

pub struct World {
    pub dice: Dice,
    pub server: Server,
    pub model: Model,
    pub browsers: Vec<Browser>,
    pub users: Vec<UserId>,
    pub conversations: Vec<ConversationId>,
    network: Vec<Packet>,
    lines: Vec<Line>,
    posts: BTreeMap<Ticket, (Sender, u64)>,
    tickets: Ticket,
    /// Whether the network is to be relied on: at the end.
    pub healed: bool,
    texts: u64,
}

impl World {
    pub async fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let mut server = Server::start(seed, limits()).await;
        let mut model = Model::default();
        let mut users = Vec::new();
        for n in 1..=4 {
            users.push(server.user(n).await);
        }
        for (n, one) in users.iter().enumerate() {
            for other in &users[n + 1..] {
                server
                    .store
                    .make_contacts(*one, *other, START)
                    .await
                    .expect("contacts");
            }
        }
        let group = ConversationId::new(START, dice.bytes());
        let create = CommandKind::Create {
            name: Some("group".into()),
            members: users.clone(),
        };
        server.store_now(&mut model, users[0], group, create).await;
        let direct = ConversationId::direct(users[0], users[1]);
        let create = CommandKind::Create {
            name: None,
            members: users[..2].to_vec(),
        };
        server.store_now(&mut model, users[0], direct, create).await;
        // Two people have two browsers each; clocks are off by up to an hour.
        let mut browsers = Vec::new();
        for owner in [0, 0, 1, 1, 2, 3] {
            let skew = i64::try_from(dice.below(7_200_000)).unwrap() - 3_600_000;
            browsers.push(Browser::new(users[owner], skew));
        }
        let mut world = Self {
            dice,
            server,
            model,
            browsers,
            users,
            conversations: vec![group, direct],
            network: Vec::new(),
            lines: Vec::new(),
            posts: BTreeMap::new(),
            tickets: 0,
            healed: false,
            texts: 0,
        };
        for browser in 0..world.browsers.len() {
            world.open(browser);
        }
        world
    }

    pub fn now(&self) -> Millis {
        self.server.clock.now()
    }

    fn open(&mut self, browser: usize) {
        let now = self.now();
        let questions = self.browsers[browser].open(now, &mut self.dice);
        self.ask(browser, questions);
    }

    fn ask(&mut self, browser: usize, questions: Vec<Question>) {
        let from = Sender {
            browser,
            tab: self.browsers[browser].tab,
        };
        self.network.extend(
            questions
                .into_iter()
                .map(|question| Packet::Ask { from, question }),
        );
    }

    fn input(&mut self, browser: usize, input: Input) {
        // A tab may die in the middle of what it does.
        let dies = !self.healed && self.dice.percent(1);
        let dies_after = dies.then(|| self.dice.below(6));
        let now = self.now();
        let questions = self.browsers[browser].input(now, input, dies_after);
        self.ask(browser, questions);
    }

    /// One thing happens.
    pub async fn step(&mut self) {
        match self.dice.below(100) {
            0..12 => self.write_something(),
            12..16 => self.do_something_else(),
            16..18 => self.read_something(),
            18..60 => self.move_a_packet().await,
            60..72 => self.write_a_batch().await,
            72..80 => self.server.deliver().await,
            80..88 => self.move_a_line(),
            88..92 => self.pass_time(1_500).await,
            92..94 => self.pass_time(20_000).await,
            94 => self.cut_a_line(),
            95 => self.kill_or_open(),
            96 => self.restart_the_server(),
            97 => {
                let loss = self.dice.pick(&[0, 0, 30, 100]).copied().unwrap_or(0);
                self.server
                    .loss
                    .store(loss, std::sync::atomic::Ordering::Relaxed);
            }
            98 => self.server.sweep().await,
            _ => self.let_much_time_pass().await,
        }
        self.collect();
    }

    fn living(&mut self) -> Option<usize> {
        let living: Vec<_> = (0..self.browsers.len())
            .filter(|b| self.browsers[*b].engine.is_some())
            .collect();
        self.dice.pick(&living).copied()
    }

    fn write_something(&mut self) {
        let Some(browser) = self.living() else { return };
        let conversation = self.conversations[self.dice.below(self.conversations.len())];
        self.texts += 1;
        let text = format!("{} from {browser}", self.texts);
        let command = CommandKind::Send {
            content: Content::Text { text },
            reply_to: None,
            mentions: Vec::new(),
            mention_all: false,
        };
        self.write(browser, conversation, command);
    }

    fn write(&mut self, browser: usize, conversation: ConversationId, command: CommandKind) {
        let now = self.now();
        let dies = !self.healed && self.dice.percent(2);
        let dies_after = dies.then(|| self.dice.below(4));
        let dice = &mut self.dice;
        let questions = self.browsers[browser].write(now, conversation, command, dice, dies_after);
        self.ask(browser, questions);
    }

    fn do_something_else(&mut self) {
        let Some(browser) = self.living() else { return };
        let conversation = self.conversations[self.dice.below(self.conversations.len())];
        let someone = self.users[self.dice.below(self.users.len())];
        let command = match self.dice.below(9) {
            0..4 => {
                let user = self.browsers[browser].user;
                let own: Vec<_> = self.browsers[browser]
                    .storage
                    .events
                    .range((conversation, 0)..=(conversation, u64::MAX))
                    .filter(|(_, event)| event.sender == user && event.kind == Kind::Message)
                    .map(|(key, _)| key.1)
                    .collect();
                let Some(target) = self.dice.pick(&own).copied() else {
                    return;
                };
                return self.write(browser, conversation, CommandKind::Recall { target });
            }
            4 | 5 => CommandKind::Remove {
                users: vec![someone],
            },
            6 | 7 => CommandKind::Invite {
                users: vec![someone],
            },
            _ => CommandKind::Rename {
                name: format!("name {}", self.texts),
            },
        };
        let owner = self.browsers.iter().position(|b| b.user == self.users[0]);
        // Mostly by one who may.
        let browser = if self.dice.percent(70) {
            owner.unwrap_or(browser)
        } else {
            browser
        };
        if self.browsers[browser].engine.is_some() {
            self.write(browser, conversation, command);
        }
    }

    fn read_something(&mut self) {
        let Some(browser) = self.living() else { return };
        let conversation = self.conversations[self.dice.below(self.conversations.len())];
        let held: Vec<_> = self.browsers[browser]
            .storage
            .events
            .range((conversation, 0)..=(conversation, u64::MAX))
            .map(|(_, event)| (event.seq, event.msg_no))
            .collect();
        if let Some((seq, msg_no)) = self.dice.pick(&held).copied() {
            self.input(
                browser,
                Input::Read {
                    conversation,
                    seq,
                    msg_no,
                },
            );
        }
        if self.dice.percent(30) {
            self.input(browser, Input::Focus(conversation));
        }
    }

    async fn write_a_batch(&mut self) {
        let size = 1 + self.dice.below(8);
        let answers = self.server.write(&mut self.model, size).await;
        // The process may die between the commit and the answers.
        if !self.healed && self.dice.percent(5) {
            self.restart_the_server();
            for (ticket, _) in answers {
                self.unanswered(ticket);
            }
            return;
        }
        for (ticket, answer) in answers {
            if let Some((to, position)) = self.posts.remove(&ticket) {
                self.tell(to, Input::Posted { position, answer });
            }
        }
    }

    fn unanswered(&mut self, ticket: Ticket) {
        if let Some((to, position)) = self.posts.remove(&ticket) {
            let answer = Posted::Failed(Failure::Later(None));
            self.tell(to, Input::Posted { position, answer });
        }
    }

    fn restart_the_server(&mut self) {
        // All streams are cut, with what was on them.
        while let Some(line) = self.lines.pop() {
            self.tell(line.to, Input::Disconnected(None));
        }
        for ticket in self.server.restart() {
            self.unanswered(ticket);
        }
    }

    async fn pass_time(&mut self, most: usize) {
        let by = Millis::try_from(self.dice.below(most)).unwrap();
        self.server.clock.advance(by);
        self.server.tick().await;
        for browser in 0..self.browsers.len() {
            let now = self.now();
            let questions = self.browsers[browser].ring(now);
            self.ask(browser, questions);
        }
    }

    async fn let_much_time_pass(&mut self) {
        if self.dice.percent(20) {
            let hours = Millis::try_from(self.dice.below(40)).unwrap();
            self.server.clock.advance(hours * 3_600_000);
            self.server.retain().await;
        }
    }

    fn kill_or_open(&mut self) {
        let browser = self.dice.below(self.browsers.len());
        if self.browsers[browser].engine.is_some() {
            self.browsers[browser].kill();
        } else {
            self.open(browser);
        }
    }

    /// The network is repaired, all tabs are opened, and everything is let run until nothing moves.
    pub async fn settle(&mut self) {
        self.healed = true;
        self.server
            .loss
            .store(0, std::sync::atomic::Ordering::Relaxed);
        for browser in 0..self.browsers.len() {
            if self.browsers[browser].engine.is_none() {
                self.open(browser);
            }
        }
        for _ in 0..400 {
            while !self.network.is_empty() {
                self.move_a_packet().await;
            }
            while self.server.has_pending() {
                self.write_a_batch().await;
            }
            self.server.deliver().await;
            self.server.sweep().await;
            self.collect();
            while self.lines.iter().any(|line| !line.under_way.is_empty()) {
                self.move_a_line();
            }
            if self.is_settled() {
                return;
            }
            self.pass_time(4_000).await;
        }
        let left: Vec<_> = self.browsers.iter().map(|b| &b.storage.outbox).collect();
        panic!("P1: it never comes to rest; in the outboxes: {left:#?}");
    }

    fn is_settled(&self) -> bool {
        self.network.is_empty()
            && !self.server.has_pending()
            && self.browsers.iter().all(|browser| {
                let live = browser
                    .engine
                    .as_ref()
                    .is_some_and(|engine| engine.connection() == protocol::sync::Connection::Live);
                let sent = browser
                    .storage
                    .outbox
                    .values()
                    .all(|entry| matches!(entry.state, EntryState::Refused(_)));
                live && sent && browser.checked > 0
            })
            && self.lines.len() == self.browsers.len()
    }
}

fn limits() -> Limits {
    Limits {
        commands_per_window: u32::MAX,
        ..Limits::default()
    }
}
