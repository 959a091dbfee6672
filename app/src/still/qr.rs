//! Logging in by a QR code: what the new device shows, and where another one lets it in.

use leptos::prelude::*;
use protocol::{Code, Millis};

use super::Says;
use super::security::device_name;
use crate::components::door::Door;
use crate::components::field::Field;
use crate::components::form::{Fault, FormState};
use crate::components::hidden_fields::HiddenFields;
use crate::components::section::Section;
use crate::state::use_chat;

/// What the new device shows.
#[derive(Debug, Clone)]
pub enum QrLogIn {
    /// A code that nobody has answered yet.
    Waiting {
        /// The QR code, as SVG.
        picture: String,
        /// What it leads to, to be typed.
        code: String,
        /// What whoever confirms it types.
        number: String,
        /// Whether others use this browser too.
        shared: bool,
    },
    /// The code is of no use any more.
    Over {
        /// Whether somebody refused it.
        was_refused: bool,
        /// Whether others use this browser too.
        shared: bool,
    },
}

/// A device that asks to be let in.
#[derive(Debug, Clone)]
pub struct ConfirmLogIn {
    /// The code that it shows.
    pub code: String,
    /// The browser, by its own account.
    pub agent: String,
    /// From where.
    pub address: String,
    /// Whether the reader has another network address.
    pub elsewhere: bool,
    /// Since when.
    pub at: Millis,
    /// Whether others use it too.
    pub shared: bool,
}

pub fn view(t: Says, page: QrLogIn) -> impl IntoView {
    let body = match page {
        QrLogIn::Waiting {
            picture,
            code,
            number,
            shared,
        } => view! { <Waiting t picture code number shared /> }.into_any(),
        QrLogIn::Over {
            was_refused,
            shared,
        } => view! { <Over t was_refused shared /> }.into_any(),
    };
    view! {
        <Door title=t.qr_title>
            {body}
            <p class="other">
                <a href="/login">{t.qr_password}</a>
            </p>
        </Door>
    }
}

#[component]
fn Waiting(t: Says, picture: String, code: String, number: String, shared: bool) -> impl IntoView {
    let (kept, change) = if shared {
        (Some(t.qr_shared), t.qr_not_shared)
    } else {
        (None, t.qr_is_shared)
    };
    view! {
        <p>{t.qr_scan}</p>
        <div class="qr" role="img" aria-label=t.factor_picture inner_html=picture></div>
        <dl class="facts">
            <dt>{t.qr_number}</dt>
            <dd>
                <strong>{number}</strong>
            </dd>
        </dl>
        <p class="hint">{t.qr_lasts}</p>
        <p class="hint">
            {t.qr_by_hand} " " <code>{code}</code>
        </p>
        {kept.map(|text| view! { <p>{text}</p> })}
        <form method="post" action="/login/qr">
            <HiddenFields />
            {(!shared).then(|| view! { <IsShared /> })}
            <button class="button plain">{change}</button>
        </form>
    }
}

#[component]
fn Over(t: Says, was_refused: bool, shared: bool) -> impl IntoView {
    let form = FormState::new("qr", "/login/qr");
    let why = if was_refused { t.qr_refused } else { t.qr_over };
    let problem = form.problem();
    let why = problem.with_untracked(Option::is_none).then_some(why);
    view! {
        {why.map(|why| view! { <p role="status">{why}</p> })}
        <form class="form" method="post" action="/login/qr">
            <Fault text=problem />
            <HiddenFields />
            {shared.then(|| view! { <IsShared /> })}
            <button class="button">{t.qr_another}</button>
        </form>
    }
}

/// Says that others use this browser too.
#[component]
fn IsShared() -> impl IntoView {
    view! { <input type="hidden" name="shared" value="yes" /> }
}

/// The part of `/security` where a code is typed that cannot be scanned.
#[component]
pub fn QrPart(t: Says) -> impl IntoView {
    let form = FormState::new("qr", "/security/qr");
    let refused = use_chat().site.with_value(|site| site.form.clone());
    let gone = refused
        .is_some_and(|form| form.action == "/security/qr" && form.code == Some(Code::LogInExpired));
    let problem = Signal::derive(move || {
        if gone {
            Some(t.qr_gone.to_owned())
        } else {
            form.problem().get()
        }
    });
    view! {
        <Section title=t.qr_part>
            <p>{t.qr_part_text}</p>
            <form class="form" action="/security/qr">
                <Fault text=problem />
                <Field form name="code" label=t.qr_code required=true />
                <button class="button">{t.go_on}</button>
            </form>
        </Section>
    }
}

pub fn confirm_view(t: Says, page: ConfirmLogIn) -> impl IntoView {
    let form = FormState::new("qr", "/security/qr");
    let clock = use_chat().clock();
    let network = if page.elsewhere {
        t.qr_elsewhere
    } else {
        t.qr_same_network
    };
    let shared = page
        .shared
        .then(|| view! { <span class="tag">{t.shared}</span> });
    let elsewhere = page.elsewhere.then(|| view! { <Elsewhere t form /> });
    view! {
        <p>{t.qr_asks}</p>
        <article class="device">
            <h2>
                <bdi>{device_name(t, &page.agent)}</bdi>
                {shared}
            </h2>
            <dl class="facts">
                <dt>{t.address}</dt>
                <dd>{page.address} <br /> {network}</dd>
                <dt>{t.qr_asked_at}</dt>
                <dd>{clock.long(page.at)}</dd>
            </dl>
        </article>
        <p class="problem">{t.qr_warning}</p>
        <form class="form" method="post" action="/security/qr">
            <Fault text=form.problem() />
            <HiddenFields />
            <input type="hidden" name="code" value=page.code.clone() />
            <Field form name="number" label=t.qr_type_number kind="tel" required=true />
            {elsewhere}
            <button class="button">{t.qr_let_in}</button>
        </form>
        <form method="post" action="/security/qr/refuse">
            <HiddenFields />
            <input type="hidden" name="code" value=page.code />
            <button class="button danger">{t.qr_refuse}</button>
        </form>
    }
}

/// What is said of a device on another network.
#[component]
fn Elsewhere(t: Says, form: FormState) -> impl IntoView {
    let fault = form.fault("elsewhere").get_untracked();
    let checked = form.typed("elsewhere").is_some();
    view! {
        <div class="choices">
            <label>
                <input type="checkbox" name="elsewhere" value="yes" required=true checked=checked />
                {t.qr_is_elsewhere}
            </label>
            {fault.map(|text| view! { <p class="fault" role="alert">{text}</p> })}
        </div>
    }
}
