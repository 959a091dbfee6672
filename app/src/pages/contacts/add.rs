//! `/contacts/add`: finding somebody by their exact handle or number.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use protocol::api::accounts::User;
use protocol::{Problem, UserId};

use super::standing::Standing;
use crate::components::field::Field;
use crate::components::form::{Fault, FormState, Typed};
use crate::components::icon::Icon;
use crate::components::page::Page;
use crate::components::user_card::UserCard;
use crate::erased::{effect, listener, live};
use crate::state::port::{Action, Update};
use crate::state::{Place, use_chat};

/// A field, and below it who was found.
#[component]
pub fn Add() -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let asked = FormState::new("refused", "/contacts/add");
    let form = FormState::new("find", "");
    let query = chat.navigation.query("find");
    let query = query.or_else(|| asked.typed("find")).unwrap_or_default();
    let told = chat.site.with_value(|site| site.found);
    let found: RwSignal<Option<Option<UserId>>> =
        RwSignal::new(told.filter(|_| !query.trim().is_empty()));
    // It answers this page's question only.
    on_cleanup(move || {
        chat.site.try_update_value(|site| site.found = None);
    });
    let find = move |text: String| {
        let text = text.trim().to_owned();
        if text.is_empty() {
            return;
        }
        let then = move |answer: Result<Option<User>, Problem>| {
            if let Some(user) = form.took(answer) {
                found.set(Some(user.as_ref().map(|user| user.id)));
                if let Some(user) = user {
                    chat.apply(Update::Users(vec![user]));
                }
            } else {
                found.set(None);
            }
        };
        chat.ask(|reply| Action::FindUser { text, reply }, then);
    };
    let wanted = query.clone();
    effect(move || {
        if found.with_untracked(Option::is_none) {
            find(wanted.clone());
        }
    });
    let submit = move |event: SubmitEvent| {
        if let Some(typed) = Typed::take(&event) {
            find(typed.text("find"));
        }
    };
    view! {
        <Page title=t.add_friend.to_owned() back=Place::Contacts>
            <form
                class="form section"
                method="get"
                action="/contacts/add"
                role="search"
                on:submit=listener(submit)
            >
                <Fault text=form.problem() />
                <Field
                    form
                    name="find"
                    label=t.handle
                    hint=t.find_hint
                    value=query
                    required=true
                    autofocus=true
                />
                <button class="button">
                    <Icon name="search" />
                    {t.find}
                </button>
            </form>
            <div role="status">
                {move || {
                    (found.get() == Some(None)).then(|| view! { <p>{t.find_nobody}</p> })
                }}
            </div>
            {move || found.get().flatten().map(|user| view! { <Found user /> })}
        </Page>
    }
    .into_any()
}

/// Who was found, and what can be done.
#[component]
fn Found(user: UserId) -> impl IntoView {
    let people = use_chat().people;
    let handle = live(move || {
        people.users.with(|users| {
            let user = users.get(&user)?;
            Some([&user.handle, " · ", &user.number.to_string()].concat())
        })
    });
    view! {
        <article class="card" data-user=user.to_string()>
            <header>
                <a class="contact" href=Place::Card(user).path()>
                    <UserCard user>
                        <p>{handle}</p>
                    </UserCard>
                </a>
            </header>
            <Standing user />
        </article>
    }
    .into_any()
}
