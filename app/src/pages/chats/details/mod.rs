//! `/chats/{id}/details`: what a conversation is, and what can be done about it. At the right of the
//! conversation; on a phone, a page.

mod fact;
mod group;
mod leaving;
mod managing;
mod members;
mod own_side;
mod picking;

use leptos::prelude::*;
use leptos::{ev, html};
use protocol::ConversationId;
use protocol::ids::ConversationKind;

use crate::components::icon::Icon;
use crate::erased::{effect, live, memo};
use crate::state::navigation::focus_soon;
use crate::state::{Chat, Place, use_chat};
use group::Group;
use members::Peer;
use own_side::OwnSide;

/// The drawer. Escape closes it.
#[component]
pub fn Details(id: ConversationId) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let kind = memo(move || chat.rows.with(id, |it| it.conversation.kind));
    let heading = NodeRef::<html::H2>::new();
    let came_alive = chat.ready.get_untracked();
    effect(move || {
        // Whoever opens it goes on in it; the page that is loaded with it keeps its focus.
        if came_alive {
            focus_soon(heading);
        }
        close_by_escape(chat, id);
    });
    let content = live(move || match kind.get() {
        Some(ConversationKind::Group) => view! { <Group id /> }.into_any(),
        Some(ConversationKind::Direct) => view! {
            <Peer id />
            <OwnSide id />
        }
        .into_any(),
        None => view! { <p>{t.problem(protocol::Code::NotFound)}</p> }.into_any(),
    });
    view! {
        <aside class="drawer" aria-label=t.chat_info>
            <header>
                <a
                    class="icon-button back"
                    href=Place::Chat(id).path()
                    aria-label=t.back
                >
                    <Icon name="chevron-left" />
                </a>
                <h2 tabindex="-1" node_ref=heading>
                    {t.chat_info}
                </h2>
                <div class="end">
                    <a class="icon-button" href=Place::Chat(id).path() aria-label=t.close>
                        <Icon name="x" />
                    </a>
                </div>
            </header>
            {content}
        </aside>
    }
    .into_any()
}

fn close_by_escape(chat: Chat, id: ConversationId) {
    let keys = window_event_listener(ev::keydown, move |event| {
        let is_meant = event.key() == "Escape" && !event.is_composing();
        // What lies over the page is closed first.
        let is_taken = event.default_prevented()
            || chat.overlay.menu.with_untracked(Option::is_some)
            || matches!(document().query_selector("dialog[open]"), Ok(Some(_)));
        if is_meant && !is_taken {
            chat.navigation.go(Place::Chat(id));
        }
    });
    on_cleanup(move || keys.remove());
}
