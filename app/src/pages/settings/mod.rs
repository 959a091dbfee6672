//! `/settings`: the account, how things look, what this device holds.

mod display;
mod log_out;
mod profile;
mod storage;

use leptos::prelude::*;
use protocol::api::accounts::ChangeMe;

use crate::components::page::Page;
use crate::components::section::Section;
use crate::components::toggle::Toggle;
use crate::erased::{listener, memo};
use crate::state::port::Action;
use crate::state::use_chat;
use display::DisplayForm;
use log_out::LogOut;
use profile::Profile;
use storage::{Missing, StoragePart};

/// All settings, the ones of the account first.
#[component]
pub fn Settings() -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let version = chat
        .site
        .with_value(|site| [env!("CARGO_PKG_VERSION"), " · ", &site.version].concat());
    view! {
        <Page title=t.settings.to_owned()>
            <Profile />
            <Privacy />
            <DisplayForm />
            <a class="section" href="/security">
                {t.security}
            </a>
            <a class="section" href="/notifications">
                {t.notifications}
            </a>
            <SendingKey />
            <StoragePart />
            <Missing />
            <Section title=t.about>
                <dl class="facts">
                    <dt>{t.version}</dt>
                    <dd>{version}</dd>
                </dl>
            </Section>
            <LogOut />
        </Page>
    }
    .into_any()
}

/// Whether others see that the reader is there.
#[component]
fn Privacy() -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let invisible = memo(move || {
        chat.me
            .with(|me| me.as_ref().is_some_and(|me| me.invisible))
    });
    let change = Callback::new(move |on| {
        let change = ChangeMe {
            invisible: Some(on),
            ..ChangeMe::default()
        };
        chat.ask(
            |reply| Action::ChangeMe { change, reply },
            move |answer| chat.say_failure(&answer),
        );
    });
    view! {
        <Section title=t.privacy needs_script=true>
            <Toggle label=t.invisible hint=t.invisible_hint on=invisible on_change=change />
        </Section>
    }
    .into_any()
}

/// Which key sends, on this device.
#[component]
fn SendingKey() -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let with_control = memo(move || chat.local.with(|local| local.send_with_control));
    let choice = move |control: bool, label: &'static str| {
        view! {
            <label>
                <input
                    type="radio"
                    name="sending_key"
                    prop:checked=move || with_control.get() == control
                    on:change=listener(move |_| {
                        chat.change_local(|local| local.send_with_control = control);
                    })
                />
                {label}
            </label>
        }
    };
    view! {
        <Section title=t.sending_key needs_script=true>
            <fieldset class="choices" aria-label=t.sending_key>
                {choice(false, t.send_enter)}
                {choice(true, t.send_control)}
            </fieldset>
        </Section>
    }
    .into_any()
}
