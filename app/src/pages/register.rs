//! `/register`

use leptos::prelude::*;

use crate::components::door::Door;
use crate::components::field::Field;
use crate::components::form::{Fault, FormState};
use crate::components::hidden_fields::HiddenFields;
use crate::state::use_chat;

/// Handle, name and password of a new account. A plain form, as for logging in.
#[component]
pub fn Register() -> impl IntoView {
    let t = use_chat().t();
    let form = FormState::new("register", "/register");
    view! {
        <Door title=t.register>
            <form class="form" method="post" action="/register">
                <Fault text=form.problem() />
                <HiddenFields />
                <Field
                    form
                    name="handle"
                    label=t.handle
                    hint=t.handle_hint
                    autocomplete="username"
                    required=true
                />
                <Field form name="name" label=t.name hint=t.name_hint autocomplete="nickname" />
                <Field
                    form
                    name="password"
                    label=t.password
                    hint=t.password_hint
                    kind="password"
                    autocomplete="new-password"
                    required=true
                />
                <button class="button">{t.register}</button>
            </form>
            <p class="other">{t.have_account} " " <a href="/login">{t.log_in}</a></p>
        </Door>
    }
}
