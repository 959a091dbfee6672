//! The engine: what comes in, and the connection.

use litemap::LiteMap;

use super::calibration::{Calibration, Wanted};
use super::log::{Log, Told};
use super::outbox::Outbox;
use super::port::{Connection, Effect, Failure, Input, Show, Timer};
use super::record::{Disk, Meta};
use crate::event::Event;
use crate::ids::{ConversationId, Millis, Seq, UserId};
use crate::stream::{StreamEvent, Sync};

/// Silence after which a stream is taken for dead: a heartbeat comes every 20 to 30 s.
const SILENCE: u64 = 45_000;

/// Keeps one browser's history equal to the server's. See the module's documentation.
#[derive(Debug, Default)]
pub struct Engine {
    pub(super) me: Option<UserId>,
    pub(super) meta: Meta,
    pub(super) logs: LiteMap<ConversationId, Log>,
    pub(super) outbox: Outbox,
    pub(super) calibration: Calibration,
    pub(super) list: List,
    pub(super) pulling: Option<Vec<(ConversationId, Seq)>>,
    pub(super) pull_round: u64,
    pub(super) round: u64,
    pub(super) focus: Option<ConversationId>,
    connection: Connection,
    no_network: bool,
    failures: u32,
    random: u64,
    pub(super) now: Millis,
    pub(super) out: Vec<Effect>,
}

/// Where the request for the list of conversations stands.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum List {
    /// Never had since the start.
    #[default]
    Missing,
    /// As good as the events since make it.
    Here,
    /// Asked for.
    Asked,
    /// Asked for, and something changed since.
    AskedStale,
}

impl Engine {
    /// Takes in one input, at the browser's time `now`, and says what is to be done.
    pub fn step(&mut self, now: Millis, input: Input) -> Vec<Effect> {
        self.now = now;
        let over = matches!(
            self.connection,
            Connection::SignedOut | Connection::WrongAccount
        );
        if !over || matches!(input, Input::Opened { .. }) {
            self.take(input);
        }
        std::mem::take(&mut self.out)
    }

    /// How the connection is.
    pub fn connection(&self) -> Connection {
        self.connection
    }

