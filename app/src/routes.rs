//! Which page is at which address.

use leptos::prelude::*;

use crate::components::navigation::{Rail, Tabs};
use crate::components::overlay::Overlays;
use crate::erased::memo;
use crate::pages::chats::{ConversationList, ConversationPage, Details, NewGroup, NoConversation};
use crate::pages::contacts;
use crate::pages::log_in::LogIn;
use crate::pages::not_found::{NotFound, NotFoundOutside};
use crate::pages::register::Register;
use crate::pages::settings::Settings;
use crate::state::{Place, use_chat};

/// What is beside the rail: the list of conversations or of contacts.
fn list(of_contacts: bool) -> AnyView {
    if of_contacts {
        view! { <contacts::Column /> }.into_any()
    } else {
        view! { <ConversationList /> }.into_any()
    }
}

/// What the address shows, beside a list.
fn page(place: Place) -> AnyView {
    match place {
        Place::Chats => view! { <NoConversation /> }.into_any(),
        Place::Chat(id) | Place::Details(id) => view! { <ConversationPage id /> }.into_any(),
        Place::NewGroup => view! { <NewGroup /> }.into_any(),
        Place::LogIn => view! { <LogIn /> }.into_any(),
        Place::Register => view! { <Register /> }.into_any(),
        Place::Contacts => view! { <contacts::Home /> }.into_any(),
        Place::AddContact => view! { <contacts::Add /> }.into_any(),
        Place::Requests => view! { <contacts::Requests /> }.into_any(),
        Place::Groups => view! { <contacts::Groups /> }.into_any(),
        Place::Card(user) => view! { <contacts::Card user /> }.into_any(),
        Place::Settings => view! { <Settings /> }.into_any(),
        Place::Nowhere => view! { <NotFound /> }.into_any(),
    }
}

/// Everything there is to see.
#[component]
pub fn Frame() -> impl IntoView {
    let chat = use_chat();
    let place = chat.navigation.place;
    // The same page stays when only what is around it changes.
    let contacts = memo(move || place.get().is_contacts());
    let shown = memo(move || match place.get() {
        Place::Details(id) => Place::Chat(id),
        place => place,
    });
    let opened = memo(move || match place.get() {
        Place::Details(id) => Some(id),
        _ => None,
    });
    let door = memo(move || place.get().is_door());
    // Who is not logged in has nothing beside the page.
    let outside = memo(move || place.get() == Place::Nowhere && chat.my_id().is_none());
    let pages = move || {
        if door.get() {
            return page(shown.get());
        }
        if outside.get() {
            return view! { <NotFoundOutside /> }.into_any();
        }
        view! {
            <div class="app" class:with-drawer=move || opened.get().is_some()>
                <Rail />
                <main>
                    {move || list(contacts.get())}
                    {move || page(shown.get())}
                </main>
                {move || opened.get().map(|id| view! { <Details id /> })}
                <Tabs />
            </div>
        }
        .into_any()
    };
    view! {
        {move || {
            if chat.known.get() {
                pages()
            } else {
                view! { <div class="skeleton" aria-busy="true"></div> }.into_any()
            }
        }}
        <Overlays />
    }
}
