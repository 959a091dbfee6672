//! Runs the sync engine in the tab that leads, by the rules of [`protocol::sync`].

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use litemap::LiteMap;
use protocol::UserId;
use protocol::stream::StreamEvent;
use protocol::sync::{Connection, Effect, Engine, Input, Show, Timer};

use super::channel::{Note, Seen, Wish};
use super::disk::{DiskError, How};
use super::stream::{Heard, Stream};
use super::tab::Tab;
use super::time::{self, Timeout};
use super::{account, presence};

/// How a run of the engine ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It was stopped; another may begin.
    Stopped,
    /// Nobody is logged in here, or somebody else is: no other run would get further.
    Over,
}

/// One run of the engine.
pub struct Driver {
    pub(super) tab: Rc<Tab>,
    inputs: UnboundedSender<Input>,
    stopped: Cell<bool>,
    /// The right to write; none where tabs do not share.
    pub(super) generation: Cell<Option<u64>>,
    stream: RefCell<Option<Stream>>,
    timers: RefCell<LiteMap<Timer, Timeout>>,
    /// The `ETag` of the list that the engine has.
    pub(super) list_etag: RefCell<Option<String>>,
    /// Whose presence each tab wants.
    pub(super) watches: RefCell<LiteMap<u64, Vec<UserId>>>,
    /// The one list that the server was given last.
    pub(super) watched: RefCell<Option<Vec<UserId>>>,
}

impl Driver {
    /// A run that has not begun, but keeps what it is told until it has.
    pub fn new(tab: &Rc<Tab>) -> (Rc<Self>, UnboundedReceiver<Input>) {
        let (inputs, receiver) = unbounded();
        let mut watches = LiteMap::new();
        watches.insert(tab.id, tab.watched.borrow().clone());
        let driver = Self {
            tab: Rc::clone(tab),
            inputs,
            stopped: Cell::new(false),
            generation: Cell::new(None),
            stream: RefCell::default(),
            timers: RefCell::default(),
            list_etag: RefCell::default(),
            watches: RefCell::new(watches),
            watched: RefCell::default(),
        };
        (Rc::new(driver), receiver)
    }

    /// Whether it has been ended.
    pub fn stopped(&self) -> bool {
        self.stopped.get()
    }

    /// Ends it at once: nothing more is written, asked or shown.
    pub fn stop(&self) {
        self.stopped.set(true);
        self.inputs.close_channel();
        self.stream.take();
        self.timers.take();
    }

    /// Something happened.
    pub fn hear(&self, input: Input) {
        if !self.stopped() {
            // Closed only when stopped.
            let _ = self.inputs.unbounded_send(input);
        }
    }

    /// A tab wants something done.
    pub fn fulfil(self: &Rc<Self>, wish: Wish) {
        self.hear(match wish {
            Wish::Queued(entry) => Input::Queued(entry),
            Wish::Requeued { old, entry } => Input::Requeued { old, entry },
            Wish::Dropped(position) => Input::Dropped(position),
            Wish::Read {
                conversation,
                seq,
                msg_no,
            } => Input::Read {
                conversation,
                seq,
                msg_no,
            },
            Wish::Focus(conversation) => Input::Focus(conversation),
            Wish::Known(conversation) => Input::Known(conversation),
            Wish::Page(page) => Input::Page(page.conversation, Ok(page)),
            Wish::Watch { tab, users } => {
                presence::remind(&self.tab, &users);
                self.watches.borrow_mut().insert(tab, users);
                return presence::watch(self);
            }
            Wish::Gone(tab) => {
                self.watches.borrow_mut().remove(&tab);
                return presence::watch(self);
            }
        });
    }

