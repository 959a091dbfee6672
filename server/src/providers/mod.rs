//! The providers whose accounts one may log in with, and what is said to them.
//!
//! Nothing is asked of a provider before somebody wants to log in with it, and each question is
//! given up after five seconds: one that is away delays neither the start nor the log-in page.

mod client;
mod gitee;
mod github;
mod oidc;
mod qq;
mod wechat;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use protocol::Millis;
use protocol::api::access_tokens::Scope;
use protocol::api::identities;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::clock::Clock;
use crate::config::{self, Login, ProviderKind, Secret};
use client::Client;
use oidc::Oidc;

/// All providers, as configured.
#[derive(Debug, Clone, Default)]
pub struct Providers(Arc<[Provider]>);

/// One of them.
#[derive(Debug)]
pub struct Provider {
    /// What people see of it.
    pub shown: identities::Provider,
    kind: Kind,
    site: Site,
    /// What tokens for programs must be for, if there are such.
    audience: Option<String>,
    scopes: Scopes,
}

/// By what names a provider knows what a program may do.
#[derive(Debug)]
struct Scopes {
    read: String,
    write: String,
}

/// A token that a provider has issued to a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// The provider's name.
    pub provider: String,
    /// Whom the program acts for, as the provider knows them.
    pub subject: String,
    /// What it may do.
    pub scope: Scope,
    /// When it expires.
    pub until: Millis,
}

/// Why such a token lets nobody in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It cannot be verified.
    #[error("{0}")]
    Rejected(String),
    /// It is right, and has none of the scopes.
    #[error("it has no scope that is known here")]
    NoScope,
    /// Its issuer cannot be asked for its keys.
    #[error("{0}")]
    Unavailable(String),
}

impl From<ProviderError> for TokenError {
    fn from(error: ProviderError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

#[derive(Debug)]
enum Kind {
    Oidc(Oidc),
    GitHub,
    Gitee,
    Qq,
    WeChat,
}

/// What this site is to a provider, and where the provider is asked.
#[derive(Debug)]
struct Site {
    client_id: String,
    secret: Secret,
    scopes: Vec<String>,
    authorize_url: String,
    token_url: String,
    openid_url: String,
    user_url: String,
    client: Client,
}

/// What belongs to one log-in: only its browser and this server know the last two.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// Where the provider sends the browser back to.
    pub redirect_uri: &'a str,
    /// What it is to send along.
    pub state: &'a str,
    /// What a token must hold that was made for this log-in.
    pub nonce: &'a str,
    /// What turns the code of this log-in into a token (RFC 7636).
    pub verifier: &'a str,
}

/// Whose account it is, as the provider says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identified {
    /// What the provider knows it by: never changes, and is never another's.
    pub subject: String,
    /// The name shown there.
    pub name: String,
    /// The name to log in with there, or what comes nearest.
    pub login: String,
}

/// Why a provider did not say who it is. No secret, code or token is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// It does not answer, or with an error.
    #[error("{0}")]
    Unavailable(String),
    /// What it says cannot be verified.
    #[error("{0}")]
    Distrusted(String),
}

impl Providers {
    /// Those of the configuration.
    ///
    /// # Errors
    /// A secret that cannot be read.
    pub fn new(login: &Login, clock: &Clock) -> Result<Self, String> {
        if login.providers.is_empty() {
            return Ok(Self(Arc::default()));
        }
        let client = Client::new();
        let providers = login
            .providers
            .iter()
            .map(|config| Provider::new(config, &client, clock));
        Ok(Self(providers.collect::<Result<_, _>>()?))
    }

    /// The one of that name.
    pub fn get(&self, name: &str) -> Option<&Provider> {
        self.0.iter().find(|provider| provider.shown.name == name)
    }

    /// What a token says that one of them may have issued to a program for this site; `None` where it
    /// is of nobody who may.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub async fn issued(&self, token: &str) -> Result<Option<Issued>, TokenError> {
        for provider in self.iter() {
            if let (Kind::Oidc(oidc), Some(audience)) = (&provider.kind, &provider.audience)
                && oidc.is_named_in(token)
            {
                let granted = oidc.grant(&provider.site, audience, token).await?;
                let scope = provider.scopes.among(&granted.scopes);
                return Ok(Some(Issued {
                    provider: provider.shown.name.clone(),
                    subject: granted.subject,
                    scope: scope.ok_or(TokenError::NoScope)?,
                    until: granted.until,
                }));
            }
        }
        Ok(None)
    }

    /// All, in the order in which they are offered.
    pub fn iter(&self) -> impl Iterator<Item = &Provider> {
        self.0.iter()
    }
}

impl Scopes {
    /// The best of those granted.
    fn among(&self, granted: &[String]) -> Option<Scope> {
        if granted.contains(&self.write) {
            Some(Scope::Write)
        } else {
            granted.contains(&self.read).then_some(Scope::Read)
        }
    }
}

