//! The log of a conversation: a window of lines that follows the reader, and the buttons that lead
//! to what is new.

use leptos::prelude::*;
use leptos::{ev, html};
use protocol::ConversationId;
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::icon::Icon;
use super::message::EventLine;
use super::outgoing::EntryLine;
use crate::state::{Chat, Item, Place, Target, use_chat};

/// Nearer to an end than this, in pixels, more is rendered.
const NEAR: i32 = 700;
/// Nearer to the bottom than this, in pixels, the reader is at the end.
const AT_END: i32 = 24;

/// What is known of how the log is scrolled. The log's column runs backwards: the browser counts
/// from the bottom, upwards is negative, and without script it opens at its end.
#[derive(Clone, Copy)]
struct Scroll {
    chat: Chat,
    element: NodeRef<html::Div>,
    /// The topmost line that is to be seen, and where it was.
    anchor: StoredValue<Option<(Element, f64)>>,
    at_end: RwSignal<bool>,
    /// The messages there were when the end was last seen.
    seen_msg_no: RwSignal<u64>,
    /// Whether the line above what is new is above what is to be seen.
    new_above: RwSignal<bool>,
    mention_above: RwSignal<bool>,
    new_seen: StoredValue<bool>,
    mention_seen: StoredValue<bool>,
}

impl Scroll {
    fn new(chat: Chat) -> Self {
        Self {
            chat,
            element: NodeRef::new(),
            anchor: StoredValue::new(None),
            at_end: RwSignal::new(true),
            seen_msg_no: RwSignal::new(0),
            new_above: RwSignal::new(false),
            mention_above: RwSignal::new(false),
            new_seen: StoredValue::new(false),
            mention_seen: StoredValue::new(false),
        }
    }

    /// The scrolled element. A frame that was asked for may come when the log, and all that is known
    /// of it here, is gone.
    fn element(self) -> Option<web_sys::HtmlDivElement> {
        self.element.try_get_untracked().flatten()
    }

    /// The reader scrolled, or was scrolled.
    fn moved(self) {
        let Some(element) = self.element() else {
            return;
        };
        let from_end = -element.scroll_top();
        let at_end = from_end < AT_END && self.chat.log.window.get_untracked().at_end();
        if self.at_end.get_untracked() != at_end {
            self.at_end.set(at_end);
        }
        let above = element.scroll_height() - element.client_height() - from_end;
        if above < NEAR {
            self.chat.show_older();
        }
        if from_end < NEAR {
            self.chat.show_newer();
        }
        self.remember(&element);
        self.look_for_new(&element);
        if at_end {
            self.rest();
        }
    }

    /// The end is to be seen: it counts as read.
    fn rest(self) {
        let newest = untrack(|| self.chat.log.newest());
        if let Some(newest) = newest
            && self.seen_msg_no.get_untracked() != newest.msg_no
        {
            self.seen_msg_no.set(newest.msg_no);
        }
        if !document().hidden() {
            self.chat.read_to_end();
        }
        self.chat.rest_at_end();
    }