    /// Runs until it is stopped or over, or the disk fails.
    pub async fn run(
        self: Rc<Self>,
        mut inputs: UnboundedReceiver<Input>,
    ) -> Result<End, DiskError> {
        if self.tab.shared {
            let generation = self.tab.history.take_over().await?;
            self.generation.set(Some(generation));
        }
        let disk = Box::new(self.tab.history.for_engine().await?);
        let seed = u64::from_le_bytes(time::random());
        let mut engine = Engine::default();
        let mut next = Some(Input::Opened { disk, seed });
        if !online() {
            self.hear(Input::Network(false));
        }
        while let Some(input) = next {
            if self.stopped() {
                break;
            }
            let effects = engine.step(time::now(), input);
            self.carry_out(effects).await?;
            if matches!(
                engine.connection(),
                Connection::SignedOut | Connection::WrongAccount
            ) {
                return Ok(End::Over);
            }
            next = inputs.next().await;
        }
        Ok(End::Stopped)
    }

    /// Carries out effects in order: writes that follow each other in one transaction.
    async fn carry_out(self: &Rc<Self>, effects: Vec<Effect>) -> Result<(), DiskError> {
        let mut writes = Vec::new();
        for effect in effects {
            let Some(effect) = super::writes::collect(effect, &mut writes) else {
                continue;
            };
            self.write(std::mem::take(&mut writes)).await?;
            self.act(effect).await?;
            if self.stopped() {
                return Ok(());
            }
        }
        self.write(writes).await
    }

    async fn act(self: &Rc<Self>, effect: Effect) -> Result<(), DiskError> {
        match effect {
            Effect::Connect { since } => self.connect(since),
            Effect::SetTimer(timer, milliseconds) => self.set_timer(timer, milliseconds),
            Effect::Show(show) => self.show(*show),
            other => match super::writes::write(self, other).await? {
                None => {}
                Some(question) => super::asks::ask(self, question).await?,
            },
        }
        Ok(())
    }

    /// Writes, while this run may.
    pub(super) async fn write(&self, writes: Vec<super::disk::Write>) -> Result<(), DiskError> {
        self.tab
            .history
            .disk
            .write(writes, self.how())
            .await
            .map(drop)
    }

    /// How this run writes.
    pub(super) fn how(&self) -> How {
        How {
            strict: false,
            fence: self.generation.get(),
        }
    }

    fn connect(self: &Rc<Self>, since: Option<i64>) {
        // The old one ends before the new one begins, so that the server need not count both.
        self.stream.take();
        let driver: Weak<Self> = Rc::downgrade(self);
        let hear = move |heard| {
            let Some(driver) = driver.upgrade() else {
                return;
            };
            match heard {
                Heard::Event(event, id) => {
                    if let StreamEvent::Sync(sync) = &*event {
                        account::check(&driver.tab, sync.account_version);
                    }
                    driver.hear(Input::Stream(event, id));
                }
                Heard::End(failure) => driver.hear(Input::Disconnected(failure)),
            }
        };
        let stream = Stream::open(self.tab.http, self.tab.user(), since, hear);
        *self.stream.borrow_mut() = Some(stream);
    }

    fn set_timer(self: &Rc<Self>, timer: Timer, milliseconds: u64) {
        let driver = Rc::downgrade(self);
        let timeout = Timeout::new(milliseconds, move || {
            if let Some(driver) = driver.upgrade() {
                driver.hear(Input::Timer(timer));
            }
        });
        self.timers.borrow_mut().insert(timer, timeout);
    }

    fn show(self: &Rc<Self>, show: Show) {
        let stream = matches!(show, Show::Stream(_));
        if let Show::Account(changed) = &show {
            account::refresh(&self.tab, *changed);
        }
        self.tab.share(Seen::Show(Box::new(show)));
        if stream {
            // A new stream watches nobody yet.
            self.watched.take();
            presence::watch(self);
        }
    }
}

impl Tab {
    /// Says how things are, to a tab that asks or has just come.
    pub fn say_leading(&self) {
        self.say(&Note::Leading {
            connection: self.connection.get(),
            stream: self.stream.get(),
            presences: self.presences.borrow().values().copied().collect(),
        });
    }
}

/// Whether the browser thinks there is a network.
pub fn online() -> bool {
    web_sys::window().is_none_or(|window| window.navigator().on_line())
}