    /// The server's time, as well as it is known.
    pub fn server_now(&self) -> Millis {
        self.now + self.meta.offset
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Opened { disk, seed } => self.opened(*disk, seed),
            Input::Network(there) => self.network(there),
            Input::Stream(event, id) => self.stream(*event, id),
            Input::Disconnected(failure) => self.disconnected(failure),
            Input::Listed(answer) => self.listed(answer),
            Input::Known(conversation) => self.known(*conversation),
            Input::Pulled(ticket, answer) => self.pulled(ticket, answer),
            Input::Page(conversation, answer) => self.page(conversation, answer),
            Input::Posted { position, answer } => self.posted(position, answer),
            Input::ReadPut(conversation, answer) => self.read_put(conversation, answer),
            Input::Digested(digest) => self.digested(digest),
            Input::Calibrated(ticket, answer) => self.calibrated(ticket, answer),
            Input::Replaced(conversation, changed) => self.replaced(conversation, changed),
            Input::Queued(entry) => self.queued(*entry),
            Input::Requeued { old, entry } => {
                self.drop_entry(old);
                self.queued(*entry);
            }
            Input::Dropped(position) => {
                self.drop_entry(position);
                self.post();
            }
            Input::Read {
                conversation,
                seq,
                msg_no,
            } => self.read(conversation, seq, msg_no),
            Input::Focus(conversation) => self.focus(conversation),
            Input::CheckHistory => {
                self.calibration.wanted = Wanted::All;
                self.check();
            }
            Input::Timer(timer) => self.rang(timer),
        }
    }

    fn opened(&mut self, disk: Disk, seed: u64) {
        let Disk {
            user,
            meta,
            records,
            outbox,
        } = disk;
        *self = Self {
            me: Some(user),
            meta,
            now: self.now,
            random: seed | 1,
            ..Self::default()
        };
        self.logs = records
            .into_iter()
            .map(|record| (record.conversation.id, Log::new(record)))
            .collect();
        for entry in outbox {
            self.outbox.insert(entry);
        }
        self.connect();
    }

    pub(super) fn connect(&mut self) {
        self.set_connection(Connection::Connecting);
        self.out.push(Effect::Connect {
            since: self.meta.since,
        });
        self.out.push(Effect::SetTimer(Timer::Silence, SILENCE));
    }

    fn set_connection(&mut self, connection: Connection) {
        self.connection = connection;
        self.show(Show::Connection(connection));
    }

    /// Whether the server can be asked: the stream is open and has said how things are.
    pub(super) fn live(&self) -> bool {
        self.connection == Connection::Live
    }

    fn network(&mut self, there: bool) {
        self.no_network = !there;
        match self.connection {
            // A stream that is cut may take long to show it; what the browser says is quicker.
            Connection::Live | Connection::Connecting if !there => {
                self.set_connection(Connection::Offline);
            }
            Connection::Offline if there => {
                self.failures = 0;
                self.connect();
            }
            _ => {}
        }
    }

    fn stream(&mut self, event: StreamEvent, id: Option<Millis>) {
        if self.connection == Connection::Offline || self.connection == Connection::Connecting {
            // Whatever came before `sync` belongs to a stream that was given up.
            if !matches!(event, StreamEvent::Sync(_) | StreamEvent::Bye(_)) || self.no_network {
                return;
            }
        }
        self.out.push(Effect::SetTimer(Timer::Silence, SILENCE));
        if let Some(id) = id {
            self.meta.since = Some(id);
        }
        match event {
            StreamEvent::Sync(sync) => self.synced(&sync),
            StreamEvent::Event(event) => self.event(event),
            StreamEvent::Outcome(outcome) => self.outcome(outcome),
            StreamEvent::Read(read) => {
                if Some(read.user) == self.me
                    && let Some(log) = self.logs.get_mut(&read.conversation)
                    && log.read_to(read.seq, read.msg_no)
                {
                    log.record.conversation.mine.marked_unread = false;
                    self.save(read.conversation);
                }
            }
            StreamEvent::Account(account) => {
                if account.conversations {
                    self.fetch_list();
                }
                self.show(Show::Account(account));
            }
            StreamEvent::Presence(presence) => self.show(Show::Presence(presence)),
            StreamEvent::Typing(typing) => {
                if Some(typing.user) != self.me {
                    self.show(Show::Typing(typing));
                }
            }
            StreamEvent::Heartbeat(heartbeat) => {
                self.meta.offset = heartbeat.now - self.now;
                self.out.push(Effect::SaveMeta(self.meta.clone()));
            }
            StreamEvent::Resync(_) => {
                self.fetch_list();
                self.calibration.wanted = Wanted::All;
                let wait = self.spread(1_000);
                self.out.push(Effect::SetTimer(Timer::Calibrate, wait));
            }
            StreamEvent::Bye(bye) => {
                let wait = bye.retry;
                self.lost(Some(wait));
            }
            StreamEvent::Unknown => {}
        }
    }

    fn synced(&mut self, sync: &Sync) {
        if Some(sync.user) != self.me {
            return self.give_up(Failure::WrongAccount);
        }
        self.failures = 0;
        self.meta.offset = sync.now - self.now;
        if self.meta.history_id != Some(sync.history_id) {
            if self.meta.history_id.is_some() {
                for (_, log) in self.logs.iter_mut() {
                    log.rebase = Some(Told::default());
                }
            }
            self.meta.history_id = Some(sync.history_id);
            self.calibration.wanted = Wanted::All;
        }
        self.out.push(Effect::SaveMeta(self.meta.clone()));
        self.set_connection(Connection::Live);
        self.show(Show::Stream(sync.stream));
        for (_, log) in self.logs.iter_mut() {
            log.stuck = false;
            log.asking_newest = false;
            if log.record.conversation.mine.left {
                // Recalls of what was said before are not told to who has left.
                self.calibration.want(log.record.conversation.id);
            }
        }
        for head in &sync.heads {
            let Some(log) = self.logs.get_mut(&head.conversation) else {
                continue;
            };
            if log.rebase.is_some() {
                continue;
            }
            if head.head < log.record.conversation.head {
                self.calibration.want(head.conversation);
            }
            log.take_head(head);
        }
        // One request, mostly answered `304`, tells all that heads do not.
        self.fetch_list();
        self.pull();
        self.outbox.resume();
        self.post();
        self.put_reads();
    }

    fn event(&mut self, event: Event) {
        let id = event.conversation;
        let Some(log) = self.logs.get_mut(&id) else {
            return self.fetch_list();
        };
        if event.computed_digest() != event.digest {
            // Damaged on its way: a page brings it whole.
            let head = &mut log.record.conversation.head;
            *head = (*head).max(event.seq);
            return self.pull();
        }
        log.tell(&event);
        self.settle(&event);
        let seq = event.seq;
        self.store(id, vec![event], (seq, seq));
        self.pull();
        self.post();
    }

    fn disconnected(&mut self, failure: Option<Failure>) {
        match failure {
            Some(failure @ (Failure::SignedOut | Failure::WrongAccount)) => self.give_up(failure),
            Some(Failure::Later(wait)) => self.lost(wait),
            Some(Failure::Refused(_)) | None => self.lost(None),
        }
    }

    /// The stream is gone: again after `wait`, or after a time that grows with the failures.
    fn lost(&mut self, wait: Option<u64>) {
        if self.connection == Connection::Offline && wait.is_none() && self.failures > 0 {
            return;
        }
        self.set_connection(Connection::Offline);
        self.calibration.abort();
        self.pulling = None;
        self.pull_round = 0;
        if self.list != List::Missing {
            self.list = List::Here;
        }
        let grown = self.back_off(self.failures);
        self.failures += 1;
        if !self.no_network {
            let wait = wait.unwrap_or(grown);
            self.out.push(Effect::SetTimer(Timer::Reconnect, wait));
        }
    }

    /// Ends all: only another page, after a log-in, begins again.
    pub(super) fn give_up(&mut self, failure: Failure) {
        self.set_connection(match failure {
            Failure::WrongAccount => Connection::WrongAccount,
            _ => Connection::SignedOut,
        });
    }

    fn rang(&mut self, timer: Timer) {
        match timer {
            Timer::Reconnect => {
                if self.connection == Connection::Offline && !self.no_network {
                    self.connect();
                }
            }
            Timer::Silence => {
                if self.live() || self.connection == Connection::Connecting {
                    self.connect();
                }
            }
            Timer::Post(conversation) => {
                self.outbox.rested(conversation);
                self.outbox.ask_again(conversation);
                self.post();
            }
            Timer::Fetch => {
                if self.list == List::Missing || self.list == List::AskedStale {
                    self.list = List::Missing;
                    self.fetch_list();
                }
                self.pull();
                self.put_reads();
            }
            Timer::Calibrate => self.check(),
        }
    }

    /// A time to wait after so many failures in a row: doubling from half a second to half a minute,
    /// less up to half of it, so that browsers do not come in step.
    pub(super) fn back_off(&mut self, failures: u32) -> u64 {
        let most = (500_u64 << failures.min(6)).min(30_000);
        most / 2 + self.spread(most / 2)
    }

    /// A number below `most`, by xorshift64 (Marsaglia, 2003).
    pub(super) fn spread(&mut self, most: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % most.max(1)
    }

    pub(super) fn show(&mut self, show: Show) {
        self.out.push(Effect::Show(Box::new(show)));
    }
}
