//! What others see of the reader.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use protocol::Problem;
use protocol::api::accounts::{ChangeMe, Me};

use crate::components::avatar::Avatar;
use crate::components::field::Field;
use crate::components::form::{Fault, FormState, Typed};
use crate::components::hidden_fields::HiddenFields;
use crate::components::section::Section;
use crate::erased::{listener, memo};
use crate::state::port::Action;
use crate::state::use_chat;

/// Picture, handle and number, and a form for what can be changed.
#[component]
pub fn Profile() -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let me = move |read: fn(&Me) -> String| {
        memo(move || {
            let text = chat.me.with(|me| me.as_ref().map(read));
            text.unwrap_or_default()
        })
    };
    let name = me(|me| me.user.name.clone());
    let handle = me(|me| me.user.handle.clone());
    let number = me(|me| me.user.number.to_string());
    let signature = me(|me| me.user.signature.clone());
    let seed = untrack(|| chat.my_id());
    let form = FormState::new("profile", "/settings/profile");
    let save = move |event: SubmitEvent| {
        let Some(typed) = Typed::take(&event) else {
            return;
        };
        let change = ChangeMe {
            name: Some(typed.text("name").trim().to_owned()),
            signature: Some(typed.text("signature").trim().to_owned()),
            invisible: None,
        };
        let change = match change.checked(&chat.limits()) {
            Ok(change) => change,
            Err(fields) => return form.refuse(Problem::invalid(fields)),
        };
        chat.ask(
            |reply| Action::ChangeMe { change, reply },
            move |answer| {
                if form.took(answer).is_some() {
                    chat.overlay.say(t.saved);
                }
            },
        );
    };
    view! {
        <article class="card" aria-label=t.profile>
            <header>
                {seed.map(|seed| view! { <Avatar seed name /> })}
                <div>
                    <h2>
                        <bdi>{name}</bdi>
                    </h2>
                </div>
            </header>
            <dl class="facts">
                <dt>{t.handle}</dt>
                <dd>{handle}</dd>
                <dt>{t.number}</dt>
                <dd>{number}</dd>
            </dl>
        </article>
        <Section title=t.edit_profile>
            <form class="form" method="post" action="/settings/profile" on:submit=listener(save)>
                <Fault text=form.problem() />
                <HiddenFields />
                <Field
                    form
                    name="name"
                    label=t.name
                    value=name.get_untracked()
                    autocomplete="nickname"
                    required=true
                />
                <Field form name="signature" label=t.signature value=signature.get_untracked() />
                <button class="button">{t.save}</button>
            </form>
        </Section>
    }
    .into_any()
}
