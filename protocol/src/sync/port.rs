//! What goes into the engine and what comes out.

use serde::{Deserialize, Serialize};

use super::ranges::Ranges;
use super::record::{Disk, Entry, Meta, Record};
use crate::api::commands::ExpiredEvent;
use crate::api::conversations::{Conversation, Conversations};
use crate::api::events::{Calibrate, Calibrated, Page, Pull, Pulled, RangeDigest};
use crate::event::Event;
use crate::ids::{ClientId, ConversationId, Millis, Seq};
use crate::problem::Code;
use crate::stream::{Account, Presence, StreamEvent, Typing};

/// Something happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// What the disk held; first, once. `seed` spreads retries.
    Opened {
        /// As read.
        disk: Box<Disk>,
        /// Any number that differs between browsers.
        seed: u64,
    },
    /// The browser says whether there is a network.
    Network(bool),
    /// From the stream, with its `id:`.
    Stream(Box<StreamEvent>, Option<Millis>),
    /// The stream ended, or could not be opened. `retry` is what its `bye` said.
    Disconnected(Option<Failure>),
    /// Answer to [`Effect::FetchList`]; `None`: not modified.
    Listed(Result<Option<Conversations>, Failure>),
    /// A conversation's details, from wherever: answer to opening one, or the page's own data.
    Known(Box<Conversation>),
    /// Answer to [`Effect::Pull`].
    Pulled(Ticket, Result<Pulled, Failure>),
    /// Answer to [`Effect::FetchNewest`], or a page that came with the HTML.
    Page(ConversationId, Result<Box<Page>, Failure>),
    /// Answer to [`Effect::Post`].
    Posted {
        /// Which entry.
        position: u64,
        /// What was answered.
        answer: Posted,
    },
    /// Answer to [`Effect::PutRead`].
    ReadPut(ConversationId, Result<(), Failure>),
    /// Answer to [`Effect::Digest`].
    Digested(RangeDigest),
    /// Answer to [`Effect::Calibrate`].
    Calibrated(Ticket, Result<Calibrated, Failure>),
    /// [`Effect::Replace`] or [`Effect::Prune`] is done; so many events were changed, missing or too
    /// many.
    Replaced(ConversationId, u64),
    /// A tab wrote this entry to the disk's outbox.
    Queued(Box<Entry>),
    /// The writer wants a refused entry tried again, as a new command at the end of the queue.
    /// The driver has replaced the old entry by this one on the disk.
    Requeued {
        /// The position it had.
        old: u64,
        /// The new entry.
        entry: Box<Entry>,
    },
    /// The writer dropped a refused entry, or one that was never attempted.
    Dropped(u64),
    /// The reader has read up to here.
    Read {
        /// Where.
        conversation: ConversationId,
        /// The event read last.
        seq: Seq,
        /// Its `msg_no`.
        msg_no: u64,
    },
    /// The reader opened a conversation: its newest events come first.
    Focus(ConversationId),
    /// Check all that is held against the server, as after a log-in.
    CheckHistory,
    /// A timer rang.
    Timer(Timer),
}

/// Why the server did not do what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// No answer, or one that says to try later; after so many milliseconds, if it said.
    Later(Option<u64>),
    /// Nobody is logged in (any more).
    SignedOut,
    /// Another account is logged in here.
    WrongAccount,
    /// Refused for good.
    Refused(Code),
}

/// What a post was answered with.
#[derive(Debug, Clone, PartialEq)]
pub enum Posted {
    /// `201`, stored.
    Stored(Box<Event>),
    /// `201`, stored and expired since.
    Expired(ExpiredEvent),
    /// `202`, on the broker's disk.
    Queued,
    /// Anything else.
    Failed(Failure),
    /// The entry is no longer on the disk: another tab saw to it.
    Gone,
}

/// Names a question to the server; the driver hands it back with the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    pub(super) purpose: Purpose,
    pub(super) round: u64,
}

/// What a question is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To fill what is missing.
    Gaps,
    /// To compare.
    Compare,
    /// To put right what was found to differ.
    Repair,
}

