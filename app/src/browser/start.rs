//! The way in: what happens when the page has come alive.

use std::rc::Rc;

use futures::StreamExt;
use futures::channel::mpsc::UnboundedReceiver;
use litemap::LiteMap;
use protocol::ConversationId;
use protocol::api::accounts::User;
use protocol::api::conversations::Conversation;
use protocol::api::events::Page;
use protocol::api::pages::{Boot, PageData};
use protocol::sync::{Connection, Input, Ranges, Record, Show, Span};

use super::channel::{Channel, Note, Wish};
use super::disk::{Disk, How};
use super::driver::online;
use super::history::{History, Start, put_user};
use super::tab::{Sink, Tab};
use super::{account, actions, device, leader, local, locks, time};
use crate::state::port::{Action, Update};

/// Does what the state wants, and tells it what there is to see, for as long as the page lives.
/// `boot` is what the page came with; none in the shell that opens without the server.
pub fn start(
    boot: Option<Boot>,
    wanted: UnboundedReceiver<Action>,
    show: impl Fn(Update) + 'static,
) {
    time::spawn(run(boot, wanted, Rc::new(show)));
}

async fn run(boot: Option<Boot>, mut wanted: UnboundedReceiver<Action>, sink: Sink) {
    device::keep_time_zone();
    let led = Rc::clone(&sink);
    device::keep_app(move |address| led(Update::Go(address)));
    let user = match &boot {
        Some(boot) => boot.me.as_ref().map(|me| me.user.id),
        None => local::last_user(),
    };
    let Some(user) = user else {
        if let Some(boot) = &boot {
            // The server says so: without it, nobody's history opens here either.
            local::nobody();
            for user in local::shared_with().into_iter().chain(boot.gone) {
                local::forget(user, false);
                account::note(Disk::delete(&History::name(user)).await);
            }
        } else {
            sink(Update::Show(Show::Connection(Connection::SignedOut)));
        }
        sink(Update::Ready { leading: false });
        while let Some(action) = wanted.next().await {
            if let Action::SetDisplay { display, reply } = action {
                device::keep_display(&display);
                // Whoever asked may have gone.
                let _ = reply.send(Ok(()));
            }
        }
        return;
    };
    match &boot {
        Some(boot) => {
            if let Some(me) = &boot.me {
                local::remember(me, boot);
            }
        }
        None => {
            if let Some(boot) = local::boot(user) {
                sink(Update::Restored(Box::new(boot)));
            }
        }
    }
    sink(Update::Local(local::settings(user)));
    sink(Update::Drafts(local::drafts(user)));

    let history = History::open(user).await;
    let shared = locks::there() && history.disk.lasting();
    let tab = Rc::new(Tab::new(history, shared, sink));
    let channel = {
        let tab = Rc::downgrade(&tab);
        Channel::join(&format!("zspchat-{user}"), move |note| {
            if let Some(tab) = tab.upgrade() {
                leader::hear(&tab, note);
            }
        })
    };
    tab.join(channel);
    listen(&tab);
    if boot.as_ref().is_some_and(|boot| boot.offers_notifications)
        && device::may_offer_notifications()
    {
        tab.tell(Update::OfferNotifications);
    }
    let me = boot.as_ref().and_then(|boot| boot.me.clone());
    let data = boot.map(|boot| boot.data).unwrap_or_default();
    offer(&tab, &data);
    load(&tab, Some((me, data))).await;
    tab.tell(Update::Ready {
        leading: tab.leads(),
    });
    time::spawn(leader::take_part(Rc::clone(&tab)));
    device::ask_to_persist();
    while let Some(action) = wanted.next().await {
        actions::act(&tab, action).await;
    }
}

/// Shows all anew after the disk was changed.
pub async fn show_all(tab: &Rc<Tab>) {
    load(tab, None).await;
    if let Some(open) = tab.focus.get() {
        tab.tell(Update::Show(Show::Reload(open)));
    }
}

type Came = (Option<protocol::api::accounts::Me>, PageData);

