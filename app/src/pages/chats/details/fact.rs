//! A line about a group.

use leptos::prelude::*;

use crate::erased::{listener, live};

/// What it is, and a way to change it for those who may.
#[component]
pub fn Fact(
    /// What it is about.
    label: &'static str,
    /// How it is; empty if it was not set.
    #[prop(into)]
    value: Signal<String>,
    /// What is said when it is not set.
    #[prop(optional)]
    none: &'static str,
    /// What the way to change it says.
    #[prop(optional)]
    change: &'static str,
    /// What it is called, for those who do not see beside what it stands.
    #[prop(optional)]
    change_what: &'static str,
    /// Whether it can be changed.
    #[prop(optional, into)]
    may_change: Signal<bool>,
    /// Told that it should be.
    #[prop(optional)]
    on_change: Option<Callback<()>>,
) -> impl IntoView {
    let text = live(move || {
        value.with(|value| {
            if value.trim().is_empty() {
                none.to_owned()
            } else {
                value.clone()
            }
        })
    });
    let way = live(move || {
        let on_change = on_change.filter(|_| may_change.get())?;
        Some(view! {
            <button
                type="button"
                class="link needs-script"
                aria-label=change_what
                on:click=listener(move |_| on_change.run(()))
            >
                {change}
            </button>
        })
    });
    view! {
        <div class="field fact">
            <b>{label}</b>
            {way}
            <p dir="auto">{text}</p>
        </div>
    }
    .into_any()
}
