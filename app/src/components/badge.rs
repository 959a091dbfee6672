//! Counts of what is new, and whether somebody is there.

use leptos::prelude::*;
use protocol::UserId;
use protocol::stream::PresenceState;

use crate::erased::{live, memo};
use crate::state::use_chat;

/// A red count, up to `99+`; nothing for zero. It is not read aloud: what it is on says the number.
#[component]
pub fn Badge(#[prop(into)] count: Signal<u64>) -> impl IntoView {
    live(move || {
        let text = match count.get() {
            0 => return None,
            count @ 1..=99 => count.to_string(),
            _ => "99+".to_owned(),
        };
        Some(view! { <span class="badge" aria-hidden="true">{text}</span> })
    })
}

/// A dot while somebody is online.
#[component]
pub fn OnlineDot(user: UserId) -> impl IntoView {
    let chat = use_chat();
    let online = memo(move || chat.people.presence(user) == PresenceState::Online);
    live(move || {
        online
            .get()
            .then(|| view! { <span class="dot" role="img" aria-label=chat.t().online></span> })
    })
}
