//! What stands around the forms of those who are not logged in.

use leptos::prelude::*;
use protocol::api::pages::Language;

use super::hidden_fields::HiddenFields;
use crate::state::use_chat;

/// The product's name and line above a form, and the other language below it.
#[component]
pub fn Door(
    /// What the form is for.
    title: &'static str,
    children: Children,
) -> impl IntoView {
    let t = use_chat().t();
    view! {
        <main class="auth">
            <div class="auth-card">
                <p class="brand">"zspchat"</p>
                <p class="hint">{t.product_line}</p>
                <h1>{title}</h1>
                {children()}
                <OtherLanguage />
            </div>
        </main>
    }
}

/// Leads to the same page in the other language.
#[component]
fn OtherLanguage() -> impl IntoView {
    let display = use_chat().display.get_untracked();
    let (language, name) = match display.language {
        Language::Chinese => (Language::English, "English"),
        Language::English => (Language::Chinese, "中文"),
    };
    view! {
        <form class="languages" method="post" action="/settings/display">
            <HiddenFields />
            <input type="hidden" name="language" value=language.tag() />
            <input type="hidden" name="theme" value=display.theme.name() />
            <button class="button plain" lang=language.tag()>
                {name}
            </button>
        </form>
    }
}
