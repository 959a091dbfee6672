//! A labelled field of a form, with its hint and what is wrong with it.

use leptos::prelude::*;

use super::form::FormState;

/// One line to be typed.
#[component]
pub fn Field(
    /// Whose field.
    form: FormState,
    /// Its name in the form.
    name: &'static str,
    /// What it is called.
    label: &'static str,
    /// What to type.
    #[prop(optional)]
    hint: &'static str,
    /// What it holds, unless something else was typed before.
    #[prop(optional, into)]
    value: String,
    /// As in `<input type>`.
    #[prop(default = "text")]
    kind: &'static str,
    /// As in `<input autocomplete>`.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// Whether it must be filled in.
    #[prop(optional)]
    required: bool,
    /// Whether the page is for filling it in.
    #[prop(optional)]
    autofocus: bool,
) -> impl IntoView {
    let id = [form.id, "-", name].concat();
    let hint_id = [&id, "-hint"].concat();
    let fault_id = [&id, "-fault"].concat();
    let fault = form.fault(name);
    let described = {
        let hint_id = (!hint.is_empty()).then(|| hint_id.clone());
        let fault_id = fault_id.clone();
        move || {
            let fault_id = fault.with(Option::is_some).then(|| fault_id.clone());
            let ids: Vec<String> = fault_id.into_iter().chain(hint_id.clone()).collect();
            (!ids.is_empty()).then(|| ids.join(" "))
        }
    };
    let value = if kind == "password" {
        String::new()
    } else {
        form.typed(name).unwrap_or(value)
    };
    view! {
        <div class="entry">
            <label for=id.clone()>{label}</label>
            <input
                id=id
                name=name
                type=kind
                value=value
                autocomplete=autocomplete
                autocapitalize="none"
                spellcheck="false"
                required=required
                autofocus=autofocus
                dir="auto"
                aria-describedby=described
                aria-invalid=move || fault.with(Option::is_some).then_some("true")
            />
            {(!hint.is_empty()).then(|| view! { <p class="hint" id=hint_id>{hint}</p> })}
            {move || {
                let id = fault_id.clone();
                fault.get().map(|text| view! { <p class="fault" id=id role="alert">{text}</p> })
            }}
        </div>
    }
}
