//! Somebody's picture: the first letter of their name on a colour by their id.

use leptos::prelude::*;
use protocol::api::conversations::Conversation;
use protocol::{ConversationId, UserId};

use crate::erased::memo;
use crate::state::text::initial;

/// What a picture's colour goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(u128);

impl From<UserId> for Seed {
    fn from(id: UserId) -> Self {
        Self(id.0.as_u128())
    }
}

impl From<ConversationId> for Seed {
    fn from(id: ConversationId) -> Self {
        Self(id.0.as_u128())
    }
}

impl From<&Conversation> for Seed {
    /// Of a direct conversation the other one's, so that they look the same everywhere.
    fn from(conversation: &Conversation) -> Self {
        let peer = conversation.peer.map(Self::from);
        peer.unwrap_or_else(|| conversation.id.into())
    }
}

impl Seed {
    const fn class(self) -> &'static str {
        [
            "avatar c1",
            "avatar c2",
            "avatar c3",
            "avatar c4",
            "avatar c5",
            "avatar c6",
        ][(self.0 % 6) as usize]
    }
}

/// A picture; the children are badges and dots on it. It says nothing to those who hear the page,
/// since the name stands beside it.
#[component]
pub fn Avatar(
    #[prop(into)] seed: Seed,
    #[prop(into)] name: Signal<String>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let letter = memo(move || name.with(|name| initial(name)));
    view! {
        <div class=seed.class()>
            <span aria-hidden="true">{move || letter.get()}</span>
            {children.map(|children| children())}
        </div>
    }
    .into_any()
}
