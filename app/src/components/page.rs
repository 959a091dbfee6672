//! The frame of a page in the third column.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::icon::Icon;
use crate::erased::effect;
use crate::state::{Place, use_chat};

/// A heading, the way back for a narrow screen, and what the page holds.
#[component]
pub fn Page(
    /// The heading.
    #[prop(into)]
    title: Signal<String>,
    /// Where a narrow screen goes back to; nowhere from a page that has a tab of its own.
    #[prop(optional)]
    back: Option<Place>,
    children: Children,
) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let section = NodeRef::<html::Section>::new();
    effect(move || {
        if chat.navigation.has_moved() {
            request_animation_frame(move || focus_first(section));
        }
    });
    let back = back.map(|place| {
        view! {
            <a class="icon-button back" href=place.path() aria-label=t.back>
                <Icon name="chevron-left" />
            </a>
        }
    });
    view! {
        <section class="page" aria-label=title node_ref=section>
            <header>
                {back}
                <h1 dir="auto" tabindex="-1">
                    {title}
                </h1>
            </header>
            <div class="body">{children()}</div>
        </section>
    }
    .into_any()
}

/// Who comes to a page is at what it is for: the field that says so, else its heading.
fn focus_first(section: NodeRef<html::Section>) {
    // The reader may have gone on already.
    let Some(section) = section.try_get_untracked().flatten() else {
        return;
    };
    let first = ["[autofocus]", "h1"].into_iter();
    let mut first = first.filter_map(|it| section.query_selector(it).ok().flatten());
    if let Some(first) = first
        .next()
        .and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok())
    {
        let _ = first.focus();
    }
}
