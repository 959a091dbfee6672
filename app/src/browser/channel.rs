//! What the tabs of one user say to each other.

use protocol::api::accounts::{Me, User};
use protocol::api::contacts::{Contact, ContactRequest};
use protocol::api::conversations::{Conversation, Members};
use protocol::api::events::Page;
use protocol::stream::Presence;
use protocol::sync::{Connection, Entry, Show};
use protocol::{ConversationId, Seq, StreamId, UserId, json};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use web_sys::{BroadcastChannel, MessageEvent};

use crate::state::port::Local;

/// One message between tabs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Note {
    /// To all: what is to be seen.
    Seen(Seen),
    /// To the one that leads: what is to be done.
    Wish(Wish),
    /// To the one that leads: are you there?
    Ask,
    /// From the one that leads: this is how things are.
    Leading {
        connection: Connection,
        stream: Option<StreamId>,
        presences: Vec<Presence>,
    },
    /// The disk was changed behind the engine's back: start again from it.
    Restart,
    /// The account was logged out: this page is no longer anybody's.
    LoggedOut,
}

/// What every tab shows.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Seen {
    Show(Box<Show>),
    Me(Box<Me>),
    Users(Vec<User>),
    Contacts(Vec<Contact>),
    Requests(Vec<ContactRequest>),
    Members(ConversationId, Members),
    Hidden(ConversationId, Seq),
    RecalledText(ConversationId, Seq, String),
    Local(Local),
    /// The disk gives no more room (`true`) or fails.
    DiskFailed(bool),
}

/// What only the one that leads can do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Wish {
    Queued(Box<Entry>),
    Requeued {
        old: u64,
        entry: Box<Entry>,
    },
    Dropped(u64),
    Read {
        conversation: ConversationId,
        seq: Seq,
        msg_no: u64,
    },
    Focus(ConversationId),
    Known(Box<Conversation>),
    Page(Box<Page>),
    /// Whose presence a tab wants.
    Watch {
        tab: u64,
        users: Vec<UserId>,
    },
    /// A tab went.
    Gone(u64),
}

/// The channel to the other tabs.
pub struct Channel {
    channel: BroadcastChannel,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
}

impl Channel {
    /// Joins the channel of that name; `None` where the browser has none.
    pub fn join(name: &str, hear: impl Fn(Note) + 'static) -> Option<Self> {
        let channel = BroadcastChannel::new(name).ok()?;
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
            let text = message.data().as_string();
            // What a tab of another version says in words that are not known here is let pass: it is
            // on the disk, and seen at the next start.
            if let Some(note) = text.and_then(|text| json::from_str(&text).ok()) {
                hear(note);
            }
        });
        channel.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        Some(Self {
            channel,
            _on_message: on_message,
        })
    }

    /// Says it to all other tabs.
    pub fn say(&self, note: &Note) {
        let text = json::to_string(note);
        if let Err(error) = self.channel.post_message(&JsValue::from_str(&text)) {
            web_sys::console::warn_1(&error);
        }
    }
}