    fn remember(self, element: &Element) {
        let top = element.get_bounding_client_rect().top();
        let Ok(lines) = element.query_selector_all("ol > li") else {
            return;
        };
        let line_at = |at: u32| lines.item(at).and_then(|it| it.dyn_into::<Element>().ok());
        let (mut low, mut high) = (0, lines.length());
        while low < high {
            let middle = u32::midpoint(low, high);
            let above =
                line_at(middle).is_some_and(|line| line.get_bounding_client_rect().bottom() <= top);
            if above {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let anchor = line_at(low).map(|line| {
            let place = line.get_bounding_client_rect().top();
            (line, place)
        });
        self.anchor.set_value(anchor);
    }

    /// Lines came or went: what the reader looks at stays where it was.
    fn settle(self) {
        let Some(element) = self.element() else {
            return;
        };
        if self.at_end.get_untracked() && self.chat.log.window.get_untracked().at_end() {
            element.set_scroll_top(0);
        } else if let Some((line, place)) = self.anchor.get_value()
            && line.is_connected()
        {
            let moved = line.get_bounding_client_rect().top() - place;
            if moved.abs() >= 1.0 {
                #[expect(clippy::cast_possible_truncation, reason = "pixels of a page")]
                element.set_scroll_top(element.scroll_top() + moved.round() as i32);
            }
        }
        self.moved();
    }

    fn look_for_new(self, element: &Element) {
        let opened = self.chat.log.opened.get_untracked();
        let top = element.get_bounding_client_rect().top();
        let is_above = |selector: &str| match element.query_selector(selector) {
            Ok(Some(line)) => line.get_bounding_client_rect().bottom() < top,
            _ => true,
        };
        let above = opened.unread > 0 && !self.new_seen.get_value() && is_above("li.new");
        if opened.unread > 0 && !above && !self.chat.log.opening.get_untracked() {
            self.new_seen.set_value(true);
        }
        set_if_other(self.new_above, above);
        let above = opened.mention_seq > 0
            && !self.mention_seen.get_value()
            && is_above(&format!("[data-seq='{}']", opened.mention_seq));
        if opened.mention_seq > 0 && !above {
            self.mention_seen.set_value(true);
        }
        set_if_other(self.mention_above, above);
    }

    fn go(self, target: Target) {
        let Some(element) = self.element() else {
            return;
        };
        let selector = match target {
            Target::End => {
                element.set_scroll_top(0);
                self.moved();
                return;
            }
            Target::New => "li.new".to_owned(),
            Target::Message(seq) => format!("[data-seq='{seq}']"),
        };
        if let Ok(Some(line)) = element.query_selector(&selector) {
            let bounds = element.get_bounding_client_rect();
            let place = line.get_bounding_client_rect();
            #[expect(clippy::cast_possible_truncation, reason = "pixels of a page")]
            let by = (place.top() - bounds.top() - bounds.height() / 3.0) as i32;
            self.at_end.set(false);
            element.set_scroll_top(element.scroll_top() + by);
            if let Some(line) = line.dyn_ref::<web_sys::HtmlElement>() {
                let _ = line.focus();
            }
            let _ = line.class_list().add_1("found");
        }
        self.moved();
    }
}

fn set_if_other(signal: RwSignal<bool>, value: bool) {
    if signal.get_untracked() != value {
        signal.set(value);
    }
}

/// The log of the open conversation.
#[component]
pub fn MessageLog(id: ConversationId) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let scroll = Scroll::new(chat);
    let lines = Memo::new(move |_| chat.lines());
    Effect::new(move |_| {
        lines.track();
        chat.ready.track();
        request_animation_frame(move || scroll.settle());
    });
    Effect::new(move |_| {
        if let Some(target) = chat.log.target.get() {
            chat.log.target.set(None);
            // After the frame in which new lines settle.
            request_animation_frame(move || request_animation_frame(move || scroll.go(target)));
        }
    });
    let visible = window_event_listener(ev::visibilitychange, move |_| {
        if scroll.at_end.get_untracked() {
            scroll.rest();
        }
    });
    on_cleanup(move || visible.remove());
    let older = move || {
        let first = chat.log.oldest_seq().filter(|_| chat.log.older.get())?;
        let show = move |event: ev::MouseEvent| {
            event.prevent_default();
            chat.show_older();
        };
        Some(view! {
            <li class="more">
                <a href=format!("{}?before={first}", Place::Chat(id).path()) on:click=show>
                    {t.older}
                </a>
            </li>
        })
    };
    let empty = move || {
        let empty = lines.with(Vec::is_empty) && !chat.log.opening.get();
        empty.then(|| {
            let own = chat.rows.with(id, |it| chat.is_own(&it.conversation)) == Some(true);
            let text = if own { t.to_own_notes } else { t.no_messages };
            view! { <li class="mid">{text}</li> }
        })
    };
    view! {
        <div class="frame">
            <UpButton scroll />
            <div
                class="log"
                role="log"
                aria-live="polite"
                aria-label=t.messages
                tabindex="0"
                node_ref=scroll.element
                on:scroll=move |_| scroll.moved()
                on:keydown=move |event| walk(&event, scroll)
            >
                <ol>
                    {older} {empty}
                    <For each=move || lines.get() key=|item| *item let:item>
                        {line(item)}
                    </For>
                </ol>
            </div>
            <DownButton scroll />
        </div>
    }
    .into_any()
}

fn line(item: Item) -> AnyView {
    let chat = use_chat();
    let t = chat.t();
    match item {
        Item::Event(seq) => view! { <EventLine seq /> }.into_any(),
        Item::Entry(position) => view! { <EntryLine position /> }.into_any(),
        Item::Time(_, at) => {
            view! { <li class="mid time">{move || chat.clock().long(at)}</li> }.into_any()
        }
        Item::New(_) => view! { <li class="seam new">{t.new_below}</li> }.into_any(),
        Item::Seam(_, count) => view! {
            <li class="seam" data-expired=count>
                <span>
                    {t.expired(count)} " · " <a href=Place::Settings.path()>{t.import_link}</a>
                </span>
            </li>
        }
        .into_any(),
    }
}

/// Leads up to what is new, and to the first message that calls the reader.
#[component]
fn UpButton(scroll: Scroll) -> impl IntoView {
    let chat = scroll.chat;
    let t = chat.t();
    let opened = chat.log.opened;
    let to_new = move || {
        scroll.new_above.get().then(|| {
            let count = opened.get().unread;
            view! {
                <button type="button" class="jump up" on:click=move |_| chat.show_new()>
                    <Icon name="arrow-up" />
                    {t.new_messages(count)}
                </button>
            }
        })
    };
    let to_mention = move || {
        scroll.mention_above.get().then(|| {
            let seq = opened.get().mention_seq;
            view! {
                <button
                    type="button"
                    class="jump up mentioned"
                    on:click=move |_| chat.show_message(seq)
                >
                    <Icon name="at-sign" />
                    {t.mentioned}
                </button>
            }
        })
    };
    view! { {to_new} {to_mention} }.into_any()
}

/// Leads down to the end.
#[component]
fn DownButton(scroll: Scroll) -> impl IntoView {
    let chat = scroll.chat;
    let t = chat.t();
    move || {
        (!scroll.at_end.get()).then(|| {
            let newest = chat.log.newest().map_or(0, |newest| newest.msg_no);
            let seen = scroll.seen_msg_no.get();
            let text = if newest > seen && seen > 0 {
                t.new_messages(newest - seen)
            } else {
                t.to_end.to_owned()
            };
            view! {
                <button type="button" class="jump down" on:click=move |_| chat.show_end()>
                    <Icon name="arrow-down" />
                    {text}
                </button>
            }
        })
    }
}

/// Arrow keys go from message to message, Home and End to the ends.
fn walk(event: &ev::KeyboardEvent, scroll: Scroll) {
    let Some(element) = scroll.element.get_untracked() else {
        return;
    };
    let key = event.key();
    if key == "End" {
        event.prevent_default();
        scroll.chat.show_end();
        return;
    }
    if key != "ArrowUp" && key != "ArrowDown" {
        return;
    }
    let Ok(messages) = element.query_selector_all("li.message") else {
        return;
    };
    let focused = document().active_element();
    let focused = focused.and_then(|it| it.closest("li.message").ok().flatten());
    let now = focused.and_then(|focused| {
        let focused: web_sys::Node = focused.into();
        (0..messages.length()).find(|at| messages.item(*at).as_ref() == Some(&focused))
    });
    let next = match (now, key == "ArrowUp") {
        (None, _) => messages.length().checked_sub(1),
        (Some(at), true) => at.checked_sub(1),
        (Some(at), false) => Some(at + 1),
    };
    let next = next.and_then(|at| messages.item(at));
    if let Some(next) = next.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
        event.prevent_default();
        let _ = next.focus();
    }
}
