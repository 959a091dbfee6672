//! This tab: what it shares with the others, and what it does by itself.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use litemap::LiteMap;
use protocol::api::accounts::{Me, User};
use protocol::api::conversations::CreateGroup;
use protocol::stream::Presence;
use protocol::sync::{Connection, Show};
use protocol::{ConversationId, Millis, Seq, StreamId, UserId};

use super::channel::{Channel, Note, Seen, Wish};
use super::driver::Driver;
use super::history::History;
use super::http::Http;
use super::time;
use crate::state::port::Update;

/// Where the state hears what to show.
pub type Sink = Rc<dyn Fn(Update)>;

/// One tab of a signed-in user.
pub struct Tab {
    /// Tells it from the others.
    pub id: u64,
    /// The disk.
    pub history: History,
    /// The network.
    pub http: Http,
    /// Whether tabs share one stream: there are Web Locks, a channel, and a disk all can see.
    pub shared: bool,
    /// The engine, while this tab leads.
    pub driver: RefCell<Option<Rc<Driver>>>,
    /// How the connection is, here or where it is led.
    pub connection: Cell<Connection>,
    /// The open stream, here or where it is led.
    pub stream: Cell<Option<StreamId>>,
    /// What is known of presences.
    pub presences: RefCell<LiteMap<UserId, Presence>>,
    /// Whose presence this tab wants.
    pub watched: RefCell<Vec<UserId>>,
    /// How far was read in this tab, to be said again to whoever leads next.
    pub reads: RefCell<LiteMap<ConversationId, (Seq, u64)>>,
    /// When typing was told last.
    pub typing: RefCell<LiteMap<ConversationId, Millis>>,
    /// The group that was asked for last, while it is not known to be made.
    pub begun: RefCell<Option<(ConversationId, CreateGroup)>>,
    /// The profiles that are known, with the time they were asked for last.
    pub people: RefCell<LiteMap<UserId, (User, Millis)>>,
    /// The reader, if known.
    pub me: RefCell<Option<Me>>,
    /// Counts how often the disk was changed behind the engine.
    pub restarts: Cell<u64>,
    /// Whether this tab is changing the disk behind the engine.
    pub changing: Cell<bool>,
    /// The conversation that is open in this tab.
    pub focus: Cell<Option<ConversationId>>,
    /// What came with the page, for whoever leads.
    pub offers: RefCell<Vec<Wish>>,
    /// Counts what was heard from the one that leads.
    pub heard: Cell<u64>,
    sink: Sink,
    channel: RefCell<Option<Channel>>,
    /// How often the disk is being read as a whole, and what came meanwhile.
    loading: RefCell<(u32, Vec<Update>)>,
    reading: RefCell<LiteMap<ConversationId, (u32, Vec<Update>)>>,
}

impl Tab {
    /// A tab that does nothing yet.
    pub fn new(history: History, shared: bool, sink: Sink) -> Self {
        Self {
            id: u64::from_le_bytes(time::random()),
            http: Http::new(Some(history.user())),
            history,
            shared,
            driver: RefCell::default(),
            connection: Cell::default(),
            stream: Cell::default(),
            presences: RefCell::default(),
            watched: RefCell::default(),
            reads: RefCell::default(),
            typing: RefCell::default(),
            begun: RefCell::default(),
            people: RefCell::default(),
            me: RefCell::default(),
            restarts: Cell::default(),
            changing: Cell::default(),
            focus: Cell::default(),
            offers: RefCell::default(),
            heard: Cell::default(),
            sink,
            channel: RefCell::default(),
            loading: RefCell::default(),
            reading: RefCell::default(),
        }
    }

    /// Has a channel from now on.
    pub fn join(&self, channel: Option<Channel>) {
        *self.channel.borrow_mut() = channel;
    }

    /// Whose.
    pub fn user(&self) -> UserId {
        self.history.user()
    }

    /// Whether this tab leads.
    pub fn leads(&self) -> bool {
        self.driver.borrow().is_some()
    }

    /// Says it to the other tabs.
    pub fn say(&self, note: &Note) {
        if let Some(channel) = &*self.channel.borrow() {
            channel.say(note);
        }
    }

    /// Has it done by whoever leads.
    pub fn wish(&self, wish: Wish) {
        let driver = self.driver.borrow().clone();
        match driver {
            Some(driver) => driver.fulfil(wish),
            None => self.say(&Note::Wish(wish)),
        }
    }

