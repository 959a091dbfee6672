//! What the reader wants done, carried out.

mod account;
mod chat;
mod device;
mod groups;

use std::rc::Rc;

use protocol::{Code, Problem};

use super::disk::DiskError;
use super::http::Refusal;
use super::tab::Tab;
use super::time::spawn;
use crate::state::port::{Action, Reply};

/// Carries out an action. What goes into the outbox is there when this returns, so that the order
/// is kept; all else is begun and not waited for.
pub async fn act(tab: &Rc<Tab>, action: Action) {
    match action {
        Action::Send {
            conversation,
            command,
            reply,
        } => answer(reply, chat::send(tab, conversation, command).await),
        Action::Resend(position) => chat::resend(tab, position).await,
        Action::Drop(position) => chat::drop_entry(tab, position).await,
        other => begin(Rc::clone(tab), other),
    }
}

fn begin(tab: Rc<Tab>, action: Action) {
    match action {
        Action::Open(conversation) => chat::open(&tab, conversation),
        Action::Close => tab.focus.set(None),
        Action::Older {
            conversation,
            before,
            count,
            to,
        } => chat::older(&tab, conversation, before, count, to),
        Action::Read {
            conversation,
            seq,
            msg_no,
        } => chat::read(&tab, conversation, seq, msg_no),
        Action::Typing(conversation) => chat::typing(&tab, conversation),
        Action::HideMessage { conversation, seq } => chat::hide(tab, conversation, seq),
        Action::Watch(users) => device::watch(&tab, users),
        Action::Members(conversation) => groups::members(tab, conversation),
        Action::Users(users) => super::people::look_up(&tab, users),
        Action::Draft(conversation, text) => {
            super::local::save_draft(tab.user(), conversation, &text);
        }
        Action::SetLocal(local) => device::set_local(&tab, local),
        Action::SetDisplay { display, reply } => {
            super::device::keep_display(&display);
            answer(reply, Ok(()));
        }
        Action::DeclineNotifications => super::device::decline_notifications(),
        Action::Tell(news) => super::device::tell(&news),
        other => spawn(reply(tab, other)),
    }
}

/// Actions that are answered when they are done.
async fn reply(tab: Rc<Tab>, action: Action) {
    let tab = &tab;
    match action {
        Action::Preferences {
            conversation,
            change,
            reply,
        } => answer(reply, groups::prefer(tab, conversation, change).await),
        Action::CreateGroup { group, reply } => answer(reply, groups::create(tab, group).await),
        Action::Direct { user, reply } => answer(reply, groups::direct(tab, user).await),
        Action::FindUser { text, reply } => answer(reply, account::find(tab, &text).await),
        Action::AskContact { ask, reply } => answer(reply, account::ask(tab, &ask).await),
        Action::AnswerRequest {
            request,
            accept,
            reply,
        } => answer(reply, account::answer(tab, request, accept).await),
        Action::ChangeContact {
            user,
            change,
            reply,
        } => answer(reply, account::change_contact(tab, user, &change).await),
        Action::RemoveContact { user, reply } => {
            answer(reply, account::remove_contact(tab, user).await);
        }
        Action::ChangeMe { change, reply } => answer(reply, account::change_me(tab, &change).await),
        Action::OutboxSize(reply) => answer(reply, device::outbox_size(tab).await),
        Action::LogOut { keep, reply } => device::log_out(tab, keep, reply).await,
        Action::Storage(reply) => answer(reply, device::storage(tab).await),
        Action::Export(reply) => answer(reply, super::transfer::export(tab).await),
        Action::Import { file, reply } => {
            answer(reply, super::transfer::import(tab, &file).await);
        }
        Action::ClearHistory(reply) => answer(reply, super::transfer::clear(tab).await),
        // All others are carried out by `act` and `begin`.
        _ => {}
    }
}

fn answer<T>(reply: Reply<T>, result: Result<T, Problem>) {
    // Whoever asked may have gone.
    let _ = reply.send(result);
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        refusal.problem
    }
}

impl From<DiskError> for Problem {
    fn from(error: DiskError) -> Self {
        Self::new(Code::Unavailable, error.to_string())
    }
}
