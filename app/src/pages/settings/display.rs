//! Language and theme: cookies, since the server renders by them too.

use leptos::prelude::*;
use protocol::api::pages::{Display, Language, Theme};

use crate::components::form::{Fault, FormState};
use crate::components::hidden_fields::HiddenFields;
use crate::components::section::Section;
use crate::erased::listener;
use crate::state::port::Action;
use crate::state::{Navigation, Place, use_chat};

/// A form that works without script; with it, each choice counts at once.
#[component]
pub fn DisplayForm() -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let form = FormState::new("display", "/settings/display");
    let now = chat.display.get_untracked();
    let keep = move |display: Display, then: fn()| {
        chat.ask(
            |reply| Action::SetDisplay { display, reply },
            move |answer| match answer {
                Ok(()) => then(),
                Err(_) => chat.say_failure(&answer),
            },
        );
    };
    let language = move |language: Language| {
        let display = Display {
            language,
            ..chat.display.get_untracked()
        };
        // Every sentence changes: the page begins anew.
        keep(display, || Navigation::load(Place::Settings));
    };
    let theme = move |theme: Theme| {
        chat.display.update(|display| display.theme = theme);
        keep(chat.display.get_untracked(), || {});
    };
    let languages = [(Language::Chinese, "中文"), (Language::English, "English")];
    let languages = languages.map(|(one, label)| {
        view! {
            <label lang=one.tag()>
                <input
                    type="radio"
                    name="language"
                    value=one.tag()
                    checked=now.language == one
                    on:change=listener(move |_| language(one))
                />
                {label}
            </label>
        }
    });
    let themes = [
        (Theme::System, t.theme_system),
        (Theme::Light, t.theme_light),
        (Theme::Dark, t.theme_dark),
    ];
    let themes = themes.map(|(one, label)| {
        view! {
            <label>
                <input
                    type="radio"
                    name="theme"
                    value=one.name()
                    checked=now.theme == one
                    on:change=listener(move |_| theme(one))
                />
                {label}
            </label>
        }
    });
    let save =
        move || (!chat.ready.get()).then(|| view! { <button class="button">{t.save}</button> });
    view! {
        <Section title=t.display>
            <form class="form" method="post" action="/settings/display">
                <Fault text=form.problem() />
                <HiddenFields />
                <fieldset>
                    <legend>{t.language}</legend>
                    <div class="choices">{languages}</div>
                </fieldset>
                <fieldset>
                    <legend>{t.theme}</legend>
                    <div class="choices">{themes}</div>
                </fieldset>
                {save}
            </form>
        </Section>
    }
    .into_any()
}