/// Shows what the disk holds, and over it what came with the page, which is newer.
async fn load(tab: &Rc<Tab>, came: Option<Came>) {
    tab.begin_to_load();
    let mut start = tab.history.start().await.unwrap_or_else(|error| {
        account::note::<()>(Err(error));
        Start::default()
    });
    if let Some((Some(me), data)) = came {
        merge(&mut start, &data);
        start.me = Some(me.clone());
        let writes = data.users.iter().map(put_user).collect();
        account::note(tab.history.disk.write(writes, How::default()).await);
        account::keep_me(tab, me, None).await;
        account::keep_contacts(tab, data.contacts, None).await;
        account::keep_requests(tab, data.requests, None).await;
    }
    tab.know(&start.users);
    (*tab.me.borrow_mut()).clone_from(&start.me);
    tab.loaded(Update::Loaded {
        records: start.records,
        users: start.users,
        contacts: start.contacts,
        requests: start.requests,
        outbox: start.outbox,
        me: start.me,
    });
}

/// Puts what came with the page over what the disk held.
fn merge(start: &mut Start, data: &PageData) {
    let mut records: LiteMap<ConversationId, Record> = start
        .records
        .drain(..)
        .map(|record| (record.conversation.id, record))
        .collect();
    for conversation in &data.conversations {
        match records.get_mut(&conversation.id) {
            Some(record) => freshen(record, conversation),
            None => {
                records.insert(conversation.id, record_of(conversation.clone()));
            }
        }
    }
    if let Some(page) = &data.page
        && let Some(record) = records.get_mut(&page.conversation)
    {
        record.span = Some(span(page));
    }
    start.records = records.into_iter().map(|(_, record)| record).collect();
    let mut users: LiteMap<_, User> = start.users.drain(..).map(|it| (it.id, it)).collect();
    for user in &data.users {
        let known = users.get(&user.id);
        if known.is_none_or(|known| known.version <= user.version) {
            users.insert(user.id, user.clone());
        }
    }
    start.users = users.into_iter().map(|(_, user)| user).collect();
    start.contacts.clone_from(&data.contacts);
    start.requests.clone_from(&data.requests);
}

fn freshen(record: &mut Record, conversation: &Conversation) {
    let old = &record.conversation;
    if conversation.head < old.head || conversation.mine.version < old.mine.version {
        // A page that the browser kept: what came since is on the disk.
        return;
    }
    let read = record_of(conversation.clone()).read_msg_no;
    record.read_msg_no = record.read_msg_no.max(read);
    let read_seq = old.mine.read_seq.max(conversation.mine.read_seq);
    record.conversation = conversation.clone();
    let mine = &mut record.conversation.mine;
    mine.read_seq = read_seq;
    mine.unread = conversation.head_msg_no.saturating_sub(record.read_msg_no);
}

fn record_of(conversation: Conversation) -> Record {
    Record {
        ranges: Ranges::default(),
        read_msg_no: conversation
            .head_msg_no
            .saturating_sub(conversation.mine.unread),
        span: None,
        conversation,
    }
}

fn span(page: &Page) -> Span {
    Span {
        start: page.start,
        start_msg_no: page.start_msg_no,
        floor: page.floor,
        floor_msg_no: page.floor_msg_no,
    }
}

/// Has what came with the page for whoever leads: it is stored like any other page.
fn offer(tab: &Tab, data: &PageData) {
    let mut offers = tab.offers.borrow_mut();
    for conversation in &data.conversations {
        offers.push(Wish::Known(Box::new(conversation.clone())));
    }
    if let Some(page) = &data.page {
        offers.push(Wish::Page(Box::new(page.clone())));
    }
}

/// Hears what the browser says, for as long as the page lives.
fn listen(tab: &Rc<Tab>) {
    let network = {
        let tab = Rc::clone(tab);
        move || {
            let driver = tab.driver.borrow().clone();
            if let Some(driver) = driver {
                driver.hear(Input::Network(online()));
            }
        }
    };
    device::listen("online", network.clone());
    device::listen("offline", network);
    let gone = Rc::clone(tab);
    device::listen("pagehide", move || {
        gone.say(&Note::Wish(Wish::Gone(gone.id)));
    });
}
