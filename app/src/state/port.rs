//! What goes between the state and the browser's machinery.
//!
//! The state sends [`Action`]s; `browser` runs the sync engine in the leading tab, asks the disk and
//! the server, and answers with [`Update`]s. On the server nobody listens, and nothing is sent.

use futures::channel::oneshot;
use serde::{Deserialize, Serialize};

use protocol::api::accounts::{ChangeMe, Me, User};
use protocol::api::contacts::{AskContact, ChangeContact, Contact, ContactRequest};
use protocol::api::conversations::{ChangePreferences, Conversation, CreateGroup, Members};
use protocol::api::pages::{Boot, Display};
use protocol::command::CommandKind;
use protocol::sync::{Entry, Record, Show};
use protocol::{ConversationId, Event, Millis, Problem, RequestId, Seq, UserId};

/// Tells the caller of an action how it went.
pub type Reply<T> = oneshot::Sender<Result<T, Problem>>;

/// Something the reader wants done.
#[derive(Debug)]
pub enum Action {
    /// Show a conversation: answered by [`Update::Log`] from the disk, at once, and again by
    /// [`Show`]s as more comes.
    Open(ConversationId),
    /// Show none.
    Close,
    /// Read more of the open conversation from the disk, older than `before`: at least `count`
    /// events, and down to `to` if given. Answered by [`Update::Older`].
    Older {
        conversation: ConversationId,
        before: Seq,
        count: usize,
        to: Option<Seq>,
    },
    /// Put a command in the outbox. It is on the disk, and shown, when the reply comes.
    Send {
        conversation: ConversationId,
        command: CommandKind,
        reply: Reply<()>,
    },
    /// Try a refused entry again.
    Resend(u64),
    /// Drop a refused entry.
    Drop(u64),
    /// Read up to here.
    Read {
        conversation: ConversationId,
        seq: Seq,
        msg_no: u64,
    },
    /// The reader is typing here: told to the server at most once in 3 s.
    Typing(ConversationId),
    /// Change the reader's own side of a conversation.
    Preferences {
        conversation: ConversationId,
        change: ChangePreferences,
        reply: Reply<()>,
    },
    /// Take a message out of this reader's view, here, for good.
    HideMessage {
        conversation: ConversationId,
        seq: Seq,
    },
    /// Whose presence to watch: all that are on the screen.
    Watch(Vec<UserId>),
    /// Fetch the members of a conversation (from the disk first): answered by [`Update::Members`].
    Members(ConversationId),
    /// Fetch profiles that are not known: answered by [`Update::Users`].
    Users(Vec<UserId>),
    /// Make a group.
    CreateGroup {
        group: CreateGroup,
        reply: Reply<Conversation>,
    },
    /// Open the direct conversation with somebody.
    Direct {
        user: UserId,
        reply: Reply<Conversation>,
    },
    /// Find somebody by exact handle or number.
    FindUser {
        text: String,
        reply: Reply<Option<User>>,
    },
    /// Ask somebody to become a contact.
    AskContact { ask: AskContact, reply: Reply<()> },
    /// Accept (`true`) or decline a request.
    AnswerRequest {
        request: RequestId,
        accept: bool,
        reply: Reply<()>,
    },
    /// Remark, star, block.
    ChangeContact {
        user: UserId,
        change: ChangeContact,
        reply: Reply<()>,
    },
    /// Remove a contact.
    RemoveContact { user: UserId, reply: Reply<()> },
    /// Change the profile.
    ChangeMe { change: ChangeMe, reply: Reply<Me> },
    /// What stands in the composer of a conversation; empty for nothing. Kept on this device.
    Draft(ConversationId, String),
    /// Small settings of this device changed. Kept on it.
    SetLocal(Local),
    /// Language, theme: sets the cookies.
    SetDisplay { display: Display, reply: Reply<()> },
    /// The reader wants no notifications: they are not offered again in this browser.
    DeclineNotifications,
    /// Something is new, or read, that the reader may not see: the service worker tells, or clears.
    Tell(News),
    /// How many entries wait in the outbox (for the question before logging out).
    OutboxSize(Reply<usize>),
    /// Log out; with `keep` the history stays on this device. Leads to the log-in page.
    LogOut { keep: bool, reply: Reply<()> },
    /// How much the history takes on this device.
    Storage(Reply<Storage>),
    /// Write the whole local history to a file and offer it for download.
    Export(Reply<()>),
    /// Take in a history that was exported, and say how many events were new.
    Import {
        file: web_sys::File,
        reply: Reply<u64>,
    },
    /// Delete the local history and start again from what the server keeps.
    ClearHistory(Reply<()>),
}