impl Provider {
    fn new(config: &config::Provider, client: &Client, clock: &Clock) -> Result<Self, String> {
        let secret = config
            .secret()
            .map_err(|fault| format!("the provider \"{}\": {fault}", config.name))?;
        let (kind, [authorize, token, openid, user]) = match config.kind {
            ProviderKind::Oidc => {
                let issuer = config.issuer.clone().unwrap_or_default();
                (Kind::Oidc(Oidc::new(issuer, clock.clone())), [""; 4])
            }
            ProviderKind::GitHub => (Kind::GitHub, github::ENDPOINTS),
            ProviderKind::Gitee => (Kind::Gitee, gitee::ENDPOINTS),
            ProviderKind::Qq => (Kind::Qq, qq::ENDPOINTS),
            ProviderKind::WeChat => (Kind::WeChat, wechat::ENDPOINTS),
        };
        let or = |url: &Option<String>, own: &str| url.clone().unwrap_or_else(|| own.to_owned());
        Ok(Self {
            shown: identities::Provider {
                name: config.name.clone(),
                label: config.label().to_owned(),
                icon: config.icon,
            },
            kind,
            audience: config.audience.clone(),
            scopes: Scopes {
                read: config.read_scope().to_owned(),
                write: config.write_scope().to_owned(),
            },
            site: Site {
                client_id: config.client_id.clone(),
                secret,
                scopes: config.scopes().into_iter().map(str::to_owned).collect(),
                authorize_url: or(&config.authorize_url, authorize),
                token_url: or(&config.token_url, token),
                openid_url: or(&config.openid_url, openid),
                user_url: or(&config.user_url, user),
                client: client.clone(),
            },
        })
    }

    /// Where the browser is to go.
    ///
    /// # Errors
    /// The provider's.
    pub async fn authorize(&self, attempt: &Attempt<'_>) -> Result<String, ProviderError> {
        match &self.kind {
            Kind::Oidc(oidc) => oidc.authorize(&self.site, attempt).await,
            Kind::GitHub => Ok(github::authorize(&self.site, attempt)),
            Kind::Gitee => Ok(gitee::authorize(&self.site, attempt)),
            Kind::Qq => Ok(qq::authorize(&self.site, attempt)),
            Kind::WeChat => Ok(wechat::authorize(&self.site, attempt)),
        }
    }

    /// Refuses what another provider sent the browser back with (RFC 9207).
    ///
    /// # Errors
    /// An `iss` that is not this provider's, or none where it promises one.
    pub async fn check_issuer(&self, iss: Option<&str>) -> Result<(), ProviderError> {
        match &self.kind {
            Kind::Oidc(oidc) => oidc.check_issuer(&self.site, iss).await,
            // They name no issuer, and each has an address of its own to send browsers back to.
            Kind::GitHub | Kind::Gitee | Kind::Qq | Kind::WeChat => Ok(()),
        }
    }

    /// Whose account it is, by the code that the browser came back with.
    ///
    /// # Errors
    /// The provider's.
    pub async fn identify(
        &self,
        attempt: &Attempt<'_>,
        code: &str,
    ) -> Result<Identified, ProviderError> {
        let identified = match &self.kind {
            Kind::Oidc(oidc) => oidc.identify(&self.site, attempt, code).await,
            Kind::GitHub => github::identify(&self.site, attempt, code).await,
            Kind::Gitee => gitee::identify(&self.site, attempt, code).await,
            Kind::Qq => qq::identify(&self.site, attempt, code).await,
            Kind::WeChat => wechat::identify(&self.site, code).await,
        }?;
        let subject = &identified.subject;
        if subject.is_empty() || subject.len() > 255 || subject.chars().any(char::is_control) {
            return Err(ProviderError::Distrusted(
                "its subject is none that can be kept".to_owned(),
            ));
        }
        Ok(identified)
    }
}

/// An address with these parameters added to those that it has.
fn with_query(url: &str, pairs: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}{query}")
}

/// What a code's token is asked for with in the end, in a form that may be seen (S256 of RFC 7636).
fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}

/// A field that must be there, as text.
fn text(answer: &Value, field: &str) -> Result<String, ProviderError> {
    let value = optional(answer, field);
    value.ok_or_else(|| ProviderError::Unavailable(format!("its answer has no {field}")))
}

/// A field that may be there, as text.
fn optional(answer: &Value, field: &str) -> Option<String> {
    match answer.get(field)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_as_in_the_standard() {
        assert_eq!(
            challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn parameters_are_added_to_those_that_are_there() {
        let pairs = [("a", "b c&d"), ("e", "小")];
        assert_eq!(
            with_query("https://x/y", &pairs),
            "https://x/y?a=b+c%26d&e=%E5%B0%8F"
        );
        assert!(with_query("https://x/y?p=1", &pairs).starts_with("https://x/y?p=1&a="));
    }
}
