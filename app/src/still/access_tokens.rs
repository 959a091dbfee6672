//! The part of `/security` about programs.

use leptos::prelude::*;
use protocol::api::access_tokens::{AccessToken, Scope};

use super::Says;
use crate::components::field::Field;
use crate::components::form::{Fault, FormState};
use crate::components::hidden_fields::HiddenFields;
use crate::components::section::Section;
use crate::state::use_chat;

/// For how many days a token may be made here; the second is chosen at first.
const DAYS: [u32; 4] = [7, 90, 180, 366];

/// A token that was just made.
#[derive(Debug, Clone)]
pub struct MadeToken {
    /// What its user calls it.
    pub name: String,
    /// What the program sends.
    pub token: String,
}

/// What there is, and making one.
#[component]
pub fn AccessTokensPart(
    t: Says,
    /// Whether a password is asked for.
    has_password: bool,
    /// What there is.
    access_tokens: Vec<AccessToken>,
    /// What was just made.
    made: Option<MadeToken>,
) -> impl IntoView {
    let ending = FormState::new("tokens-end", "/security/access-tokens/end");
    let none = access_tokens
        .is_empty()
        .then(|| view! { <p>{t.token_none}</p> });
    let access_tokens: Vec<_> = access_tokens
        .into_iter()
        .map(|token| view! { <Token t token /> })
        .collect();
    let made = made.map(|made| {
        view! {
            <div class="made" role="status">
                <p>{t.token_made}</p>
                <p>
                    <bdi>{made.name}</bdi>
                </p>
                <p>
                    <code>{made.token}</code>
                </p>
            </div>
        }
    });
    view! {
        <Section title=t.tokens>
            <p>{t.tokens_text} " " <a href="/api/docs">{t.token_docs}</a></p>
            {made}
            <Fault text=ending.problem() />
            {none}
            {access_tokens}
            <Make t has_password />
        </Section>
    }
}

#[component]
fn Make(t: Says, has_password: bool) -> impl IntoView {
    let form = FormState::new("tokens", "/security/access-tokens/make");
    let scope = form.typed("scope").unwrap_or_default();
    let scopes = [(Scope::Read, t.token_read), (Scope::Write, t.token_write)];
    let scopes = scopes.map(|(one, label)| {
        let chosen = Scope::from_name(&scope) == one;
        view! {
            <label>
                <input type="radio" name="scope" value=one.as_str() checked=chosen />
                {label}
            </label>
        }
    });
    let days = form.typed("days").and_then(|days| days.parse().ok());
    let days = days.unwrap_or(DAYS[1]);
    let days = DAYS.map(|one| {
        view! {
            <label>
                <input type="radio" name="days" value=one.to_string() checked=one == days />
                {t.days(one)}
            </label>
        }
    });
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
    view! {
        <form class="form" method="post" action="/security/access-tokens/make">
            <Fault text=form.problem() />
            <HiddenFields />
            <Field form name="name" label=t.token_name hint=t.token_name_hint required=true />
            <fieldset>
                <legend>{t.token_scope}</legend>
                <div class="choices">{scopes}</div>
            </fieldset>
            <fieldset>
                <legend>{t.token_days}</legend>
                <div class="choices">{days}</div>
            </fieldset>
            {current}
            <button class="button">{t.token_make}</button>
        </form>
    }
}

#[component]
fn Token(t: Says, token: AccessToken) -> impl IntoView {
    let clock = use_chat().clock();
    let scope = match token.scope {
        Scope::Read => t.token_read,
        Scope::Write => t.token_write,
    };
    let end = [t.token_end, " ", &token.name].concat();
    view! {
        <article class="device" aria-label=token.name.clone()>
            <h3>
                <bdi>{token.name.clone()}</bdi>
                <span class="tag">{scope}</span>
            </h3>
            <dl class="facts">
                <dt>{t.token_since}</dt>
                <dd>{clock.long(token.since)}</dd>
                <dt>{t.seen}</dt>
                <dd>{clock.long(token.seen_at)}</dd>
                <dt>{t.token_expires}</dt>
                <dd>{clock.until(token.expires_at)}</dd>
            </dl>
            <form method="post" action="/security/access-tokens/end">
                <HiddenFields />
                <input type="hidden" name="access_token" value=token.id />
                <button class="button plain danger" aria-label=end>
                    {t.token_end}
                </button>
            </form>
        </article>
    }
}
