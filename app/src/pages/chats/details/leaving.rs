//! Leaving a group.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use protocol::command::CommandKind;
use protocol::{Code, ConversationId};

use crate::components::form::{Fault, FormState};
use crate::components::hidden_fields::HiddenFields;
use crate::erased::{listener, live, memo};
use crate::state::{Answer, Place, use_chat};

/// A form of one button, or why one cannot leave; nothing for those who have left.
#[component]
pub fn Leaving(id: ConversationId) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let path = format!("/chats/{id}/leave");
    let form = FormState::new("leave", &path);
    let refusal = memo(move || chat.refusal(id, &CommandKind::Leave, None));
    let leave = move |event: SubmitEvent| {
        event.prevent_default();
        let answer = Answer::new(t.leave, move |_| {
            chat.command(id, CommandKind::Leave);
            chat.navigation.go(Place::Chats);
        });
        chat.overlay
            .confirm(t.leave, t.leave_text, answer.dangerous());
    };
    live(move || match refusal.get() {
        Some(Code::NotAMember) => view! { <p>{t.you_left}</p> }.into_any(),
        Some(code) => view! {
            <button type="button" class="danger" disabled aria-describedby="why-not-leave">
                {t.leave}
            </button>
            <p class="hint" id="why-not-leave">
                {t.problem(code)}
            </p>
        }
        .into_any(),
        None => view! {
            <form method="post" action=path.clone() on:submit=listener(leave)>
                <HiddenFields />
                <button class="danger">{t.leave}</button>
                <Fault text=form.problem() />
            </form>
        }
        .into_any(),
    })
}
