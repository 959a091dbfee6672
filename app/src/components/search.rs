//! Finds contacts and groups by what they are called.

use leptos::prelude::*;
use leptos::{ev, html};
use protocol::ConversationId;
use protocol::ids::ConversationKind;
use wasm_bindgen::JsCast;

use super::avatar::{Avatar, Seed};
use super::icon::Icon;
use crate::erased::{listener, memo};
use crate::state::{Chat, Place, use_chat};

/// The box above a list, and beside it the ways to begin something new.
#[component]
pub fn SearchBox(
    /// What is looked for.
    query: RwSignal<String>,
) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let on_keydown = move |event: ev::KeyboardEvent| match event.key().as_str() {
        "Escape" if query.with_untracked(|query| !query.is_empty()) => {
            event.prevent_default();
            query.set(String::new());
        }
        "Enter" if !event.is_composing() && event.key_code() != 229 => {
            if let Some(found) = untrack(|| find(chat, &query.get())).first() {
                chat.navigation.go(Place::Chat(found.id));
                query.set(String::new());
            }
        }
        _ => {}
    };
    let plus = NodeRef::<html::Details>::new();
    let close = move || {
        if let Some(plus) = plus.try_get_untracked().flatten() {
            plus.set_open(false);
        }
    };
    let leave = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" {
            event.prevent_default();
            close();
            // The button of the menu stays.
            let button = plus.get_untracked().and_then(|it| it.first_element_child());
            if let Some(button) = button.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
                let _ = button.focus();
            }
        }
    };
    let outside = window_event_listener(ev::click, move |event| {
        let target = event
            .target()
            .and_then(|it| it.dyn_into::<web_sys::Node>().ok());
        let inside = plus
            .get_untracked()
            .is_some_and(|it| it.contains(target.as_ref()));
        if !inside {
            close();
        }
    });
    on_cleanup(move || outside.remove());
    view! {
        <div class="search">
            <label class="needs-script">
                <Icon name="search" />
                <input
                    type="search"
                    placeholder=t.search
                    aria-label=t.search
                    autocomplete="off"
                    prop:value=move || query.get()
                    on:input=listener(move |event| query.set(event_target_value(&event)))
                    on:keydown=listener(on_keydown)
                />
            </label>
            <details class="plus" node_ref=plus on:keydown=listener(leave)>
                <summary aria-label=t.new_chat>
                    <Icon name="plus" />
                </summary>
                <ul class="menu" on:click=listener(move |_| close())>
                    <li>
                        <a href=Place::NewGroup.path()>
                            <Icon name="users" />
                            {t.start_group}
                        </a>
                    </li>
                    <li>
                        <a href=Place::AddContact.path()>
                            <Icon name="user-plus" />
                            {t.add_friend}
                        </a>
                    </li>
                </ul>
            </details>
        </div>
    }
    .into_any()
}

/// What was found, in the place of a list.
#[component]
pub fn Found(
    /// What is looked for.
    query: RwSignal<String>,
) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let found = memo(move || find(chat, &query.get()));
    let line = move |found: Hit| {
        let name = found.name.clone();
        view! {
            <li class="row">
                <a href=Place::Chat(found.id).path() on:click=listener(move |_| query.set(String::new()))>
                    <Avatar seed=found.seed name=Signal::stored(found.name) />
                    <div>
                        <span class="name" dir="auto">
                            {name}
                        </span>
                    </div>
                </a>
            </li>
        }
    };
    view! {
        <ul class="rows" aria-label=t.search_results>
            {move || found.get().into_iter().map(line).collect_view()}
        </ul>
        {move || {
            found
                .with(Vec::is_empty)
                .then(|| {
                    view! {
                        <p class="empty">
                            {t.search_nothing} " " <a href=Place::AddContact.path()>{t.add_friend}</a>
                        </p>
                    }
                })
        }}
    }
    .into_any()
}

#[derive(Clone, PartialEq)]
struct Hit {
    id: ConversationId,
    seed: Seed,
    name: String,
}

/// Contacts by remark, name, handle or number; groups by name or number.
fn find(chat: Chat, query: &str) -> Vec<Hit> {
    let query = query.trim().to_lowercase();
    let Some(me) = chat.my_id().filter(|_| !query.is_empty()) else {
        return Vec::new();
    };
    let matches = |text: &str| text.to_lowercase().contains(&query);
    let mut found = Vec::new();
    for contact in chat.people.sorted_contacts() {
        let user = &contact.user;
        if matches(&contact.remark)
            || matches(&user.name)
            || matches(&user.handle)
            || user.number.to_string() == query
        {
            found.push(Hit {
                id: ConversationId::direct(me, user.id),
                seed: user.id.into(),
                name: chat.people.name(user.id).unwrap_or_default(),
            });
        }
    }
    for id in chat.rows.order.get() {
        let hit = chat.rows.with(id, |record| {
            let conversation = &record.conversation;
            let title = chat.title(conversation);
            let number = conversation.number.map(|number| number.to_string());
            let other = conversation.kind == ConversationKind::Group || chat.is_own(conversation);
            let hit = other && (matches(&title) || number.as_deref() == Some(&query));
            let seed = conversation.into();
            hit.then_some(Hit {
                id,
                seed,
                name: title,
            })
        });
        found.extend(hit.flatten());
    }
    found
}
