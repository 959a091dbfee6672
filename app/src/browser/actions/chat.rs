//! Actions in the open conversation.

use std::rc::Rc;

use protocol::command::CommandKind;
use protocol::sync::{Entry, EntryState, Show};
use protocol::{ConversationId, Millis, Problem, Seq, json};

use crate::browser::account::note;
use crate::browser::channel::{Seen, Wish};
use crate::browser::disk::{DiskError, How, Key, Table, Write};
use crate::browser::history::place;
use crate::browser::tab::Tab;
use crate::browser::time::{self, spawn};
use crate::state::port::Update;

/// How many events are shown when a conversation opens.
const FIRST: usize = 80;
/// How often typing is told, in milliseconds.
const TYPING: Millis = 3_000;

/// What is promised to be on the disk when it is done.
const STRICT: How = How {
    strict: true,
    fence: None,
};

pub fn open(tab: &Rc<Tab>, conversation: ConversationId) {
    tab.focus.set(Some(conversation));
    tab.begin_to_read(conversation);
    let tab = Rc::clone(tab);
    spawn(async move {
        let log = tab.history.older(conversation, Seq::MAX, FIRST, None).await;
        let (events, older) = log.unwrap_or_else(|error| {
            // What the server has comes all the same.
            note::<()>(Err(error));
            (Vec::new(), false)
        });
        tab.read(
            conversation,
            Some(Update::Log {
                conversation,
                events,
                older,
            }),
        );
        // Only now, so that what the server adds comes after what was here.
        tab.wish(Wish::Focus(conversation));
        let recalled = tab.history.recalled(conversation).await;
        for (seq, text) in recalled.unwrap_or_default() {
            tab.tell(Update::RecalledText(conversation, seq, text));
        }
    });
}

pub fn older(
    tab: &Rc<Tab>,
    conversation: ConversationId,
    before: Seq,
    count: usize,
    to: Option<Seq>,
) {
    tab.begin_to_read(conversation);
    let tab = Rc::clone(tab);
    spawn(async move {
        let log = tab.history.older(conversation, before, count, to).await;
        let (events, older) = log.unwrap_or_else(|error| {
            note::<()>(Err(error));
            (Vec::new(), false)
        });
        tab.read(
            conversation,
            Some(Update::Older {
                conversation,
                events,
                older,
            }),
        );
    });
}

pub async fn send(
    tab: &Tab,
    conversation: ConversationId,
    command: CommandKind,
) -> Result<(), Problem> {
    let entry = Box::new(append(tab, conversation, command, None).await?);
    share(tab, Show::Entry(entry.clone()));
    tab.wish(Wish::Queued(entry));
    Ok(())
}

/// Shows in every tab what this one has done to the outbox: while no tab leads, nobody else does. It comes
/// before the wish, whose outcome the one that leads shows: after that, an entry would stay.
fn share(tab: &Tab, show: Show) {
    tab.share(Seen::Show(Box::new(show)));
}

/// Writes a new entry to the disk's outbox, in the place of another if there is one.
async fn append(
    tab: &Tab,
    conversation: ConversationId,
    command: CommandKind,
    instead_of: Option<u64>,
) -> Result<Entry, DiskError> {
    let mut entry = Entry {
        position: 0,
        conversation,
        command,
        at: time::now(),
        random: time::random(),
        client_id: None,
        bytes: None,
        state: EntryState::Waiting,
    };
    let mut writes = vec![Write::Append(Table::Outbox, json::to_string(&entry))];
    if let Some(old) = instead_of {
        writes.push(Write::Delete(Table::Outbox, Key::Number(old)));
    }
    let positions = tab.history.disk.write(writes, STRICT).await?;
    entry.position = positions
        .first()
        .copied()
        .ok_or_else(|| DiskError::Failed("the outbox gave no number".to_owned()))?;
    Ok(entry)
}

pub async fn resend(tab: &Tab, old: u64) {
    let requeued = async {
        let Some(entry) = tab.history.entry(old).await? else {
            return Ok(None);
        };
        if !matches!(entry.state, EntryState::Refused(_)) {
            return Ok(None);
        }
        append(tab, entry.conversation, entry.command, Some(old))
            .await
            .map(Some)
    };
    match requeued.await {
        Ok(Some(entry)) => {
            let entry = Box::new(entry);
            share(tab, Show::EntryGone(old));
            share(tab, Show::Entry(entry.clone()));
            tab.wish(Wish::Requeued { old, entry });
        }
        Ok(None) => {}
        Err(error) => failed(tab, &error),
    }
}

pub async fn drop_entry(tab: &Tab, position: u64) {
    let write = Write::Delete(Table::Outbox, Key::Number(position));
    match tab.history.disk.write(vec![write], STRICT).await {
        Ok(_) => {
            share(tab, Show::EntryGone(position));
            tab.wish(Wish::Dropped(position));
        }
        Err(error) => failed(tab, &error),
    }
}

fn failed(tab: &Tab, error: &DiskError) {
    web_sys::console::error_1(&error.to_string().into());
    tab.see(Seen::DiskFailed(*error == DiskError::Full));
}

pub fn read(tab: &Tab, conversation: ConversationId, seq: Seq, msg_no: u64) {
    tab.reads.borrow_mut().insert(conversation, (seq, msg_no));
    tab.wish(Wish::Read {
        conversation,
        seq,
        msg_no,
    });
}

pub fn typing(tab: &Tab, conversation: ConversationId) {
    let now = time::now();
    let last = tab.typing.borrow_mut().insert(conversation, now);
    if let Some(last) = last
        && (0..TYPING).contains(&(now - last))
    {
        tab.typing.borrow_mut().insert(conversation, last);
        return;
    }
    let http = tab.http;
    spawn(async move {
        let path = format!("conversations/{conversation}/typing");
        // Not worth a second try.
        let _ = http.order("POST", &path).await;
    });
}

pub fn hide(tab: Rc<Tab>, conversation: ConversationId, seq: Seq) {
    spawn(async move {
        let write = Write::Put(Table::Hidden, place(conversation, seq), String::new());
        match tab.history.disk.write(vec![write], How::default()).await {
            Ok(_) => tab.share(Seen::Hidden(conversation, seq)),
            Err(error) => failed(&tab, &error),
        }
    });
}
