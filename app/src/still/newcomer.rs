//! `/register/identity`: who was verified at a provider chooses a handle.

use leptos::prelude::*;
use protocol::api::identities::Newcomer;

use super::Says;
use crate::components::door::Door;
use crate::components::field::Field;
use crate::components::form::{Fault, FormState};
use crate::components::hidden_fields::HiddenFields;
use crate::state::use_chat;

pub fn view(says: Says, newcomer: Newcomer) -> impl IntoView {
    let t = use_chat().t();
    let form = FormState::new("register", "/register/identity");
    view! {
        <Door title=t.register>
            <p>{says.verified_by(&newcomer.label)}</p>
            <form class="form" method="post" action="/register/identity">
                <Fault text=form.problem() />
                <HiddenFields />
                <Field
                    form
                    name="handle"
                    label=t.handle
                    hint=t.handle_hint
                    value=newcomer.handle
                    autocomplete="username"
                    required=true
                />
                <Field
                    form
                    name="name"
                    label=t.name
                    hint=t.name_hint
                    value=newcomer.name
                    autocomplete="nickname"
                />
                <button class="button">{t.register}</button>
            </form>
            <p class="other">{t.have_account} " " <a href="/login">{t.log_in}</a></p>
        </Door>
    }
}
