//! Where messages are written.

use leptos::prelude::*;
use leptos::{ev, html};
use protocol::command::{CommandKind, text_fault};
use protocol::event::{Content, Role};
use protocol::ids::ConversationKind;
use protocol::{ConversationId, UserId};

use super::emoji::EmojiPicker;
use super::form::{Fault, FormState};
use super::hidden_fields::HiddenFields;
use super::icon::Icon;
use super::mentions::{Callee, LIST_ID, Mentions, callees, option_id};
use crate::erased::{effect, listener, live, memo};
use crate::state::mention::{bytes_at, called, query};
use crate::state::navigation::{focus_soon, is_narrow};
use crate::state::port::Action;
use crate::state::{Chat, use_chat};

/// What the parts of the composer share.
#[derive(Clone, Copy)]
struct Writing {
    chat: Chat,
    id: ConversationId,
    area: NodeRef<html::Textarea>,
    /// Who was picked after an `@`, by the names that stand in the text.
    picked: StoredValue<Vec<(UserId, String)>>,
    /// Where the `@` is, in bytes, and what was typed after it.
    asked: RwSignal<Option<(usize, String)>>,
    chosen: RwSignal<usize>,
    picking_emoji: RwSignal<bool>,
    /// Whether what was written last is on its way to the disk. Until it is there, it is the draft.
    leaving: StoredValue<bool>,
}

impl Writing {
    /// The field. An answer may come when the composer is gone.
    fn area(self) -> Option<web_sys::HtmlTextAreaElement> {
        self.area.try_get_untracked().flatten()
    }

    fn text(self) -> String {
        self.area().map(|area| area.value()).unwrap_or_default()
    }

    fn caret(self, text: &str) -> usize {
        let units = self
            .area()
            .and_then(|area| area.selection_end().ok().flatten());
        units.map_or(text.len(), |units| bytes_at(text, units as usize))
    }

    /// Puts text in the place of what is there.
    fn put(self, text: &str) {
        if let Some(area) = self.area() {
            area.set_value(text);
        }
        self.typed(false);
    }

    /// Puts text between two places, counted in bytes, and the caret after it.
    fn splice(self, from: usize, to: usize, with: &str) {
        let text = self.text();
        let (Some(before), Some(after)) = (text.get(..from), text.get(to..)) else {
            return;
        };
        let Some(area) = self.area() else {
            return;
        };
        area.set_value(&[before, with, after].concat());
        let units = before.encode_utf16().count() + with.encode_utf16().count();
        let units = u32::try_from(units).unwrap_or(u32::MAX);
        let _ = area.focus();
        let _ = area.set_selection_range(units, units);
        self.typed(false);
    }

    fn insert(self, what: &str) {
        let text = self.text();
        let caret = self.caret(&text);
        self.splice(caret, caret, what);
    }

    /// What stands there is another text now.
    fn typed(self, by_hand: bool) {
        let text = self.text();
        if by_hand && !text.is_empty() {
            self.chat.act(Action::Typing(self.id));
        }
        let asked = query(&text, self.caret(&text)).map(|(at, typed)| (at, typed.to_owned()));
        if self.asked.with_untracked(|old| *old != asked) {
            self.chosen.set(0);
            self.asked.set(asked);
        }
        self.chat.set_draft(self.id, text);
    }

    fn pick(self, callee: &Callee) {
        let Some((at, typed)) = self.asked.get_untracked() else {
            return;
        };
        if let Some(user) = callee.user {
            self.picked
                .update_value(|picked| picked.push((user, callee.name.clone())));
        }
        let end = at + 1 + typed.len();
        self.splice(at, end, &["@", &callee.name, " "].concat());
        self.asked.set(None);
    }

