//! A switch with its label.

use leptos::prelude::*;

use crate::erased::listener;

/// On or off. It changes when the state does, not when it is pressed.
#[component]
pub fn Toggle(
    /// What is switched.
    label: &'static str,
    /// What that means.
    #[prop(optional)]
    hint: &'static str,
    /// How it stands.
    #[prop(into)]
    on: Signal<bool>,
    /// Why it cannot be changed now, if so.
    #[prop(into, optional)]
    refused: Signal<Option<String>>,
    /// Told how it should stand.
    on_change: Callback<bool>,
) -> impl IntoView {
    view! {
        <div class="field switch needs-script">
            <b>{label}</b>
            <button
                type="button"
                class="toggle"
                class:on=on
                role="switch"
                aria-label=label
                aria-checked=move || if on.get() { "true" } else { "false" }
                disabled=move || refused.with(Option::is_some)
                title=refused
                on:click=listener(move |_| on_change.run(!on.get_untracked()))
            ></button>
            {(!hint.is_empty()).then(|| view! { <span class="hint">{hint}</span> })}
        </div>
    }
}
