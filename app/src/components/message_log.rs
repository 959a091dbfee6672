//! The log of a conversation: its lines, and the buttons that lead to what is new.

use leptos::ev;
use leptos::prelude::*;
use protocol::ConversationId;

use super::icon::Icon;
use super::message::EventLine;
use super::outgoing::EntryLine;
use super::scroll::Scroll;
use crate::erased::{Each, effect, listener, live, memo};
use crate::state::{Item, Place, use_chat};

/// The log of the open conversation.
#[component]
pub fn MessageLog(id: ConversationId) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let scroll = Scroll::new(chat);
    let lines = memo(move || chat.lines());
    effect(move || {
        lines.track();
        chat.ready.track();
        scroll.settle_soon();
    });
    effect(move || {
        if let Some(target) = chat.log.target.get() {
            chat.log.target.set(None);
            // After the frame in which new lines settle.
            request_animation_frame(move || request_animation_frame(move || scroll.go(target)));
        }
    });
    let visible = window_event_listener(ev::visibilitychange, move |_| {
        if scroll.at_end.get_untracked() {
            scroll.rest();
        }
    });
    on_cleanup(move || visible.remove());
    let older = live(move || {
        let first = chat.log.continues_above()?;
        let show = move |event: ev::MouseEvent| {
            event.prevent_default();
            chat.show_older();
        };
        Some(view! {
            <li class="more">
                <a href=format!("{}?before={first}", Place::Chat(id).path()) on:click=listener(show)>
                    {t.older}
                </a>
            </li>
        })
    });
    let empty = live(move || {
        let empty = lines.with(Vec::is_empty) && !chat.log.opening.get();
        empty.then(|| {
            let own = chat.rows.with(id, |it| chat.is_own(&it.conversation)) == Some(true);
            let text = if own { t.to_own_notes } else { t.no_messages };
            view! { <li class="mid">{text}</li> }
        })
    });
    view! {
        <div class="frame">
            <UpButton scroll />
            <div
                class="log"
                role="log"
                aria-live="polite"
                aria-label=t.messages
                tabindex="0"
                node_ref=scroll.node
                on:scroll=listener(move |_| scroll.moved())
                on:keydown=listener(move |event| scroll.key(&event))
            >
                <ol>
                    {older} {empty}
                    <Each items=lines children=line />
                </ol>
            </div>
            <DownButton scroll />
        </div>
    }
    .into_any()
}

fn line(item: Item) -> AnyView {
    let chat = use_chat();
    let t = chat.t();
    match item {
        Item::Event(seq) => view! { <EventLine seq /> }.into_any(),
        Item::Entry(position) => view! { <EntryLine position /> }.into_any(),
        Item::Time(_, at) => {
            view! { <li class="mid time">{move || chat.clock().long(at)}</li> }.into_any()
        }
        Item::New(_) => view! { <li class="seam new">{t.new_below}</li> }.into_any(),
        Item::Seam(_, count) => view! {
            <li class="seam" data-expired=count>
                <span>
                    {t.expired(count)} " · " <a href=Place::Settings.path()>{t.import_link}</a>
                </span>
            </li>
        }
        .into_any(),
    }
}

/// Leads up to what is new, and to the first message that calls the reader.
#[component]
fn UpButton(scroll: Scroll) -> impl IntoView {
    let chat = scroll.chat;
    let t = chat.t();
    let opened = chat.log.opened;
    let to_new = live(move || {
        scroll.new_above.get().then(|| {
            let count = opened.get().unread;
            view! {
                <button type="button" class="jump up" on:click=listener(move |_| chat.show_new())>
                    <Icon name="arrow-up" />
                    {t.new_messages(count)}
                </button>
            }
        })
    });
    let to_mention = live(move || {
        scroll.mention_above.get().then(|| {
            let seq = opened.get().mention_seq;
            view! {
                <button
                    type="button"
                    class="jump up mentioned"
                    on:click=listener(move |_| chat.show_message(seq))
                >
                    <Icon name="at-sign" />
                    {t.mentioned}
                </button>
            }
        })
    });
    view! { {to_new} {to_mention} }.into_any()
}

/// Leads down to the end.
#[component]
fn DownButton(scroll: Scroll) -> impl IntoView {
    let chat = scroll.chat;
    let t = chat.t();
    live(move || {
        (!scroll.at_end.get()).then(|| {
            let newest = chat.log.newest().map_or(0, |newest| newest.msg_no);
            let seen = scroll.seen_msg_no.get();
            let text = if newest > seen && seen > 0 {
                t.new_messages(newest - seen)
            } else {
                t.to_end.to_owned()
            };
            view! {
                <button type="button" class="jump down" on:click=listener(move |_| chat.show_end())>
                    <Icon name="arrow-down" />
                    {text}
                </button>
            }
        })
    })
}