    fn send(self) {
        let chat = self.chat;
        let text = self.text();
        if text.is_empty() {
            return;
        }
        if text_fault(&text, &chat.limits()).is_some() {
            chat.overlay.say(chat.t().too_long);
            return;
        }
        let facts = untrack(|| {
            chat.rows.with(self.id, |it| {
                (it.conversation.kind, it.conversation.mine.role)
            })
        });
        let (group, leads) = facts.map_or((false, false), |(kind, role)| {
            (kind == ConversationKind::Group, role >= Role::Administrator)
        });
        let mentions = if group {
            self.picked.with_value(|picked| called(&text, picked))
        } else {
            Vec::new()
        };
        let all = ["@", chat.t().everybody].concat();
        let reply_to = chat.log.replying.get_untracked();
        let command = CommandKind::Send {
            content: Content::Text { text: text.clone() },
            reply_to,
            mentions,
            mention_all: group && leads && text.contains(&all),
        };
        self.picked.update_value(Vec::clear);
        chat.log.replying.set(None);
        self.leaving.set_value(true);
        self.asked.set(None);
        if let Some(area) = self.area() {
            area.set_value("");
        }
        let conversation = self.id;
        chat.ask(
            |reply| Action::Send {
                conversation,
                command,
                reply,
            },
            move |answer| {
                self.leaving.try_update_value(|leaving| *leaving = false);
                if answer.is_ok() {
                    chat.show_end();
                    let draft = untrack(|| chat.draft(conversation));
                    if draft.as_deref() == Some(text.as_str()) {
                        chat.set_draft(conversation, String::new());
                    }
                } else {
                    chat.say_failure(&answer);
                    self.put(&[text.as_str(), &self.text()].concat());
                }
            },
        );
        if let Some(area) = self.area() {
            let _ = area.focus();
        }
    }

    /// Keys, unless an input method has them.
    fn key(self, event: &ev::KeyboardEvent, callees: Memo<Vec<Callee>>) {
        if event.is_composing() || event.key_code() == 229 {
            return;
        }
        let key = event.key();
        let count = callees.with_untracked(Vec::len);
        if count > 0 {
            let chosen = self.chosen.get_untracked();
            match key.as_str() {
                "ArrowDown" => self.chosen.set((chosen + 1) % count),
                "ArrowUp" => self.chosen.set((chosen + count - 1) % count),
                "Enter" | "Tab" => {
                    let callee = callees.with_untracked(|all| all.get(chosen).cloned());
                    if let Some(callee) = callee {
                        self.pick(&callee);
                    }
                }
                "Escape" => self.asked.set(None),
                _ => return,
            }
            event.prevent_default();
            return;
        }
        if key == "Escape" && self.chat.log.replying.get_untracked().is_some() {
            self.chat.log.replying.set(None);
        }
        if key != "Enter" {
            return;
        }
        let with_control = event.ctrl_key() || event.meta_key();
        let control_sends = self.chat.local.with_untracked(|it| it.send_with_control);
        if control_sends {
            if with_control {
                event.prevent_default();
                self.send();
            }
        } else if with_control {
            event.prevent_default();
            self.insert("\n");
        } else if !event.shift_key() {
            event.prevent_default();
            self.send();
        }
    }
}

