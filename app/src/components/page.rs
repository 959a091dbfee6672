//! The frame of a page in the third column.

use leptos::prelude::*;

use super::icon::Icon;
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
    let t = use_chat().t();
    let back = back.map(|place| {
        view! {
            <a class="icon-button back" href=place.path() aria-label=t.back>
                <Icon name="chevron-left" />
            </a>
        }
    });
    view! {
        <section class="page" aria-label=title>
            <header>{back} <h1 dir="auto">{title}</h1></header>
            <div class="body">{children()}</div>
        </section>
    }
    .into_any()
}
