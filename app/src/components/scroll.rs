//! How a log is scrolled: what is to be seen stays where it is while lines come and go around it.

use leptos::prelude::*;
use leptos::{ev, html};
use wasm_bindgen::JsCast;
use web_sys::Element;

use crate::state::{Chat, Target};

/// Nearer to an end than this, in pixels, more is rendered.
const NEAR: i32 = 700;
/// Nearer to the bottom than this, in pixels, the reader is at the end.
const AT_END: i32 = 24;

/// What is known of how the log is scrolled. The log's column runs backwards: the browser counts
/// from the bottom, upwards is negative, and without script it opens at its end.
#[derive(Clone, Copy)]
pub struct Scroll {
    /// What is shown.
    pub chat: Chat,
    /// What is scrolled.
    pub node: NodeRef<html::Div>,
    /// The topmost line that is to be seen, and where it was.
    anchor: StoredValue<Option<(Element, f64)>>,
    /// Where the log was scrolled to then.
    anchored_at: StoredValue<i32>,
    /// Lines came or went, and the frame in which they settle is still to come.
    settling: StoredValue<bool>,
    /// Whether the end is to be seen.
    pub at_end: RwSignal<bool>,
    /// The messages there were when the end was last seen.
    pub seen_msg_no: RwSignal<u64>,
    /// Whether the line above what is new is above what is to be seen.
    pub new_above: RwSignal<bool>,
    /// The same of the first message that calls the reader.
    pub mention_above: RwSignal<bool>,
    new_seen: StoredValue<bool>,
    mention_seen: StoredValue<bool>,
}

impl Scroll {
    /// At the end, until the reader scrolls.
    pub fn new(chat: Chat) -> Self {
        Self {
            chat,
            node: NodeRef::new(),
            anchor: StoredValue::new(None),
            anchored_at: StoredValue::new(0),
            settling: StoredValue::new(false),
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
        self.node.try_get_untracked().flatten()
    }

    /// The reader scrolled, or was scrolled.
    pub fn moved(self) {
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
        if self.settling.get_value() {
            self.move_anchor(&element);
        } else {
            self.remember(&element);
        }
        self.look_for_new(&element);
        if at_end {
            self.rest();
        }
    }

    /// The end is to be seen: it counts as read.
    pub fn rest(self) {
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

    /// The reader scrolls on while lines come: the anchor belongs where it would be without them.
    fn move_anchor(self, element: &Element) {
        let top = element.scroll_top();
        let by = top - self.anchored_at.get_value();
        self.anchored_at.set_value(top);
        self.anchor.update_value(|anchor| {
            if let Some((_, place)) = anchor {
                *place -= f64::from(by);
            }
        });
    }

    fn remember(self, element: &Element) {
        self.anchored_at.set_value(element.scroll_top());
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

    /// Lines came or went.
    pub fn settle_soon(self) {
        self.settling.set_value(true);
        request_animation_frame(move || self.settle());
    }

    /// In the frame after: what the reader looks at stays where it was.
    fn settle(self) {
        let Some(element) = self.element() else {
            return;
        };
        self.settling.set_value(false);
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

    /// Goes to where a target is.
    pub fn go(self, target: Target) {
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

    /// Arrow keys go from message to message, Home and End to the ends.
    pub fn key(self, event: &ev::KeyboardEvent) {
        let Some(element) = self.element() else {
            return;
        };
        let key = event.key();
        if key == "End" {
            event.prevent_default();
            self.chat.show_end();
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
}

fn set_if_other(signal: RwSignal<bool>, value: bool) {
    if signal.get_untracked() != value {
        signal.set(value);
    }
}