/// The composer of a conversation.
#[component]
pub fn Composer(id: ConversationId) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let writing = Writing {
        chat,
        id,
        area: NodeRef::new(),
        picked: StoredValue::new(Vec::new()),
        asked: RwSignal::new(None),
        chosen: RwSignal::new(0),
        picking_emoji: RwSignal::new(false),
        leaving: StoredValue::new(false),
    };
    let action = format!("/chats/{id}/send");
    let form = FormState::new("composer", &action);
    let typed = form.typed("text").map(|text| source(&text));
    let fault = form.fault("text");
    let problem = Signal::derive(move || fault.get().or_else(|| form.problem().get()));
    follow(writing);
    let group = move || {
        let kind = chat.rows.with(id, |it| it.conversation.kind);
        kind == Some(ConversationKind::Group)
    };
    let found = memo(move || match writing.asked.get() {
        Some((_, typed)) if group() => callees(chat, id, &typed),
        _ => Vec::new(),
    });
    let open = memo(move || !found.with(Vec::is_empty));
    let placeholder = move || {
        let title = chat.rows.with(id, |it| chat.title(&it.conversation));
        t.send_to(&title.unwrap_or_default())
    };
    let hint = live(move || {
        if chat.local.with(|local| local.send_with_control) {
            t.hint_control
        } else {
            t.hint_enter
        }
    });
    let emoji_button = move |class: &'static str| {
        view! {
            <button
                type="button"
                class=class
                aria-label=t.emoji
                aria-expanded=move || if writing.picking_emoji.get() { "true" } else { "false" }
                on:click=listener(move |_| writing.picking_emoji.update(|open| *open = !*open))
            >
                <Icon name="smile" />
            </button>
        }
    };
    let mention_button = live(move || {
        group().then(|| {
            view! {
                <button
                    type="button"
                    class="icon-button needs-script"
                    aria-label=t.mention
                    on:click=listener(move |_| writing.insert("@"))
                >
                    <Icon name="at-sign" />
                </button>
            }
        })
    });
    let picker = live(move || {
        let close = move || {
            writing.picking_emoji.set(false);
            if let Some(area) = writing.area.get_untracked() {
                let _ = area.focus();
            }
        };
        writing.picking_emoji.get().then(|| {
            let on_pick = Callback::new(move |emoji: String| {
                close();
                writing.insert(&emoji);
            });
            let on_close = Callback::new(move |()| close());
            view! { <EmojiPicker on_pick on_close /> }
        })
    });
    let mentions = live(move || {
        open.get().then(|| {
            let on_pick = Callback::new(move |callee: Callee| writing.pick(&callee));
            view! { <Mentions callees=found chosen=writing.chosen on_pick /> }
        })
    });
    let on_submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        form.took(Ok(()));
        writing.send();
    };
    view! {
        <form class="composer" method="post" action=action on:submit=listener(on_submit)>
            <HiddenFields />
            <div class="tools">{emoji_button("icon-button needs-script")} {mention_button}</div>
            <Replying />
            {mentions}
            {picker}
            <Fault text=problem />
            <textarea
                name="text"
                rows="3"
                dir="auto"
                aria-label=t.write_message
                aria-haspopup="listbox"
                aria-controls=move || open.get().then_some(LIST_ID)
                aria-activedescendant=move || {
                    open.get().then(|| option_id(writing.chosen.get()))
                }
                placeholder=placeholder
                enterkeyhint="send"
                node_ref=writing.area
                on:input=listener(move |_| writing.typed(true))
                on:keydown=listener(move |event| writing.key(&event, found))
                on:blur=listener(move |_| writing.asked.set(None))
                inner_html=typed
            ></textarea>
            {emoji_button("icon-button phone needs-script")}
            <button type="submit" class="icon-button phone send" aria-label=t.send>
                <Icon name="send" />
            </button>
            <div class="foot">
                <span class="needs-script">{hint}</span>
                <button type="submit" class="button">
                    {t.send}
                </button>
            </div>
        </form>
    }
    .into_any()
}

/// Text as it stands in the source of a page, inside an element that holds nothing but text: a child
/// of the view would bring its marker along. The first line break is one that browsers leave out.
fn source(text: &str) -> String {
    ["\n", &text.replace('&', "&amp;").replace('<', "&lt;")].concat()
}

/// Takes up drafts, and texts that are to be edited again.
fn follow(writing: Writing) {
    let Writing { chat, id, area, .. } = writing;
    effect(move || {
        let draft = chat.draft(id);
        let Some(area) = area.get() else { return };
        if writing.leaving.get_value() {
            return;
        }
        // What was typed before the page came alive is the draft.
        if !area.value().is_empty() {
            writing.typed(false);
        } else if let Some(draft) = draft {
            area.set_value(&draft);
        }
    });
    // Who opens a chat wants to write; on a narrow screen a keyboard would cover what is to be read.
    effect(move || {
        if chat.navigation.has_moved() && !is_narrow() {
            focus_soon(area);
        }
    });
    effect(move || {
        if let Some(text) = chat.log.compose.get() {
            chat.log.compose.set(None);
            writing.put(&text);
            if let Some(area) = area.get_untracked() {
                let _ = area.focus();
            }
        }
    });
    effect(move || {
        if chat.log.replying.get().is_some()
            && let Some(area) = area.get_untracked()
        {
            let _ = area.focus();
        }
    });
}

/// The message that is to be answered.
#[component]
fn Replying() -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    live(move || {
        let seq = chat.log.replying.get()?;
        let event = chat.log.find(seq)?;
        let text = event.with(|event| chat.quoted(event));
        Some(view! {
            <div class="reply">
                <input type="hidden" name="reply_to" value=seq />
                <Icon name="reply" />
                <span dir="auto">{text}</span>
                <button
                    type="button"
                    class="x icon-button"
                    aria-label=t.cancel_quote
                    on:click=listener(move |_| chat.log.replying.set(None))
                >
                    <Icon name="x" />
                </button>
            </div>
        })
    })
}
