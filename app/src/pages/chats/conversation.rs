//! The conversation that is open.

use leptos::html;
use leptos::prelude::*;
use protocol::ConversationId;
use protocol::ids::ConversationKind;
use protocol::stream::PresenceState;

use crate::components::composer::Composer;
use crate::components::icon::Icon;
use crate::components::message_log::MessageLog;
use crate::components::notices::{ConnectionNotice, WritingNotice};
use crate::erased::{effect, live, memo};
use crate::state::navigation::focus_soon;
use crate::state::port::Action;
use crate::state::{Place, use_chat};

/// A conversation.
#[component]
pub fn ConversationPage(id: ConversationId) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let exists = memo(move || chat.rows.get(id).is_some());
    let left = memo(move || chat.rows.with(id, |it| it.conversation.mine.left) == Some(true));
    let kind = memo(move || chat.rows.with(id, |it| it.conversation.kind));
    effect(move || {
        if kind.get() == Some(ConversationKind::Group) {
            chat.act(Action::Members(id));
        }
    });
    live(move || {
        if !exists.get() {
            return view! { <Unknown /> }.into_any();
        }
        view! {
            <section class="chat" aria-label=t.conversation>
                <Header id />
                <ConnectionNotice />
                <MessageLog id />
                <WritingNotice id />
                {move || (!left.get()).then(|| view! { <Composer id /> })}
            </section>
        }
        .into_any()
    })
}

/// Who it is with, and how they are.
#[component]
fn Header(id: ConversationId) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let title = memo(move || {
        chat.rows.with(id, |record| {
            let conversation = &record.conversation;
            let title = chat.title(conversation);
            if conversation.kind == ConversationKind::Group {
                format!("{title}({})", conversation.member_count)
            } else {
                title
            }
        })
    });
    let details = memo(move || chat.navigation.place.get() == Place::Details(id));
    let link_to_details = NodeRef::<html::A>::new();
    // What was focused in the drawer goes with it.
    Effect::new(move |was_open: Option<bool>| {
        let is_open = details.get();
        if was_open == Some(true) && !is_open {
            focus_soon(link_to_details);
        }
        is_open
    });
    let link = move || {
        if details.get() {
            Place::Chat(id).path()
        } else {
            Place::Details(id).path()
        }
    };
    view! {
        <header>
            <a class="icon-button back" href=Place::Chats.path() aria-label=t.back>
                <Icon name="chevron-left" />
            </a>
            <h1 dir="auto">{move || title.get()}</h1>
            <small aria-live="polite">{move || doing(id)}</small>
            <div class="end">
                <a
                    class="icon-button"
                    href=link
                    node_ref=link_to_details
                    aria-label=t.chat_info
                    aria-expanded=move || if details.get() { "true" } else { "false" }
                >
                    <Icon name="ellipsis" />
                </a>
            </div>
        </header>
    }
    .into_any()
}

/// Who is writing; else, in a direct conversation, whether the other one is there.
fn doing(id: ConversationId) -> Option<String> {
    let chat = use_chat();
    let t = chat.t();
    let writing = chat.people.typing.with(|typing| {
        let here = typing.keys().find(|(conversation, _)| *conversation == id);
        here.map(|(_, user)| *user)
    });
    let conversation = chat.rows.with(id, |record| record.conversation.clone())?;
    if let Some(user) = writing {
        return Some(match conversation.kind {
            ConversationKind::Direct => t.typing.to_owned(),
            ConversationKind::Group => t.typing_name(&chat.who(id, user)),
        });
    }
    if conversation.kind != ConversationKind::Direct || chat.is_own(&conversation) {
        return None;
    }
    match chat.people.presence(conversation.peer?) {
        PresenceState::Online => Some(t.online.to_owned()),
        PresenceState::Offline => Some(t.offline.to_owned()),
        PresenceState::Unknown => None,
    }
}

/// When it is not known here.
#[component]
fn Unknown() -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    view! {
        <section class="chat" aria-label=t.conversation>
            <ConnectionNotice />
            <div class="empty">
                <Icon name="message-circle" />
                {move || {
                    if chat.ready.get() {
                        view! {
                            <p>{t.problem(protocol::Code::NotFound)}</p>
                            <p>
                                <a href=Place::Chats.path()>{t.back}</a>
                            </p>
                        }
                            .into_any()
                    } else {
                        view! { <p>{t.loading}</p> }.into_any()
                    }
                }}
            </div>
        </section>
    }
    .into_any()
}

/// When none is open.
#[component]
pub fn NoConversation() -> impl IntoView {
    let t = use_chat().t();
    view! {
        <section class="chat" aria-label=t.conversation>
            <ConnectionNotice />
            <div class="empty">
                <Icon name="message-circle" />
                <p>{t.choose_chat}</p>
            </div>
        </section>
    }
    .into_any()
}