/// What the service worker is told of a conversation; what the server pushes looks the same.
#[derive(Debug, Serialize)]
pub struct News {
    /// Which.
    pub conversation: ConversationId,
    /// Its newest event.
    pub seq: Seq,
    /// When that was.
    pub at: Millis,
    /// What the reader knows the conversation by.
    pub title: String,
    /// What its last event says.
    pub body: String,
    /// In which language, as a tag.
    pub lang: &'static str,
    /// How many of its messages are not read; 0 clears what was told.
    pub unread: u64,
    /// Whether the newest calls the reader, among others.
    pub mention: bool,
    /// Whether it is with one other.
    pub direct: bool,
}

/// Small settings that stay on one device.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Local {
    /// Ctrl+Enter sends and Enter breaks the line, instead of Enter and Shift+Enter.
    pub send_with_control: bool,
    /// The emoji picked last, the latest first.
    pub recent_emoji: Vec<String>,
}

/// What this device holds and can do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Storage {
    /// Events in the history.
    pub events: u64,
    /// Bytes in use, as the browser estimates them.
    pub bytes: Option<u64>,
    /// Bytes the browser would give.
    pub quota: Option<u64>,
    /// Whether the browser promised not to evict.
    pub persisted: bool,
    /// What this browser, or a plain-http address, lacks.
    pub missing: Vec<Capability>,
}

/// What a browser may lack; the app works without it, and says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Capability {
    /// No Web Locks: every tab has a stream of its own.
    SharedStream,
    /// No service worker: the app does not open without the server.
    OfflineOpen,
    /// No `storage.persist()`: the browser may evict the history when the disk is full.
    PersistentStorage,
    /// No IndexedDB (a private window of some browsers): history lives as long as the tab.
    History,
    /// No Web Push.
    Notifications,
}

/// Something for the state to show.
#[derive(Debug, Clone, PartialEq)]
pub enum Update {
    /// From the engine.
    Show(Show),
    /// All that the disk holds for the start: the list, profiles, contacts, requests.
    Loaded {
        /// Every conversation.
        records: Vec<Record>,
        /// Every profile.
        users: Vec<User>,
        /// Contacts.
        contacts: Vec<Contact>,
        /// Requests.
        requests: Vec<ContactRequest>,
        /// The outbox.
        outbox: Vec<Entry>,
        /// The reader, if the disk knows.
        me: Option<Me>,
    },
    /// The newest events of the conversation that was opened, by seq, without the hidden ones.
    Log {
        /// Which.
        conversation: ConversationId,
        /// The newest of its events on this disk.
        events: Vec<Event>,
        /// Whether the disk holds older ones.
        older: bool,
    },
    /// Older events, by seq.
    Older {
        /// Which.
        conversation: ConversationId,
        /// Events older than those asked from.
        events: Vec<Event>,
        /// Whether the disk holds still older ones.
        older: bool,
    },
    /// A message was taken out of the view.
    Hidden(ConversationId, Seq),
    /// The text of one's own message that was recalled, to be edited again.
    RecalledText(ConversationId, Seq, String),
    /// What this device keeps: told at the start, and when another tab changed it.
    Local(Local),
    /// What stands in the composers, of the conversations where anything does: told at the start.
    Drafts(Vec<(ConversationId, String)>),
    /// In a shell without a [`Boot`], before [`Update::Loaded`]: the one this device saw last,
    /// without page data and form, the display as the cookies say. The pages appear with it.
    Restored(Box<Boot>),
    /// The reader's own profile.
    Me(Me),
    /// Profiles, new or changed.
    Users(Vec<User>),
    /// All contacts.
    Contacts(Vec<Contact>),
    /// All requests.
    Requests(Vec<ContactRequest>),
    /// A conversation's members.
    Members(ConversationId, Members),
    /// This device's storage does not take what came: nothing is shown as kept that is not, and it
    /// is tried again. `full`: the browser gives no more room.
    DiskFailed {
        /// Whether room is what is missing.
        full: bool,
    },
    /// Notifications are to be offered.
    OfferNotifications,
    /// A notification leads to an address.
    Go(String),
    /// The first read of the disk is over, and whether this tab leads.
    Ready {
        /// Whether this tab has the stream.
        leading: bool,
    },
}
