//! The list of conversations.

use leptos::prelude::*;

use crate::components::conversation_row::ConversationRow;
use crate::components::icon::Icon;
use crate::components::notices::ConnectionNotice;
use crate::components::offer::NotificationsOffer;
use crate::components::search::{Found, SearchBox};
use crate::erased::{Each, live, memo};
use crate::state::{Place, use_chat};

/// The list, beside the open conversation.
#[component]
pub fn ConversationList() -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let order = chat.rows.order;
    let unread = chat.rows.unread;
    let query = RwSignal::new(String::new());
    let searching = memo(move || query.with(|query| !query.trim().is_empty()));
    let title = live(move || match unread.get() {
        0 => t.chats.to_owned(),
        count => format!(
            "{}({})",
            t.chats,
            if count > 99 {
                "99+".to_owned()
            } else {
                count.to_string()
            }
        ),
    });
    let rows = live(move || {
        if searching.get() {
            return view! { <Found query /> }.into_any();
        }
        view! {
            <ul class="rows" aria-label=t.conversations>
                <Each items=order let:id>
                    <ConversationRow id />
                </Each>
            </ul>
            {move || {
                let none = order.with(Vec::is_empty) && chat.my_id().is_some();
                none.then(|| view! { <NoChats /> })
            }}
        }
        .into_any()
    });
    let checked = live(move || chat.checked.get().map(|repaired| t.checked(repaired)));
    view! {
        <section class="list" aria-label=t.conversations>
            <h1 class="narrow-only">{title}</h1>
            <div class="narrow">
                <ConnectionNotice />
            </div>
            <NotificationsOffer />
            <SearchBox query />
            {rows}
            <p class="quiet" role="status">
                {checked}
            </p>
        </section>
    }
    .into_any()
}

#[component]
fn NoChats() -> impl IntoView {
    let t = use_chat().t();
    view! {
        <div class="empty">
            <Icon name="message-circle" />
            <p>{t.no_chats}</p>
            <p>{t.no_chats_hint}</p>
            <p>
                <a href=Place::AddContact.path()>{t.add_friend}</a>
                " · "
                <a href=Place::NewGroup.path()>{t.start_group}</a>
            </p>
        </div>
    }
}
