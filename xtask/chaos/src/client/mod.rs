//! A protocol client: the browser's half as it is, over real HTTP, with its disk in memory.

mod answers;
mod asks;
mod disk;
mod http;
mod sse;
mod stream;
mod tab;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use protocol::command::CommandKind;
use protocol::sync::{Connection, Input};
use protocol::{Content, ConversationId, UserId};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

pub use answers::{Answered, Answers, Said};
pub use asks::Asks;
pub use disk::{Disk, Received, Written};
pub use http::{Answer, Http, Refusal};

use crate::clock::now;
use crate::dice::Dice;
use tab::Heard;

/// Among how many of the newest a message is looked for.
const NEWEST: usize = 300;

/// One person with one browser, of which at most one tab is open.
pub struct Client {
    /// What its texts begin with.
    pub name: String,
    pub user: UserId,
    pub http: Http,
    pub answers: Arc<Answers>,
    disk: Mutex<Disk>,
    tab: Mutex<Option<Tab>>,
    connection: Mutex<Connection>,
    dice: Mutex<Dice>,
}

struct Tab {
    heard: UnboundedSender<Heard>,
    task: JoinHandle<()>,
}

impl Client {
    pub fn new(name: String, user: UserId, http: Http, answers: Arc<Answers>, dice: Dice) -> Self {
        Self {
            name,
            user,
            http,
            answers,
            disk: Mutex::default(),
            tab: Mutex::default(),
            connection: Mutex::default(),
            dice: Mutex::new(dice),
        }
    }

    /// Opens a tab, from what is on the disk; nothing happens if one is open.
    pub fn open(self: &Arc<Self>) {
        let mut tab = lock(&self.tab);
        if tab.as_ref().is_some_and(|tab| !tab.task.is_finished()) {
            return;
        }
        let (heard, inputs) = unbounded_channel();
        let seed = lock(&self.dice).roll();
        let task = tokio::spawn(tab::run(Arc::clone(self), seed, heard.clone(), inputs));
        *tab = Some(Tab { heard, task });
    }

    /// Ends the tab wherever it is: what is not on the disk is gone, and so are its requests.
    pub async fn kill(&self) {
        let tab = lock(&self.tab).take();
        if let Some(tab) = tab {
            tab.task.abort();
            // A step that is under way still ends, and it is to write before anybody else does.
            let _ = tab.task.await;
        }
        self.set_connection(Connection::Offline);
    }

    /// Writes a command to the outbox, and tells the tab if there is one; it dies after so many
    /// effects of that, if given.
    pub fn write(
        &self,
        conversation: ConversationId,
        command: CommandKind,
        dies_after: Option<usize>,
    ) {
        let random = lock(&self.dice).bytes();
        let entry = self.disk().write(conversation, command, now(), random);
        self.hear(Heard::Input {
            input: Box::new(Input::Queued(Box::new(entry))),
            dies_after,
        });
    }

    /// Says something: `{name}:{number}`, by which the checker knows it.
    pub fn say(&self, conversation: ConversationId, dies_after: Option<usize>) -> String {
        let text = format!("{}:{}", self.name, self.disk().written.len());
        let content = Content::Text { text: text.clone() };
        let command = CommandKind::Send {
            content,
            reply_to: None,
            mentions: Vec::new(),
            mention_all: false,
        };
        self.write(conversation, command, dies_after);
        text
    }

    /// Tells the engine something, if a tab is open.
    pub fn tell(&self, input: Input) {
        self.hear(Heard::Input {
            input: Box::new(input),
            dies_after: None,
        });
    }

    fn hear(&self, heard: Heard) {
        if let Some(tab) = &*lock(&self.tab) {
            // It may just have died.
            let _ = tab.heard.send(heard);
        }
    }

    /// Whether one of the last messages here says just this.
    pub fn has(&self, id: ConversationId, text: &str) -> bool {
        // It stands in the body as it is: it holds nothing that JSON writes otherwise.
        let quoted = format!("\"{text}\"");
        let disk = self.disk();
        let mut newest = disk.log(id).rev().take(NEWEST);
        newest.any(|event| event.body.get().contains(&quoted))
    }

    pub fn disk(&self) -> MutexGuard<'_, Disk> {
        lock(&self.disk)
    }

    /// Whether the tab is connected, and the server can be asked.
    pub fn is_live(&self) -> bool {
        let open = |tab: &Tab| !tab.task.is_finished();
        lock(&self.tab).as_ref().is_some_and(open) && self.connection() == Connection::Live
    }

    pub fn connection(&self) -> Connection {
        *lock(&self.connection)
    }

    fn set_connection(&self, connection: Connection) {
        *lock(&self.connection) = connection;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
