//! `/contacts/{user}`: who somebody is, and how the reader keeps them.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use protocol::UserId;
use protocol::api::contacts::{ChangeContact, Contact};
use protocol::stream::PresenceState;

use super::standing::Standing;
use crate::components::avatar::Avatar;
use crate::components::badge::OnlineDot;
use crate::components::field::Field;
use crate::components::form::{Fault, FormState, Typed};
use crate::components::page::Page;
use crate::components::toggle::Toggle;
use crate::erased::{effect, listener, live, memo};
use crate::state::port::Action;
use crate::state::{Answer, Chat, Place, use_chat};

/// Somebody's card.
#[component]
pub fn Card(
    /// Whose.
    user: UserId,
) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let profile = memo(move || chat.people.users.with(|users| users.get(&user).cloned()));
    let is_known = memo(move || profile.with(Option::is_some));
    let name = memo(move || chat.people.name(user).unwrap_or_default());
    let title = Signal::derive(move || {
        if is_known.get() {
            name.get()
        } else {
            t.contacts.to_owned()
        }
    });
    // What is known may be old, or nothing.
    effect(move || chat.act(Action::Users(vec![user])));
    let card = live(move || {
        if !is_known.get() {
            return view! { <p role="status">{t.no_card}</p> }.into_any();
        }
        view! {
            <article class="card" data-user=user.to_string()>
                <header>
                    <Avatar seed=user name>
                        <OnlineDot user />
                    </Avatar>
                    <div>
                        <h2>
                            <bdi>{name}</bdi>
                        </h2>
                        <Presence user />
                    </div>
                </header>
                <Facts user />
                <Standing user />
            </article>
            <Keeping user />
        }
        .into_any()
    });
    view! {
        <Page title back=Place::Contacts>
            {card}
        </Page>
    }
    .into_any()
}

#[component]
fn Presence(user: UserId) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    live(move || match chat.people.presence(user) {
        PresenceState::Online => Some(view! { <p>{t.online}</p> }),
        PresenceState::Offline => Some(view! { <p>{t.offline}</p> }),
        PresenceState::Unknown => None,
    })
}

#[component]
fn Facts(user: UserId) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let facts = live(move || {
        let profile = chat.people.users.with(|users| users.get(&user).cloned())?;
        let shown = chat.people.name(user);
        let own_name = (shown.as_ref() != Some(&profile.name)).then_some((t.name, profile.name));
        let signature = (!profile.signature.is_empty()).then_some((t.signature, profile.signature));
        let facts = own_name.into_iter().chain([
            (t.handle, profile.handle),
            (t.number, profile.number.to_string()),
        ]);
        let facts = facts.chain(signature).map(|(what, value)| {
            view! {
                <dt>{what}</dt>
                <dd dir="auto">{value}</dd>
            }
        });
        Some(facts.collect_view())
    });
    view! { <dl class="facts">{facts}</dl> }
}

/// The reader's own side: remark, star, block, remove. Nothing for those who are no contacts.
#[component]
fn Keeping(user: UserId) -> impl IntoView {
    let chat = use_chat();
    let is_contact = memo(move || {
        chat.people
            .contacts
            .with(|contacts| contacts.contains_key(&user))
    });
    live(move || is_contact.get().then(|| view! { <Kept user /> }))
}

#[component]
fn Kept(user: UserId) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let is = move |read: fn(&Contact) -> bool| {
        Signal::derive(move || {
            let contacts = chat.people.contacts;
            contacts.with(|contacts| contacts.get(&user).is_some_and(read))
        })
    };
    let problem: RwSignal<Option<String>> = RwSignal::new(None);
    let star = Callback::new(move |on| {
        let starred = ChangeContact {
            starred: Some(on),
            ..ChangeContact::default()
        };
        change(chat, user, starred, problem);
    });
    let block = Callback::new(move |on| {
        let blocked = move || ChangeContact {
            blocked: Some(on),
            ..ChangeContact::default()
        };
        if !on {
            return change(chat, user, blocked(), problem);
        }
        let answer = Answer::new(t.block, move |_| change(chat, user, blocked(), problem));
        chat.overlay
            .confirm(t.block, t.block_hint, answer.dangerous());
    });
    let remove = move |_| {
        let answer = Answer::new(t.remove_contact, move |_| {
            chat.ask(
                |reply| Action::RemoveContact { user, reply },
                move |answer| match answer {
                    Ok(()) => chat.navigation.go(Place::Contacts),
                    Err(refused) => problem.set(Some(chat.t().says_problem(&refused))),
                },
            );
        });
        chat.overlay
            .confirm(t.remove_contact, t.remove_contact_text, answer.dangerous());
    };
    view! {
        <section class="section needs-script" aria-label=t.remark>
            <Remark user />
        </section>
        <section class="section needs-script" aria-label=t.contact_settings>
            <Toggle label=t.star on=is(|it| it.starred) on_change=star />
            <Toggle label=t.block hint=t.block_hint on=is(|it| it.blocked) on_change=block />
            <Fault text=problem.into() />
            <button type="button" class="button plain danger" on:click=listener(remove)>
                {t.remove_contact}
            </button>
        </section>
    }
    .into_any()
}

fn change(chat: Chat, user: UserId, change: ChangeContact, problem: RwSignal<Option<String>>) {
    chat.ask(
        |reply| Action::ChangeContact {
            user,
            change,
            reply,
        },
        move |answer| problem.set(answer.err().map(|it| chat.t().says_problem(&it))),
    );
}

/// The reader's own name for them.
#[component]
fn Remark(user: UserId) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let form = FormState::new("remark", "");
    let now = chat.people.contacts.with_untracked(|contacts| {
        let contact = contacts.get(&user);
        contact.map(|it| it.remark.clone()).unwrap_or_default()
    });
    let save = move |event: SubmitEvent| {
        let Some(typed) = Typed::take(&event) else {
            return;
        };
        let change = ChangeContact {
            remark: Some(typed.text("remark").trim().to_owned()),
            ..ChangeContact::default()
        };
        let change = match change.checked(&chat.limits()) {
            Ok(change) => change,
            Err(fields) => return form.refuse(protocol::Problem::invalid(fields)),
        };
        chat.ask(
            |reply| Action::ChangeContact {
                user,
                change,
                reply,
            },
            move |answer| {
                if form.took(answer).is_some() {
                    chat.overlay.say(t.saved);
                }
            },
        );
    };
    view! {
        <form class="form" on:submit=listener(save)>
            <Fault text=form.problem() />
            <Field form name="remark" label=t.remark hint=t.remark_hint value=now />
            <button class="button plain">{t.save}</button>
        </form>
    }
    .into_any()
}
