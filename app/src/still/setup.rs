//! `/setup`: the first administrator, while there is none.

use leptos::prelude::*;

use super::Says;
use crate::components::door::Door;
use crate::components::field::Field;
use crate::components::form::{Fault, FormState};
use crate::components::hidden_fields::HiddenFields;
use crate::state::use_chat;

/// What the page shows.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The code that the address holds, if it does.
    pub code: String,
}

pub fn view(says: Says, page: Setup) -> impl IntoView {
    let t = use_chat().t();
    let form = FormState::new("setup", "/setup");
    view! {
        <Door title=says.setup>
            <p>{says.setup_text}</p>
            <form class="form" method="post" action="/setup">
                <Fault text=form.problem() />
                <HiddenFields />
                <Field
                    form
                    name="code"
                    label=says.setup_code
                    hint=says.setup_code_hint
                    value=page.code
                    required=true
                />
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
                <button class="button">{says.setup_done}</button>
            </form>
            <p class="other">
                {says.setup_other} " " <a href="/login">{t.log_in}</a> " " <a href="/register">{t.register}</a>
            </p>
        </Door>
    }
}