    /// Shows it, here and in the other tabs.
    pub fn share(&self, seen: Seen) {
        if self.shared || concerns_all(&seen) {
            self.say(&Note::Seen(seen.clone()));
        }
        self.see(seen);
    }

    /// Shows it here.
    pub fn see(&self, seen: Seen) {
        match &seen {
            Seen::Show(show) => match &**show {
                Show::Connection(connection) => self.connection.set(*connection),
                Show::Stream(stream) => self.stream.set(Some(*stream)),
                Show::Presence(presence) => {
                    let mut presences = self.presences.borrow_mut();
                    presences.insert(presence.user, *presence);
                }
                _ => {}
            },
            Seen::Me(me) => *self.me.borrow_mut() = Some((**me).clone()),
            Seen::Users(users) => self.know(users),
            _ => {}
        }
        self.tell(match seen {
            Seen::Show(show) => Update::Show(*show),
            Seen::Me(me) => Update::Me(*me),
            Seen::Users(users) => Update::Users(users),
            Seen::Contacts(contacts) => Update::Contacts(contacts),
            Seen::Requests(requests) => Update::Requests(requests),
            Seen::Members(conversation, members) => Update::Members(conversation, members),
            Seen::Hidden(conversation, seq) => Update::Hidden(conversation, seq),
            Seen::RecalledText(conversation, seq, text) => {
                Update::RecalledText(conversation, seq, text)
            }
            Seen::Local(local) => Update::Local(local),
            Seen::DiskFailed(full) => Update::DiskFailed { full },
        });
    }

    /// Remembers profiles.
    pub fn know(&self, users: &[User]) {
        let mut people = self.people.borrow_mut();
        for user in users {
            let known = people.get(&user.id);
            if known.is_none_or(|(known, _)| known.version <= user.version) {
                people.insert(user.id, (user.clone(), time::now()));
            }
        }
    }

    /// Gives it to the state; what changes something that is being read from the disk comes after
    /// that, so that it is not lost under it.
    pub fn tell(&self, update: Update) {
        {
            let mut loading = self.loading.borrow_mut();
            if loading.0 > 0 {
                loading.1.push(update);
                return;
            }
        }
        if let Some(conversation) = log_of(&update)
            && let Some((_, held)) = self.reading.borrow_mut().get_mut(&conversation)
        {
            held.push(update);
            return;
        }
        (self.sink)(update);
    }

    /// All is being read from the disk; to be followed by [`Tab::loaded`].
    pub fn begin_to_load(&self) {
        self.loading.borrow_mut().0 += 1;
    }

    /// What was read; then what changed since.
    pub fn loaded(&self, update: Update) {
        (self.sink)(update);
        let held = {
            let mut loading = self.loading.borrow_mut();
            loading.0 -= 1;
            if loading.0 > 0 {
                return;
            }
            std::mem::take(&mut loading.1)
        };
        for update in held {
            self.tell(update);
        }
    }

    /// The log is being read from the disk; to be followed by [`Tab::read`].
    pub fn begin_to_read(&self, conversation: ConversationId) {
        let mut reading = self.reading.borrow_mut();
        reading.entry(conversation).or_default().0 += 1;
    }

    /// What was read, if it could be; then what changed since.
    pub fn read(&self, conversation: ConversationId, update: Option<Update>) {
        if let Some(update) = update {
            (self.sink)(update);
        }
        let held = {
            let mut reading = self.reading.borrow_mut();
            let Some((readers, held)) = reading.get_mut(&conversation) else {
                return;
            };
            let held = std::mem::take(held);
            *readers -= 1;
            if *readers == 0 {
                reading.remove(&conversation);
            }
            held
        };
        for update in held {
            (self.sink)(update);
        }
    }
}

/// Whether other tabs see it even when each has an engine of its own.
fn concerns_all(seen: &Seen) -> bool {
    match seen {
        Seen::Show(show) => matches!(**show, Show::Entry(_) | Show::EntryGone(_)),
        Seen::DiskFailed(_) => false,
        _ => true,
    }
}

/// The log that an update changes.
fn log_of(update: &Update) -> Option<ConversationId> {
    match update {
        Update::Show(Show::Events(conversation, _) | Show::Erased(conversation, _))
        | Update::Hidden(conversation, _) => Some(*conversation),
        _ => None,
    }
}
