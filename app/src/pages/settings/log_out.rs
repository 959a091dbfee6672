//! The way out.

use std::sync::Arc;

use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use crate::components::form::{Fault, FormState};
use crate::components::hidden_fields::HiddenFields;
use crate::erased::listener;
use crate::state::overlay::Question;
use crate::state::port::Action;
use crate::state::{Answer, Chat, use_chat};

/// A form of one button; with script, it asks what is to stay on this device.
#[component]
pub fn LogOut() -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let form = FormState::new("log-out", "/logout");
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        chat.ask(Action::OutboxSize, move |answer| {
            // A disk that cannot be read keeps nobody in.
            question(chat, answer.unwrap_or(0));
        });
    };
    view! {
        <form class="section" method="post" action="/logout" on:submit=listener(submit)>
            <Fault text=form.problem() />
            <HiddenFields />
            <button class="button plain danger">{t.log_out}</button>
        </form>
    }
    .into_any()
}

fn question(chat: Chat, waiting: usize) {
    let t = chat.t();
    let log_out = move |keep: bool| {
        move |_: String| {
            chat.ask(
                |reply| Action::LogOut { keep, reply },
                move |answer| chat.say_failure(&answer),
            );
        }
    };
    let text = if waiting == 0 {
        t.log_out_text.to_owned()
    } else {
        [&t.still_waiting(waiting), "\n", t.log_out_text].concat()
    };
    chat.overlay.ask(Question {
        title: t.log_out.to_owned(),
        text,
        field: None,
        long: false,
        answers: Arc::new(vec![
            Answer::new(t.log_out_clear, log_out(false)).dangerous(),
            Answer::new(t.log_out_keep, log_out(true)),
        ]),
    });
}