/// Something to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Write events and the record, in one transaction.
    Store {
        /// Each replaces what stands under its seq.
        events: Vec<Event>,
        /// As it is after that.
        record: Box<Record>,
    },
    /// Delete all events from `from` to `to`, write these, and the record, in one transaction; then
    /// say by [`Input::Replaced`] how many were not the same before.
    Replace {
        /// First seq, included.
        from: Seq,
        /// Last seq, included.
        to: Seq,
        /// What the server holds between them.
        events: Vec<Event>,
        /// As it is after that.
        record: Box<Record>,
    },
    /// Turn a stored message into what it is when recalled ([`Event::recalled`]); nothing to do if
    /// it is not here or recalled already. The driver may keep the text of one's own for its writer.
    Erase {
        /// Where.
        conversation: ConversationId,
        /// Which.
        target: Seq,
    },
    /// Delete all events at `from` or above that are not in `keep`, and write the record; then say by
    /// [`Input::Replaced`] how many they were.
    Prune {
        /// Where to begin.
        from: Seq,
        /// What stays.
        keep: Ranges,
        /// As it is after that.
        record: Box<Record>,
    },
    /// Delete all events up to `to`, and write the record: the reader cleared the conversation.
    Clear {
        /// Last seq, included.
        to: Seq,
        /// As it is after that.
        record: Box<Record>,
    },
    /// Write a record.
    SaveRecord(Box<Record>),
    /// Write an entry over the one of its position, if that is still there.
    SaveEntry(Box<Entry>),
    /// Delete an entry.
    RemoveEntry(u64),
    /// Write what is known about the whole.
    SaveMeta(Meta),
    /// Open the stream, ending the one that is open.
    Connect {
        /// The last `id:` seen.
        since: Option<Millis>,
    },
    /// `GET conversations`.
    FetchList,
    /// `POST pull`.
    Pull(Ticket, Pull),
    /// `GET conversations/{id}/events`, the newest.
    FetchNewest(ConversationId),
    /// Post an entry. In one transaction with `durability: "strict"`: if the entry on the disk has no
    /// bytes yet, write these and the `client_id`; then post the bytes that are on the disk.
    Post {
        /// Which entry.
        position: u64,
        /// Where to.
        conversation: ConversationId,
        /// For an entry that has none yet.
        client_id: ClientId,
        /// For an entry that has none yet.
        bytes: String,
        /// The one before it, if that is queued ([`crate::api::AFTER_HEADER`]).
        after: Option<ClientId>,
    },
    /// `PUT conversations/{id}/read`.
    PutRead(ConversationId, Seq),
    /// XOR the digests of the events stored from `from` to `to`, computed anew from their bytes
    /// ([`Event::computed_digest`]). When idle.
    Digest {
        /// Where.
        conversation: ConversationId,
        /// First seq, included.
        from: Seq,
        /// Last seq, included.
        to: Seq,
    },
    /// `POST calibrate`.
    Calibrate(Ticket, Calibrate),
    /// Say [`Input::Timer`] after so many milliseconds; replaces one of the same name.
    SetTimer(Timer, u64),
    /// Show it, in this tab and all others.
    Show(Box<Show>),
}

/// Timers, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timer {
    /// Try to open the stream.
    Reconnect,
    /// The stream has been silent for too long.
    Silence,
    /// Try a post again.
    Post(ConversationId),
    /// Try the list and pages again.
    Fetch,
    /// Check the history.
    Calibrate,
}

/// What the reader sees, for every tab.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Show {
    /// A line of the list changed.
    Conversation(Box<Record>),
    /// Events were stored, changed or came anew; those of one conversation, by seq.
    Events(ConversationId, Vec<Event>),
    /// The message was recalled.
    Erased(ConversationId, Seq),
    /// Events may have gone: read the conversation anew from the disk.
    Reload(ConversationId),
    /// An entry of the outbox is new or changed.
    Entry(Box<Entry>),
    /// An entry left the outbox.
    EntryGone(u64),
    /// How the connection is.
    Connection(Connection),
    /// The local history was checked.
    Checked {
        /// How many events were compared.
        compared: u64,
        /// How many were not as the server's, and are now.
        repaired: u64,
    },
    /// Passed on from the stream.
    Presence(Presence),
    /// Passed on from the stream.
    Typing(Typing),
    /// Passed on from the stream: fetch what changed.
    Account(Account),
    /// The stream's id, for whom to watch.
    Stream(crate::ids::StreamId),
}

/// How the connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Connection {
    /// Being opened.
    #[default]
    Connecting,
    /// Open, and caught up or catching up.
    Live,
    /// No network, or no server.
    Offline,
    /// Nobody is logged in.
    SignedOut,
    /// Another account is logged in here: this page can only be reloaded.
    WrongAccount,
}
