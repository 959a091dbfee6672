//! A line of the log: a message, or what happened.

use leptos::ev;
use leptos::prelude::*;
use protocol::event::{Body, Message};
use protocol::ids::ConversationKind;
use protocol::{ConversationId, Event, Kind, Seq, UserId};

use super::avatar::Avatar;
use super::bubble::Bubble;
use super::gesture::MenuGesture;
use super::icon::Icon;
use super::message_menu::choices;
use crate::erased::{listener, live, memo};
use crate::state::{Chat, Place, use_chat};

/// An event.
#[component]
pub fn EventLine(seq: Seq) -> impl IntoView {
    let chat = use_chat();
    let event = chat.log.get(seq)?;
    Some(live(move || {
        let event = event.get();
        match event.body() {
            Body::Message(message) if event.kind == Kind::Message => {
                view! { <MessageLine event message /> }.into_any()
            }
            _ => view! { <NoticeLine event /> }.into_any(),
        }
    }))
}

/// Something happened.
#[component]
fn NoticeLine(event: Event) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let seq = event.seq;
    let unknown = matches!(event.kind, Kind::Other(_));
    let kind = event.kind.as_str().to_owned();
    let mine = event.kind == Kind::Recalled && Some(event.sender) == untrack(|| chat.my_id());
    let text = memo(move || chat.notice(&event));
    let edit = live(move || {
        let text = chat.log.recalled.with(|texts| texts.get(&seq).cloned());
        let text = text.filter(|_| mine)?;
        Some(view! {
            " "
            <button
                type="button"
                class="link"
                on:click=listener(move |_| chat.log.compose.set(Some(text.clone())))
            >
                {t.edit_again}
            </button>
        })
    });
    live(move || {
        let text = text.get()?;
        let kind = unknown.then(|| kind.clone());
        Some(view! {
            <li class="mid" class:unknown=unknown class:recalled=mine data-seq=seq data-kind=kind>
                <span dir="auto">{text}</span>
                {edit.clone()}
            </li>
        })
    })
}

/// Whether a log says who wrote each message.
pub fn shows_names(chat: Chat, conversation: ConversationId) -> bool {
    let kind = chat.rows.with(conversation, |it| it.conversation.kind);
    kind == Some(ConversationKind::Group)
}

/// A message.
#[component]
fn MessageLine(event: Event, message: Message) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let Event {
        conversation,
        seq,
        sender,
        client_id,
        ..
    } = event;
    let own = Some(sender) == untrack(|| chat.my_id());
    let named = !own && untrack(|| shows_names(chat, conversation));
    let name = memo(move || {
        chat.people
            .name_in(conversation, sender)
            .unwrap_or_else(|| t.somebody.to_owned())
    });
    let reply_to = message.reply_to;
    let gesture = {
        let event = event.clone();
        let message = message.clone();
        MenuGesture::new(move |at| {
            chat.overlay
                .open_menu(t.message_menu, at, choices(chat, &event, &message));
        })
    };
    let on_contextmenu = move |event: ev::MouseEvent| {
        // Selected text keeps the browser's own menu.
        let selected = window().get_selection().ok().flatten();
        if selected.is_none_or(|it| it.is_collapsed()) {
            gesture.context_menu(&event);
        }
    };
    view! {
        <li
            class="message"
            class:own=own
            id=format!("seq-{seq}")
            data-seq=seq
            data-client-id=client_id.to_string()
            data-state="sent"
            tabindex="-1"
            on:keydown=listener(move |event| gesture.key(&event))
        >
            <Face user=sender name />
            <div>
                {if named {
                    view! {
                        <div class="who" dir="auto">
                            {move || name.get()}
                        </div>
                    }
                        .into_any()
                } else {
                    let said_by = live(move || if own { t.you.to_owned() } else { name.get() });
                    view! { <span class="sr-only">{said_by}</span> }.into_any()
                }}
                <div
                    class="line"
                    on:contextmenu=listener(on_contextmenu)
                    on:pointerdown=listener(move |event| gesture.press(&event))
                    on:pointerup=listener(move |_| gesture.release())
                    on:pointermove=listener(move |_| gesture.release())
                    on:pointercancel=listener(move |_| gesture.release())
                >
                    <Bubble conversation message />
                    <button
                        type="button"
                        class="more-button icon-button"
                        tabindex="-1"
                        aria-haspopup="menu"
                        aria-label=t.message_menu
                        on:click=listener(move |event: ev::MouseEvent| gesture.open_below(event.as_ref()))
                    >
                        <Icon name="ellipsis" />
                    </button>
                </div>
                {reply_to.map(|target| view! { <Quote target /> })}
            </div>
        </li>
    }
    .into_any()
}

/// The picture beside a message, which leads to a card.
#[component]
pub fn Face(user: UserId, #[prop(into)] name: Signal<String>) -> impl IntoView {
    view! {
        <a
            class="face"
            href=Place::Card(user).path()
            tabindex="-1"
            aria-label=move || name.get()
        >
            <Avatar seed=user name />
        </a>
    }
    .into_any()
}

/// The message that another one answers; a click leads there.
#[component]
pub fn Quote(target: Seq) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let text = memo(move || match chat.log.find(target) {
        Some(event) => event.with(|event| chat.quoted(event)),
        None => t.quote_missing.to_owned(),
    });
    let on_click = move |event: ev::MouseEvent| {
        event.prevent_default();
        chat.show_message(target);
    };
    view! {
        <a class="quote" href=format!("#seq-{target}") dir="auto" on:click=listener(on_click)>
            {move || text.get()}
        </a>
    }
    .into_any()
}
