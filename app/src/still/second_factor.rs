//! The part of `/security` about the second step of a log-in.

use leptos::prelude::*;

use super::Says;
use crate::components::field::Field;
use crate::components::form::{Fault, FormState};
use crate::components::hidden_fields::HiddenFields;
use crate::components::section::Section;

/// How it stands.
#[derive(Debug, Clone)]
pub enum Factor {
    /// None is asked for.
    Off,
    /// An app is to take a secret.
    Offered {
        /// The QR code, as SVG.
        picture: String,
        /// The secret, to be typed.
        secret: String,
    },
    /// It is asked for, and so many recovery codes are left.
    On(u64),
    /// It is asked for from now on: these codes are shown once.
    Begun(Vec<String>),
}

pub fn view(t: Says, factor: Factor) -> impl IntoView {
    let body = match factor {
        Factor::Off => view! { <Offer t /> }.into_any(),
        Factor::Offered { picture, secret } => view! { <Confirm t picture secret /> }.into_any(),
        Factor::On(left) => view! { <Remove t left /> }.into_any(),
        Factor::Begun(codes) => view! { <Recovery t codes /> }.into_any(),
    };
    view! {
        <Section title=t.factor>
            <p>{t.factor_text}</p>
            {body}
        </Section>
    }
}

#[component]
fn Offer(t: Says) -> impl IntoView {
    let form = FormState::new("factor-offer", "/security/second-factor/offer");
    view! {
        <form method="post" action="/security/second-factor/offer">
            <Fault text=form.problem() />
            <HiddenFields />
            <button class="button">{t.factor_begin}</button>
        </form>
    }
}

#[component]
fn Confirm(t: Says, picture: String, secret: String) -> impl IntoView {
    let form = FormState::new("factor-confirm", "/security/second-factor/confirm");
    let groups: Vec<String> = secret
        .as_bytes()
        .chunks(4)
        .map(|group| String::from_utf8_lossy(group).into_owned())
        .collect();
    view! {
        <p>{t.factor_scan}</p>
        <div class="qr" role="img" aria-label=t.factor_picture inner_html=picture></div>
        <p>
            {t.factor_type} " " <code>{groups.join(" ")}</code>
        </p>
        <form class="form" method="post" action="/security/second-factor/confirm">
            <Fault text=form.problem() />
            <HiddenFields />
            <Field
                form
                name="code"
                label=t.code
                autocomplete="one-time-code"
                required=true
            />
            <button class="button">{t.factor_confirm}</button>
        </form>
    }
}

#[component]
fn Recovery(t: Says, codes: Vec<String>) -> impl IntoView {
    let codes: Vec<_> = codes
        .into_iter()
        .map(|code| view! { <li><code>{code}</code></li> })
        .collect();
    view! {
        <p role="status">{t.factor_begun}</p>
        <ul class="codes">{codes}</ul>
        <p>
            <a class="button" href="/security">
                {t.factor_kept}
            </a>
        </p>
    }
}

#[component]
fn Remove(t: Says, left: u64) -> impl IntoView {
    let form = FormState::new("factor-remove", "/security/second-factor/remove");
    view! {
        <dl class="facts">
            <dt>{t.factor_left}</dt>
            <dd>{left}</dd>
        </dl>
        <form class="form" method="post" action="/security/second-factor/remove">
            <Fault text=form.problem() />
            <HiddenFields />
            <Field
                form
                name="code"
                label=t.code
                hint=t.code_hint
                autocomplete="one-time-code"
                required=true
            />
            <button class="button danger">{t.factor_remove}</button>
        </form>
    }
}
