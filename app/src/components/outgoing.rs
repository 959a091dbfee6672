//! A line of what is not stored yet: waiting, or refused with its reason and what to do.

use leptos::prelude::*;
use protocol::command::CommandKind;
use protocol::sync::{Entry, EntryState};
use protocol::{Code, ConversationId, UserId};

use super::bubble::Bubble;
use super::icon::{Icon, IconAlone};
use super::message::{Face, Quote};
use crate::erased::{listener, live};
use crate::state::port::Action;
use crate::state::{Chat, Place, text_of, use_chat};

/// An entry of the outbox.
#[component]
pub fn EntryLine(position: u64) -> impl IntoView {
    let chat = use_chat();
    let entry = chat.outbox.get(position)?;
    Some(live(move || {
        let entry = entry.get();
        if text_of(&entry.command).is_some() {
            view! { <Outgoing entry /> }.into_any()
        } else {
            view! { <Undone entry /> }.into_any()
        }
    }))
}

fn peer_of(chat: Chat, conversation: ConversationId) -> Option<UserId> {
    untrack(|| chat.rows.with(conversation, |it| it.conversation.peer)).flatten()
}

/// A message.
#[component]
fn Outgoing(entry: Entry) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let Entry {
        position,
        conversation,
        client_id,
        command,
        state,
        ..
    } = entry;
    let CommandKind::Send {
        content,
        reply_to,
        mentions,
        mention_all,
    } = command
    else {
        return None;
    };
    let text = chat.text_of_message(&protocol::event::Message {
        content: content.clone(),
        reply_to,
        mentions: Vec::new(),
        mention_all,
    });
    let message = protocol::event::Message {
        content,
        reply_to,
        mentions,
        mention_all,
    };
    let me = untrack(|| chat.my_id());
    let name = Signal::derive(move || me.and_then(|me| chat.people.name(me)).unwrap_or_default());
    let (name_of_state, icon) = match state {
        EntryState::Waiting | EntryState::Queued => (
            "waiting",
            view! { <span class="state"><IconAlone name="clock" label=t.waiting /></span> }
                .into_any(),
        ),
        EntryState::Refused(_) => (
            "refused",
            view! {
                <span class="state refused">
                    <IconAlone name="circle-alert" label=t.refused />
                </span>
            }
            .into_any(),
        ),
    };
    let why = match state {
        EntryState::Refused(code) => {
            let edit = move |_| {
                chat.log.compose.set(Some(text.clone()));
                chat.log.replying.set(reply_to);
                chat.act(Action::Drop(position));
            };
            // What was used for another message never goes out again as it is.
            let again = (code != Code::PayloadMismatch).then(|| {
                view! {
                    <button
                        type="button"
                        class="link"
                        on:click=listener(move |_| chat.act(Action::Resend(position)))
                    >
                        {t.resend}
                    </button>
                }
            });
            let ask = (code == Code::NotAContact)
                .then(|| peer_of(chat, conversation))
                .flatten()
                .map(|peer| view! { <a href=Place::Card(peer).path()>{t.ask_contact}</a> });
            Some(view! {
                <div class="why" role="alert">
                    {t.problem(code)}
                    {ask}
                    <button type="button" class="link" on:click=listener(edit)>
                        {t.edit}
                    </button>
                    {again}
                    <button
                        type="button"
                        class="link"
                        on:click=listener(move |_| chat.act(Action::Drop(position)))
                    >
                        {t.delete}
                    </button>
                </div>
            })
        }
        _ => None,
    };
    Some(
        view! {
            <li
                class="message own"
                data-position=position
                data-client-id=client_id.map(|id| id.to_string())
                data-state=name_of_state
                tabindex="-1"
            >
                {me.map(|user| view! { <Face user name /> })}
                <div>
                    <span class="sr-only">{t.you}</span>
                    <div class="line">
                        <Bubble conversation message />
                        {icon}
                    </div>
                    {reply_to.map(|target| view! { <Quote target /> })}
                    {why}
                </div>
            </li>
        }
        .into_any(),
    )
}

/// Any other command that was refused.
#[component]
fn Undone(entry: Entry) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let position = entry.position;
    let EntryState::Refused(code) = entry.state else {
        return None;
    };
    Some(
        view! {
            <li class="mid why" data-position=position data-state="refused">
                <Icon name="circle-alert" />
                {t.command_refused}
                " "
                {t.problem(code)}
                " "
                <button type="button" class="link" on:click=listener(move |_| chat.act(Action::Drop(position)))>
                    {t.dismiss}
                </button>
            </li>
        }
        .into_any(),
    )
}
