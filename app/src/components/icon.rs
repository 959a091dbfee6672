//! Icons, from one sprite that stands at the end of the document.

use leptos::prelude::*;

/// The sprite: the icons of lucide (ISC licence) that are in use. In the server's document only.
#[component]
pub fn Sprite() -> impl IntoView {
    view! { <svg hidden inner_html=include_str!("icons.svg")></svg> }
}

/// An icon beside words that say the same.
#[component]
pub fn Icon(name: &'static str) -> impl IntoView {
    view! {
        <svg class="icon" aria-hidden="true">
            <use href=["#", name].concat()></use>
        </svg>
    }
    .into_any()
}

/// An icon that stands alone, with what it means.
#[component]
pub fn IconAlone(name: &'static str, #[prop(into)] label: String) -> impl IntoView {
    view! {
        <svg class="icon" role="img" aria-label=label>
            <use href=["#", name].concat()></use>
        </svg>
    }
    .into_any()
}
