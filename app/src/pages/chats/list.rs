//! The list of conversations.

use leptos::prelude::*;

use crate::state::{Place, use_chat};

/// The list, beside the open conversation.
#[component]
pub fn ConversationList() -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let order = chat.rows.order;
    view! {
        <section class="list" aria-label=t.conversations>
            <ul class="rows">
                <For each=move || order.get() key=|id| *id let:id>
                    <li class="row" data-conversation=id.to_string()>
                        <a href=Place::Chat(id).path()>
                            {move || chat.rows.with(id, |record| chat.title(&record.conversation))}
                        </a>
                    </li>
                </For>
            </ul>
        </section>
    }
    .into_any()
}
