//! Asking somebody to become a contact.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use protocol::UserId;
use protocol::api::contacts::AskContact;

use crate::components::field::Field;
use crate::components::form::{Fault, FormState, Typed};
use crate::components::hidden_fields::HiddenFields;
use crate::erased::listener;
use crate::state::port::Action;
use crate::state::use_chat;

/// A note, and a button that sends it. What becomes of it shows by the relation to the user.
#[component]
pub fn AskForm(
    /// Whom to ask.
    user: UserId,
) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let form = FormState::new("ask", "/contacts/add");
    // A page that refuses it finds them again by this.
    let handle = chat
        .people
        .users
        .with_untracked(|users| users.get(&user).map(|user| user.handle.clone()));
    let send = move |event: SubmitEvent| {
        let Some(typed) = Typed::take(&event) else {
            return;
        };
        let ask = AskContact {
            user,
            note: typed.text("note"),
        };
        let ask = match ask.checked(&chat.limits()) {
            Ok(ask) => ask,
            Err(fields) => return form.refuse(protocol::Problem::invalid(fields)),
        };
        chat.ask(
            |reply| Action::AskContact { ask, reply },
            move |answer| {
                if form.took(answer).is_some() {
                    chat.overlay.say(t.request_sent);
                }
            },
        );
    };
    view! {
        <form class="form" method="post" action="/contacts/add" on:submit=listener(send)>
            <Fault text=form.problem() />
            <HiddenFields />
            <input type="hidden" name="contact" value=user.to_string() />
            <input type="hidden" name="find" value=handle />
            <Field form name="note" label=t.note hint=t.note_hint />
            <button class="button">{t.send_request}</button>
        </form>
    }
    .into_any()
}
