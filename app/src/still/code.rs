//! The second step of a log-in.

use leptos::prelude::*;

use super::Says;
use crate::components::door::Door;
use crate::components::field::Field;
use crate::components::form::{Fault, FormState};
use crate::components::hidden_fields::HiddenFields;

/// What the page repeats.
#[derive(Debug, Clone)]
pub struct EnterCode {
    /// That the password was right.
    pub proof: String,
    /// Whether others use this browser too.
    pub shared: bool,
    /// The path to go on to.
    pub next: String,
}

pub fn view(t: Says, page: EnterCode) -> impl IntoView {
    let form = FormState::new("code", "/login/code");
    let shared = page
        .shared
        .then(|| view! { <input type="hidden" name="shared" value="yes" /> });
    view! {
        <Door title=t.enter_code>
            <form class="form" method="post" action="/login/code">
                <Fault text=form.problem() />
                <HiddenFields />
                <input type="hidden" name="proof" value=page.proof />
                <input type="hidden" name="next" value=page.next />
                {shared}
                <Field
                    form
                    name="code"
                    label=t.code
                    hint=t.code_hint
                    autocomplete="one-time-code"
                    required=true
                    autofocus=true
                />
                <button class="button">{t.go_on}</button>
            </form>
            <p class="other">
                <a href="/login">{t.start_over}</a>
            </p>
        </Door>
    }
}
