//! What every form carries, so that it works without script.

use leptos::prelude::*;

use crate::state::use_chat;

/// The form's token, the user it is meant for, and a fresh id for its command.
#[component]
pub fn HiddenFields() -> impl IntoView {
    let chat = use_chat();
    let user = untrack(|| chat.my_id()).map(|id| id.to_string());
    let (token, client_id) = chat.site.with_value(|site| {
        let client_id = site.client_id.map(|id| id.to_string());
        (site.form_token.clone(), client_id)
    });
    view! {
        <input type="hidden" name="token" value=token />
        <input type="hidden" name="user" value=user />
        <input type="hidden" name="client_id" value=client_id />
    }
    .into_any()
}
