//! What can be done with a message.

use leptos::prelude::*;
use protocol::command::CommandKind;
use protocol::event::Message;
use protocol::{Code, Event};
use wasm_bindgen::JsCast;

use crate::state::port::Action;
use crate::state::{Answer, Chat, Choice};

/// The choices of a message's menu.
pub fn choices(chat: Chat, event: &Event, message: &Message) -> Vec<Choice> {
    let t = chat.t();
    let (conversation, seq) = (event.conversation, event.seq);
    let text = chat.text_of_message(message);
    let mut choices = vec![
        Choice::new(t.copy, move || {
            let done = copy(&text);
            chat.overlay
                .say(if done { t.copied } else { t.copy_failed });
        }),
        Choice::new(t.quote, move || chat.log.replying.set(Some(seq))),
    ];
    let recall = CommandKind::Recall { target: seq };
    let refused = untrack(|| chat.refusal(conversation, &recall, Some(event)));
    if refused != Some(Code::NotAllowed) {
        let refused = refused.map(|code| t.problem(code).to_owned());
        let run = move || chat.command(conversation, CommandKind::Recall { target: seq });
        choices.push(Choice::new(t.recall, run).unless(refused));
    }
    let delete = move || {
        let answer = Answer::new(t.delete, move |_| {
            focus_log();
            chat.act(Action::HideMessage { conversation, seq });
        });
        chat.overlay
            .confirm(t.delete, t.delete_message_text, answer.dangerous());
    };
    choices.push(Choice::new(t.delete, delete).dangerous());
    choices
}

/// The line that has the focus is about to go: its log stays.
fn focus_log() {
    let focused = document().active_element();
    let log = focused.and_then(|it| it.closest("[role=log]").ok().flatten());
    if let Some(log) = log.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = log.focus();
    }
}

/// Puts text on the clipboard, also where the clipboard's own interface is kept from a page, as over
/// plain http.
pub fn copy(text: &str) -> bool {
    let document = document();
    let Ok(element) = document.create_element("textarea") else {
        return false;
    };
    let (Some(body), Some(page)) = (document.body(), document.dyn_ref::<web_sys::HtmlDocument>())
    else {
        return false;
    };
    let focused = document.active_element();
    let area: web_sys::HtmlTextAreaElement = element.unchecked_into();
    area.set_value(text);
    area.set_class_name("sr-only");
    let _ = body.append_child(&area);
    area.select();
    let done = page.exec_command("copy").unwrap_or(false);
    area.remove();
    if let Some(focused) = focused.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = focused.focus();
    }
    done
}
