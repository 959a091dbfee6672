//! The ways between the parts of the app: a rail at the side, tabs below on a narrow screen.

use leptos::prelude::*;

use super::avatar::Avatar;
use super::badge::Badge;
use super::icon::Icon;
use crate::erased::{live, memo};
use crate::state::{Place, use_chat};

fn current(is: bool) -> Option<&'static str> {
    is.then_some("page")
}

/// The rail of a wide screen.
#[component]
pub fn Rail() -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let place = chat.navigation.place;
    let unread = chat.rows.unread;
    let requests = memo(move || chat.my_id().map_or(0, |me| chat.people.open_requests(me)));
    let in_contacts = memo(move || place.get().is_contacts());
    let in_settings = memo(move || place.get() == Place::Settings);
    let in_chats = move || !in_contacts.get() && !in_settings.get();
    let me = live(move || {
        let user = chat.me.with(|me| me.as_ref().map(|me| me.user.id))?;
        let name = Signal::derive(move || {
            chat.me
                .with(|me| me.as_ref().map(|me| me.user.name.clone()))
                .unwrap_or_default()
        });
        let visible = move || {
            chat.connection.get() == protocol::sync::Connection::Live
                && chat
                    .me
                    .with(|me| me.as_ref().is_some_and(|me| !me.invisible))
        };
        Some(view! {
            <Avatar seed=user name>
                {move || visible().then(|| view! { <span class="dot"></span> })}
            </Avatar>
        })
    });
    view! {
        <nav class="rail" aria-label=t.main_navigation>
            {me}
            <a
                href=Place::Chats.path()
                aria-current=move || current(in_chats())
                aria-label=move || t.with_unread(t.chats, unread.get())
            >
                <Icon name="message-circle" />
                <Badge count=unread />
            </a>
            <a
                href=Place::Contacts.path()
                aria-current=move || current(in_contacts.get())
                aria-label=move || t.with_requests(t.contacts, requests.get())
            >
                <Icon name="contact-round" />
                <Badge count=requests />
            </a>
            <a
                class="end"
                href=Place::Settings.path()
                aria-current=move || current(in_settings.get())
                aria-label=t.settings
            >
                <Icon name="settings" />
            </a>
        </nav>
    }
    .into_any()
}

/// The tabs of a narrow screen.
#[component]
pub fn Tabs() -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let place = chat.navigation.place;
    let unread = chat.rows.unread;
    let requests = memo(move || chat.my_id().map_or(0, |me| chat.people.open_requests(me)));
    let in_contacts = memo(move || place.get().is_contacts());
    let in_settings = memo(move || place.get() == Place::Settings);
    let in_chats = move || !in_contacts.get() && !in_settings.get();
    view! {
        <nav class="tabs" aria-label=t.main_navigation>
            <a href=Place::Chats.path() aria-current=move || current(in_chats())>
                <Icon name="message-circle" />
                {t.chats}
                <Badge count=unread />
            </a>
            <a href=Place::Contacts.path() aria-current=move || current(in_contacts.get())>
                <Icon name="contact-round" />
                {t.contacts}
                <Badge count=requests />
            </a>
            <a href=Place::Settings.path() aria-current=move || current(in_settings.get())>
                <Icon name="user" />
                {t.me}
            </a>
        </nav>
    }
    .into_any()
}
