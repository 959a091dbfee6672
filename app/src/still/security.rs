//! `/security`: the password, and where one is logged in.

use leptos::prelude::*;
use protocol::api::access_tokens::AccessToken;
use protocol::api::accounts::Session;
use protocol::api::identities::Identities;

use super::access_tokens::{AccessTokensPart, MadeToken};
use super::identities::IdentitiesPart;
use super::qr::QrPart;
use super::second_factor::Factor;
use super::{Says, second_factor};
use crate::components::field::Field;
use crate::components::form::{Fault, FormState};
use crate::components::hidden_fields::HiddenFields;
use crate::components::section::Section;
use crate::state::use_chat;

/// What the page shows.
#[derive(Debug, Clone)]
pub struct Security {
    /// Where one is logged in, here first.
    pub sessions: Vec<Session>,
    /// Whether there is a password.
    pub has_password: bool,
    /// The second step of a log-in.
    pub factor: Factor,
    /// How one may log in by accounts elsewhere.
    pub identities: Identities,
    /// What programs of theirs prove themselves by.
    pub access_tokens: Vec<AccessToken>,
    /// One that was just made.
    pub made_token: Option<MadeToken>,
    /// What was done last.
    pub done: Option<Done>,
}

/// What a form on the page has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// The password is another one.
    PasswordChanged,
    /// A device was logged out.
    DeviceEnded,
    /// All other devices were.
    OthersEnded,
    /// No code is asked for any more.
    FactorRemoved,
    /// A program's token is good no more.
    TokenEnded,
    /// An account elsewhere is a way in from now on.
    Linked,
    /// It is no more.
    Unlinked,
    /// A device was let in by its QR code.
    DeviceLetIn,
    /// It was not.
    DeviceTurnedAway,
}

pub fn view(t: Says, page: Security) -> impl IntoView {
    let done = page.done.map(|done| match done {
        Done::PasswordChanged => t.password_changed,
        Done::DeviceEnded => t.device_ended,
        Done::OthersEnded => t.others_ended,
        Done::FactorRemoved => t.factor_removed,
        Done::TokenEnded => t.token_ended,
        Done::Linked => t.linked,
        Done::Unlinked => t.unlinked,
        Done::DeviceLetIn => t.device_let_in,
        Done::DeviceTurnedAway => t.device_turned_away,
    });
    view! {
        {done.map(|text| view! { <p class="done" role="status">{text}</p> })}
        <Password t has_password=page.has_password />
        {second_factor::view(t, page.factor)}
        <IdentitiesPart t identities=page.identities />
        <QrPart t />
        <Devices t sessions=page.sessions />
        <AccessTokensPart
            t
            has_password=page.has_password
            access_tokens=page.access_tokens
            made=page.made_token
        />
    }
}

#[component]
fn Password(t: Says, has_password: bool) -> impl IntoView {
    let chat = use_chat();
    let form = FormState::new("password", "/security/password");
    let current = has_password.then(|| {
        view! {
            <Field
                form
                name="current"
                label=t.current_password
                kind="password"
                autocomplete="current-password"
                required=true
            />
        }
    });
    let handle = chat
        .me
        .with_untracked(|me| me.as_ref().map(|me| me.user.handle.clone()));
    view! {
        <Section title=t.change_password>
            <p>{t.change_password_text}</p>
            <form class="form" method="post" action="/security/password">
                <Fault text=form.problem() />
                <HiddenFields />
                // By this, password managers know whose it is.
                <input type="text" name="handle" value=handle autocomplete="username" hidden />
                {current}
                <Field
                    form
                    name="password"
                    label=t.new_password
                    hint=chat.t().password_hint
                    kind="password"
                    autocomplete="new-password"
                    required=true
                />
                <button class="button">{t.change_password}</button>
            </form>
        </Section>
    }
}

#[component]
fn Devices(t: Says, sessions: Vec<Session>) -> impl IntoView {
    let form = FormState::new("devices", "/security/sessions/end");
    let others = sessions.len() > 1;
    let sessions: Vec<_> = sessions
        .into_iter()
        .map(|session| view! { <Device t session /> })
        .collect();
    let end_others = if others {
        view! {
            <form method="post" action="/security/sessions/end-others">
                <HiddenFields />
                <button class="button danger">{t.end_others}</button>
            </form>
        }
        .into_any()
    } else {
        view! { <p>{t.no_others}</p> }.into_any()
    };
    view! {
        <Section title=t.devices>
            <p>{t.devices_text}</p>
            <Fault text=form.problem() />
            {sessions}
            {end_others}
        </Section>
    }
}

#[component]
fn Device(t: Says, session: Session) -> impl IntoView {
    let clock = use_chat().clock();
    let name = device_name(t, &session.agent);
    let marks = [(session.current, t.this_device), (session.shared, t.shared)];
    let marks = marks.into_iter().filter(|(is, _)| *is);
    let marks: Vec<_> = marks
        .map(|(_, text)| view! { <span class="tag">{text}</span> })
        .collect();
    let end = (!session.current).then(|| {
        view! {
            <form method="post" action="/security/sessions/end">
                <HiddenFields />
                <input type="hidden" name="session" value=session.id />
                <button class="button plain danger" aria-label=[t.end, " ", &name].concat()>
                    {t.end}
                </button>
            </form>
        }
    });
    view! {
        <article class="device" aria-label=name>
            <h3>
                <bdi>{name.clone()}</bdi>
                {marks}
            </h3>
            <dl class="facts">
                <dt>{t.address}</dt>
                <dd>{session.address}</dd>
                <dt>{t.since}</dt>
                <dd>{clock.long(session.since)}</dd>
                <dt>{t.seen}</dt>
                <dd>{clock.long(session.seen_at)}</dd>
                <dt>{t.expires}</dt>
                <dd>{clock.until(session.expires_at)}</dd>
            </dl>
            {end}
        </article>
    }
}

/// What a device is called, by its `User-Agent`.
pub fn device_name(t: Says, agent: &str) -> String {
    let name = browser_of(agent);
    if name.is_empty() {
        t.unknown_device.to_owned()
    } else {
        name
    }
}

/// The browser and the system of a `User-Agent`, in words; the beginning of what says neither.
fn browser_of(agent: &str) -> String {
    const BROWSERS: [(&str, &str); 7] = [
        ("MicroMessenger/", "WeChat"),
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("HeadlessChrome/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 6] = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let find = |all: &[(&str, &'static str)]| {
        let found = all.iter().find(|(sign, _)| agent.contains(sign));
        found.map(|(_, name)| *name)
    };
    let known: Vec<&str> = find(&BROWSERS).into_iter().chain(find(&SYSTEMS)).collect();
    if known.is_empty() {
        agent.chars().take(60).collect()
    } else {
        known.join(" · ")
    }
}

#[cfg(test)]
mod tests {
    use super::browser_of;

    #[test]
    fn browsers_are_called_by_their_names() {
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
            Chrome/120.0.0.0 Safari/537.36 Edg/120.0.0.0";
        assert_eq!(browser_of(edge), "Edge · Windows");
        let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 \
            (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1";
        assert_eq!(browser_of(phone), "Safari · iPhone");
        assert_eq!(browser_of("curl/8.0"), "curl/8.0");
        assert_eq!(browser_of(""), "");
    }
}
