//! The emoji picker.

use leptos::prelude::*;
use leptos::{ev, html};
use protocol::api::pages::Language;
use wasm_bindgen::JsCast;

use super::emoji_table::GROUPS;
use crate::erased::{effect, listener, live};
use crate::state::use_chat;

/// So many are remembered.
const RECENT: usize = 24;
/// So many stand in a row, for the keys that go up and down.
const COLUMNS: i32 = 8;

/// The picker; opened, it has the focus, and Escape closes it.
#[component]
pub fn EmojiPicker(
    /// One was picked.
    on_pick: Callback<String>,
    /// It is to be closed.
    on_close: Callback<()>,
) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let recent = chat
        .local
        .with_untracked(|local| local.recent_emoji.clone());
    // 0 is what was used last.
    let group = RwSignal::new(usize::from(recent.is_empty()));
    let element = NodeRef::<html::Div>::new();
    effect(move || {
        group.track();
        if let Some(element) = element.get() {
            request_animation_frame(move || focus_at(&element, 0));
        }
    });
    let pick = move |emoji: String| {
        chat.change_local(|local| {
            local.recent_emoji.retain(|it| *it != emoji);
            local.recent_emoji.insert(0, emoji.clone());
            local.recent_emoji.truncate(RECENT);
        });
        on_pick.run(emoji);
    };
    let tab = move |at: usize, sign: &'static str, name: &'static str| {
        view! {
            <button
                type="button"
                aria-label=name
                aria-pressed=move || if group.get() == at { "true" } else { "false" }
                on:click=listener(move |_| group.set(at))
            >
                {sign}
            </button>
        }
    };
    let tabs: Vec<_> = GROUPS
        .iter()
        .zip(1..)
        .map(|(group, at)| {
            let name = match t.tag {
                Language::Chinese => group.name.0,
                Language::English => group.name.1,
            };
            tab(at, group.sign, name)
        })
        .collect();
    let shown = live(move || {
        let emoji: Vec<String> = match group.get().checked_sub(1) {
            None => recent.clone(),
            Some(at) => GROUPS[at].emoji.split(' ').map(str::to_owned).collect(),
        };
        let buttons = emoji.into_iter().map(|emoji| {
            let picked = emoji.clone();
            view! {
                <button type="button" tabindex="-1" on:click=listener(move |_| pick(picked.clone()))>
                    {emoji}
                </button>
            }
        });
        buttons.collect_view()
    });
    let on_keydown = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" {
            event.prevent_default();
            on_close.run(());
        }
    };
    let on_grid_keydown = move |event: ev::KeyboardEvent| {
        let by = match event.key().as_str() {
            "ArrowRight" => 1,
            "ArrowLeft" => -1,
            "ArrowDown" => COLUMNS,
            "ArrowUp" => -COLUMNS,
            _ => return,
        };
        event.prevent_default();
        if let Some(element) = element.get_untracked() {
            focus_at(&element, focused_at(&element) + by);
        }
    };
    view! {
        <div class="backdrop" on:click=listener(move |_| on_close.run(()))></div>
        <div class="popover emoji" role="dialog" aria-label=t.emoji on:keydown=listener(on_keydown)>
            <div class="emoji-groups" role="group" aria-label=t.emoji>
                {tab(0, "🕘", t.emoji_recent)} {tabs}
            </div>
            <div
                class="emoji-grid"
                role="group"
                aria-label=t.emoji
                tabindex="0"
                node_ref=element
                on:keydown=listener(on_grid_keydown)
            >
                {shown}
            </div>
        </div>
    }
    .into_any()
}

fn buttons(element: &web_sys::HtmlDivElement) -> Option<web_sys::NodeList> {
    element.query_selector_all("button").ok()
}

fn focused_at(element: &web_sys::HtmlDivElement) -> i32 {
    let focused = document().active_element().map(web_sys::Node::from);
    let found = buttons(element)
        .and_then(|buttons| (0..buttons.length()).find(|at| buttons.item(*at) == focused));
    found.map_or(-1, u32::cast_signed)
}

fn focus_at(element: &web_sys::HtmlDivElement, at: i32) {
    let button = u32::try_from(at)
        .ok()
        .and_then(|at| buttons(element)?.item(at));
    if let Some(button) = button.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = button.focus();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_emoji_stands_twice_in_a_group() {
        for group in GROUPS {
            let mut all: Vec<&str> = group.emoji.split(' ').collect();
            assert!(all.iter().all(|emoji| !emoji.is_empty()));
            let count = all.len();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), count, "{}", group.name.1);
        }
    }
}
