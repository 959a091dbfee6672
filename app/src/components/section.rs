//! A part of a page under a heading of its own.

use leptos::prelude::*;

/// A heading, and what belongs to it.
#[component]
pub fn Section(
    /// The heading.
    title: &'static str,
    /// Whether nothing in it works without script, so that it is not shown then.
    #[prop(optional)]
    needs_script: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <section class="section" class:needs-script=needs_script aria-label=title>
            <h2>{title}</h2>
            {children()}
        </section>
    }
    .into_any()
}
