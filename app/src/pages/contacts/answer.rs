//! Accepting or declining a request.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use protocol::RequestId;

use crate::components::form::{Fault, FormState};
use crate::components::hidden_fields::HiddenFields;
use crate::erased::listener;
use crate::state::port::Action;
use crate::state::use_chat;

/// Two buttons, each a form of its own so that they work without script.
#[component]
pub fn AnswerForms(
    /// Which request.
    request: RequestId,
    /// Called when it is answered: the buttons are about to go.
    #[prop(optional)]
    on_done: Option<Callback<()>>,
) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let path = move |what: &str| format!("/contacts/requests/{request}/{what}");
    let accepting = FormState::new("accept", &path("accept"));
    let declining = FormState::new("decline", &path("decline"));
    let answer = move |event: SubmitEvent, accept: bool| {
        event.prevent_default();
        let form = if accept { accepting } else { declining };
        chat.ask(
            |reply| Action::AnswerRequest {
                request,
                accept,
                reply,
            },
            move |answer| {
                if form.took(answer).is_some()
                    && let Some(on_done) = on_done
                {
                    on_done.try_run(());
                }
            },
        );
    };
    view! {
        <div class="actions">
            <form method="post" action=path("accept") on:submit=listener(move |event| answer(event, true))>
                <HiddenFields />
                <button class="button">{t.accept}</button>
            </form>
            <form method="post" action=path("decline") on:submit=listener(move |event| answer(event, false))>
                <HiddenFields />
                <button class="button plain">{t.decline}</button>
            </form>
        </div>
        <Fault text=accepting.problem() />
        <Fault text=declining.problem() />
    }
    .into_any()
}
