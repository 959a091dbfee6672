//! The conversation that is open.

use leptos::prelude::*;
use protocol::ConversationId;

use crate::components::icon::Icon;
use crate::state::use_chat;

/// A conversation.
#[component]
pub fn ConversationPage(id: ConversationId) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    view! {
        <section class="chat" aria-label=t.conversation>
            <header>
                <h1>{move || chat.rows.with(id, |record| chat.title(&record.conversation))}</h1>
            </header>
        </section>
    }
    .into_any()
}

/// When none is open.
#[component]
pub fn NoConversation() -> impl IntoView {
    let t = use_chat().t();
    view! {
        <section class="chat" aria-label=t.conversation>
            <div class="empty">
                <Icon name="message-circle" />
                <p>{t.choose_chat}</p>
            </div>
        </section>
    }
    .into_any()
}
