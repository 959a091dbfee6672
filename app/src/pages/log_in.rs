//! `/login`

use leptos::prelude::*;

use crate::components::door::Door;
use crate::components::field::Field;
use crate::components::form::{Fault, FormState};
use crate::components::hidden_fields::HiddenFields;
use crate::components::icon::Icon;
use crate::state::use_chat;

/// Handle and password. A plain form: the page that follows is loaded with all it needs.
#[component]
pub fn LogIn() -> impl IntoView {
    let t = use_chat().t();
    let form = FormState::new("login", "/login");
    view! {
        <Door title=t.log_in>
            <form class="form" method="post" action="/login">
                <Fault text=form.problem() />
                <HiddenFields />
                <Field form name="handle" label=t.handle autocomplete="username" required=true />
                <Field
                    form
                    name="password"
                    label=t.password
                    kind="password"
                    autocomplete="current-password"
                    required=true
                />
                <div class="choices">
                    <label>
                        <input type="checkbox" name="shared" value="yes" />
                        {t.shared_computer}
                    </label>
                </div>
                <button class="button">{t.log_in}</button>
                <Providers />
            </form>
            <p class="other">{t.no_account} " " <a href="/register">{t.register}</a></p>
        </Door>
    }
}

/// Whose accounts one may log in with: other ways to send the form off, of which only the choice
/// counts then.
#[component]
fn Providers() -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let providers = chat.site.with_value(|site| site.providers.clone());
    (!providers.is_empty()).then(|| {
        let links = providers.into_iter().map(|it| {
            view! {
                <button
                    class="button plain"
                    formaction=["/login/", &it.name].concat()
                    formnovalidate
                >
                    {it.icon.map(|icon| view! { <Icon name=icon.name() /> })}
                    {it.label}
                </button>
            }
        });
        view! {
            <nav class="providers" aria-label=t.other_ways>
                <p class="hint">{t.other_ways}</p>
                {links.collect_view()}
            </nav>
        }
    })
}
