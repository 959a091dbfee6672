//! One line of the conversation list.

use leptos::prelude::*;
use protocol::ConversationId;
use protocol::api::conversations::ChangePreferences;
use protocol::ids::ConversationKind;
use wasm_bindgen::JsCast;

use super::avatar::{Avatar, Seed};
use super::badge::{Badge, OnlineDot};
use super::gesture::MenuGesture;
use super::icon::IconAlone;
use crate::erased::{listener, live, memo};
use crate::state::text::one_line;
use crate::state::{Answer, Chat, Choice, Place, use_chat};

/// A line: who, when, and the last that was said.
#[component]
pub fn ConversationRow(id: ConversationId) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let row = chat.rows.get(id)?;
    let of = {
        let row = row.clone();
        move || row.get().conversation
    };
    let conversation = memo(move || of());
    let title = memo(move || conversation.with(|it| chat.title(it)));
    let preview = memo(move || conversation.with(|it| chat.preview(it)));
    let time = memo(move || chat.clock().short(conversation.with(|it| it.last_at)));
    let mine = memo(move || conversation.with(|it| it.mine.clone()));
    let open = memo(move || chat.navigation.place.get().conversation() == Some(id));
    let draft = memo(move || {
        let draft = chat.draft(id);
        draft.filter(|_| !open.get())
    });
    let peer = conversation.with_untracked(|it| {
        it.peer
            .filter(|_| it.kind == ConversationKind::Direct && !chat.is_own(it))
    });
    let seed = Seed::from(&conversation.get_untracked());
    let unread = memo(move || mine.with(|mine| mine.unread.max(u64::from(mine.marked_unread))));
    let silenced = memo(move || mine.with(|mine| mine.silenced));
    let count = Signal::derive(move || if silenced.get() { 0 } else { unread.get() });
    let mark = move || {
        if draft.get().is_some() {
            Some(t.draft_mark.to_owned())
        } else if mine.with(|mine| mine.mention_seq > 0 && mine.unread > 0) {
            Some(t.mention_mark.to_owned())
        } else {
            None
        }
    };
    let text = live(move || {
        if let Some(draft) = draft.get() {
            return one_line(&draft);
        }
        let preview = preview.get();
        let unread = mine.with(|mine| mine.unread);
        if silenced.get() && unread > 0 {
            return [t.silenced_count(unread), preview].join(" ");
        }
        preview
    });
    let heard = live(move || {
        (unread.get() > 0)
            .then(|| view! { <span class="sr-only">{t.unread_count(unread.get())}</span> })
    });
    let plain = live(move || {
        (silenced.get() && unread.get() > 0)
            .then(|| view! { <span class="badge plain" aria-hidden="true"></span> })
    });
    let gesture = MenuGesture::new(move |at| {
        chat.overlay
            .open_menu(t.conversation_menu, at, choices(chat, id));
    });
    Some(
        view! {
            <li
                class="row"
                class:pinned=move || mine.with(|mine| mine.pinned)
                data-conversation=id.to_string()
            >
                <a
                    href=Place::Chat(id).path()
                    aria-current=move || open.get().then_some("page")
                    on:contextmenu=listener(move |event| gesture.context_menu(&event))
                    on:keydown=listener(move |event| gesture.key(&event))
                    on:pointerdown=listener(move |event| gesture.press(&event))
                    on:pointerup=listener(move |_| gesture.release())
                    on:pointermove=listener(move |_| gesture.release())
                    on:pointercancel=listener(move |_| gesture.release())
                    on:click=listener(move |event| gesture.click(&event))
                >
                    <Avatar seed name=title>
                        {peer.map(|user| view! { <OnlineDot user /> })}
                        <Badge count />
                        {plain}
                    </Avatar>
                    <div>
                        <div class="top">
                            <span class="name" dir="auto">
                                {move || title.get()}
                            </span>
                            <time>{move || time.get()}</time>
                        </div>
                        <div class="preview">
                            {move || mark().map(|mark| view! { <span class="mark">{mark}</span> })}
                            <span class="t" dir="auto">
                                {text}
                            </span>
                            {move || {
                                silenced
                                    .get()
                                    .then(|| view! { <IconAlone name="bell-off" label=t.silenced /> })
                            }} {heard}
                        </div>
                    </div>
                </a>
            </li>
        }
        .into_any(),
    )
}

/// The line that has the focus is about to go: one beside it stays.
fn focus_neighbour() {
    let focused = document().active_element();
    let Some(row) = focused.and_then(|it| it.closest("li.row").ok().flatten()) else {
        return;
    };
    let beside = row
        .next_element_sibling()
        .or_else(|| row.previous_element_sibling());
    let link = beside.and_then(|it| it.query_selector("a").ok().flatten());
    if let Some(link) = link.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = link.focus();
    }
}

/// What the menu of a conversation offers.
pub fn choices(chat: Chat, id: ConversationId) -> Vec<Choice> {
    let t = chat.t();
    let conversation = untrack(|| chat.rows.with(id, |record| record.conversation.clone()));
    let Some(conversation) = conversation else {
        return Vec::new();
    };
    let mine = &conversation.mine;
    let prefer = move |change: ChangePreferences| move || chat.prefer(id, change);
    let none = ChangePreferences::default();
    let unread = mine.unread > 0 || mine.marked_unread;
    let read = move || {
        let conversation = untrack(|| chat.rows.with(id, |record| record.conversation.clone()));
        if let Some(it) = conversation {
            chat.read_all(&it);
        }
    };
    let (pin, silence, head) = (!mine.pinned, !mine.silenced, conversation.head);
    let delete = move || {
        let answer = Answer::new(t.delete, move |_| {
            focus_neighbour();
            chat.prefer(
                id,
                ChangePreferences {
                    hidden_seq: Some(head),
                    cleared_seq: Some(head),
                    ..ChangePreferences::default()
                },
            );
            if untrack(|| chat.navigation.place.get().conversation()) == Some(id) {
                chat.navigation.go(Place::Chats);
            }
        });
        chat.overlay
            .confirm(t.delete_chat, t.delete_chat_text, answer.dangerous());
    };
    let hide = move || {
        focus_neighbour();
        chat.prefer(
            id,
            ChangePreferences {
                hidden_seq: Some(head),
                ..ChangePreferences::default()
            },
        );
        if untrack(|| chat.navigation.place.get().conversation()) == Some(id) {
            chat.navigation.go(Place::Chats);
        }
    };
    vec![
        Choice::new(
            if pin { t.pin } else { t.unpin },
            prefer(ChangePreferences {
                pinned: Some(pin),
                ..none
            }),
        ),
        if unread {
            Choice::new(t.mark_read, read)
        } else {
            Choice::new(
                t.mark_unread,
                prefer(ChangePreferences {
                    marked_unread: Some(true),
                    ..none
                }),
            )
        },
        Choice::new(
            if silence { t.silence } else { t.unsilence },
            prefer(ChangePreferences {
                silenced: Some(silence),
                ..none
            }),
        ),
        Choice::new(t.hide_chat, hide),
        Choice::new(t.delete_chat, delete).dangerous(),
    ]
}
