//! How the reader stands with somebody, and what can be done about it.

use leptos::prelude::*;
use protocol::{ConversationId, UserId};

use super::answer::AnswerForms;
use super::ask::AskForm;
use super::relation::{Relation, relation};
use crate::erased::{listener, live, memo};
use crate::state::port::Action;
use crate::state::{Place, use_chat};

/// A way to write, to ask, or to answer, whichever it is.
#[component]
pub fn Standing(
    /// With whom.
    user: UserId,
) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let relation = memo(move || relation(chat, user));
    live(move || match relation.get() {
        Relation::Oneself => view! {
            <p>
                {t.this_is_you} " " <a href=Place::Settings.path()>{t.edit_profile}</a>
            </p>
        }
        .into_any(),
        Relation::Contact => view! { <Write user /> }.into_any(),
        Relation::Asks(request) => view! {
            <p>{t.asks_you}</p>
            <AnswerForms request />
        }
        .into_any(),
        Relation::Asked => view! { <p role="status">{t.request_sent}</p> }.into_any(),
        Relation::Lost => view! {
            <p>{t.not_mutual}</p>
            <AskForm user />
        }
        .into_any(),
        Relation::Stranger => view! { <AskForm user /> }.into_any(),
    })
}

/// Leads to the direct conversation; makes it first, should it not be there.
#[component]
fn Write(user: UserId) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let conversation = move || Some(ConversationId::direct(chat.my_id()?, user));
    let address = move || conversation().map(|id| Place::Chat(id).path());
    let open = move |event: leptos::ev::MouseEvent| {
        let known = untrack(|| conversation().and_then(|id| chat.rows.get(id)).is_some());
        if known {
            return;
        }
        event.prevent_default();
        chat.ask(
            |reply| Action::Direct { user, reply },
            move |answer| match answer {
                Ok(conversation) => chat.navigation.go(Place::Chat(conversation.id)),
                Err(_) => chat.say_failure(&answer),
            },
        );
    };
    view! {
        <div class="actions">
            <a class="button" href=address on:click=listener(open)>
                {t.send_message}
            </a>
        </div>
    }
    .into_any()
}
