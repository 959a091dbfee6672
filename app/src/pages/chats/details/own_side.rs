//! The reader's own side of a conversation: silence, pin, clear.

use leptos::prelude::*;
use protocol::ConversationId;
use protocol::api::conversations::{ChangePreferences, Mine};

use crate::components::toggle::Toggle;
use crate::erased::listener;
use crate::state::{Answer, use_chat};

/// What only the reader notices.
#[component]
pub fn OwnSide(id: ConversationId) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let is = move |read: fn(&Mine) -> bool| {
        Signal::derive(move || {
            let mine = chat.rows.with(id, |it| read(&it.conversation.mine));
            mine.unwrap_or_default()
        })
    };
    let silence = Callback::new(move |on| {
        let change = ChangePreferences {
            silenced: Some(on),
            ..ChangePreferences::default()
        };
        chat.prefer(id, change);
    });
    let pin = Callback::new(move |on| {
        let change = ChangePreferences {
            pinned: Some(on),
            ..ChangePreferences::default()
        };
        chat.prefer(id, change);
    });
    let clear = move |_| {
        let head = untrack(|| chat.rows.with(id, |it| it.conversation.head));
        let answer = Answer::new(t.clear, move |_| {
            let change = ChangePreferences {
                cleared_seq: head,
                ..ChangePreferences::default()
            };
            chat.prefer(id, change);
        });
        chat.overlay
            .confirm(t.clear_history, t.clear_history_text, answer.dangerous());
    };
    view! {
        <Toggle label=t.silence on=is(|mine| mine.silenced) on_change=silence />
        <Toggle label=t.pin_chat on=is(|mine| mine.pinned) on_change=pin />
        <button type="button" class="danger needs-script" on:click=listener(clear)>
            {t.clear_history}
        </button>
    }
    .into_any()
}
