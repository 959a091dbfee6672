//! `/notifications`: how the reader is told of what comes while they are away.

use leptos::prelude::*;
use protocol::api::push::{Push, PushSettings, PushSubscription, Quiet};

use super::Says;
use super::security::device_name;
use crate::components::field::Field;
use crate::components::form::{Fault, FormState};
use crate::components::hidden_fields::HiddenFields;
use crate::components::section::Section;
use crate::state::use_chat;

/// Quiet hours, before they were ever set: from eleven in the evening to seven, in minutes.
const NIGHT: (u16, u16) = (23 * 60, 7 * 60);

/// What the page shows.
#[derive(Debug, Clone)]
pub struct Notifications {
    /// How things stand.
    pub push: Push,
    /// What was done last.
    pub done: Option<NotificationsDone>,
}

/// What a form on the page, or its button, has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotificationsDone {
    /// This browser is told.
    TurnedOn,
    /// The settings are others.
    Saved,
    /// A browser is told no more.
    Removed,
}

pub fn view(t: Says, page: Notifications) -> impl IntoView {
    let Notifications { push, done } = page;
    let done = done.map(|done| match done {
        NotificationsDone::TurnedOn => t.push_turned_on,
        NotificationsDone::Saved => t.push_saved,
        NotificationsDone::Removed => t.push_removed,
    });
    let done = done.map(|text| view! { <p class="done" role="status">{text}</p> });
    let Some(key) = push.key else {
        return view! {
            {done}
            <Section title=t.push_here>
                <p>{t.push_no_keys}</p>
            </Section>
        }
        .into_any();
    };
    let told = push.subscriptions.iter().any(|it| it.current);
    view! {
        {done}
        <Here t key told />
        <Wishes t settings=push.settings />
        <Browsers t subscriptions=push.subscriptions />
    }
    .into_any()
}

/// This browser. Which sentence holds, its script finds out; without one, none does.
#[component]
fn Here(t: Says, key: String, told: bool) -> impl IntoView {
    let user = untrack(|| use_chat().my_id()).map(|id| id.to_string());
    let sentences = [
        ("on", t.push_on),
        ("insecure", t.push_insecure),
        ("unsupported", t.push_unsupported),
        ("denied", t.push_denied),
        ("refused", t.push_refused),
        ("failed", t.push_failed),
    ];
    let sentences = sentences.map(|(when, text)| {
        view! {
            <p data-when=when hidden>
                {text}
            </p>
        }
    });
    view! {
        <Section title=t.push_here>
            <p>{t.push_text}</p>
            <p class="without-script">{t.push_no_script}</p>
            <div class="actions" role="status" data-key=key data-user=user data-told=told.then_some("")>
                {sentences}
                <div data-when="off refused failed" hidden>
                    <button type="button" class="button">
                        {t.push_turn_on}
                    </button>
                </div>
            </div>
        </Section>
    }
}

#[component]
fn Wishes(t: Says, settings: PushSettings) -> impl IntoView {
    let zone = use_chat()
        .display
        .with_untracked(|display| display.time_zone.clone());
    let form = FormState::new("wishes", "/notifications/settings");
    // What was typed, where it was refused: a box that was not checked is not in it.
    let refused = form.typed("from").is_some();
    let checked = |name: &str, now: bool| {
        if refused {
            form.typed(name).is_some()
        } else {
            now
        }
    };
    let boxes = [
        (
            "text",
            t.push_with_text,
            t.push_with_text_hint,
            settings.text,
        ),
        (
            "mentions_only",
            t.push_mentions_only,
            "",
            settings.mentions_only,
        ),
        (
            "quiet",
            t.push_quiet,
            t.push_quiet_hint,
            settings.quiet.is_some(),
        ),
    ];
    let [text, mentions_only, quiet_on] = boxes.map(|(name, label, hint, now)| {
        let hint = (!hint.is_empty()).then(|| view! { <span class="hint">{hint}</span> });
        view! {
            <label class="wish">
                <input type="checkbox" name=name value="on" checked=checked(name, now) />
                <span>{label}</span>
                {hint}
            </label>
        }
    });
    let quiet = settings.quiet.unwrap_or(Quiet {
        from: NIGHT.0,
        to: NIGHT.1,
        time_zone: zone,
    });
    view! {
        <Section title=t.push_wishes>
            <p>{t.push_wishes_text}</p>
            <form class="form" method="post" action="/notifications/settings">
                <Fault text=form.problem() />
                <HiddenFields />
                {text}
                {mentions_only}
                {quiet_on}
                <div class="hours">
                    <Field form name="from" label=t.push_from kind="time" value=time(quiet.from) />
                    <Field form name="to" label=t.push_to kind="time" value=time(quiet.to) />
                    <Field
                        form
                        name="time_zone"
                        label=t.push_zone
                        hint=t.push_zone_hint
                        value=quiet.time_zone
                    />
                </div>
                <button class="button">{use_chat().t().save}</button>
            </form>
        </Section>
    }
}

/// As a field for a time of day has it.
fn time(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

#[component]
fn Browsers(t: Says, subscriptions: Vec<PushSubscription>) -> impl IntoView {
    let form = FormState::new("browsers", "/notifications/remove");
    let none = subscriptions
        .is_empty()
        .then(|| view! { <p>{t.push_none}</p> });
    let all: Vec<_> = subscriptions
        .into_iter()
        .map(|subscription| view! { <Browser t subscription /> })
        .collect();
    view! {
        <Section title=t.push_browsers>
            <Fault text=form.problem() />
            {none}
            {all}
        </Section>
    }
}

#[component]
fn Browser(t: Says, subscription: PushSubscription) -> impl IntoView {
    let clock = use_chat().clock();
    let name = device_name(t, &subscription.agent);
    let this = subscription
        .current
        .then(|| view! { <span class="tag">{t.push_here}</span> });
    let remove = [t.push_remove, " ", &name].concat();
    view! {
        <article class="device" aria-label=name>
            <h3>
                <bdi>{name.clone()}</bdi>
                {this}
            </h3>
            <dl class="facts">
                <dt>{t.push_since}</dt>
                <dd>{clock.long(subscription.created_at)}</dd>
            </dl>
            <form method="post" action="/notifications/remove">
                <HiddenFields />
                <input type="hidden" name="subscription" value=subscription.id />
                <button class="button plain danger" aria-label=remove>
                    {t.push_remove}
                </button>
            </form>
        </article>
    }
}
