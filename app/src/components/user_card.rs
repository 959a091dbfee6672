//! Somebody's picture and name, as a line of a list.

use leptos::prelude::*;
use protocol::UserId;

use super::avatar::Avatar;
use super::badge::OnlineDot;
use crate::state::use_chat;

/// Picture and name.
#[component]
pub fn UserCard(
    /// Whom.
    user: UserId,
    /// Stands below the name.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let people = use_chat().people;
    let name = Signal::derive(move || people.name(user).unwrap_or_default());
    view! {
        <Avatar seed=user name>
            <OnlineDot user />
        </Avatar>
        <div>
            <bdi class="name">{name}</bdi>
            {children.map(|children| children())}
        </div>
    }
    .into_any()
}
