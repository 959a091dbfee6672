//! Logging in with an account elsewhere (OAuth2, OpenID Connect).
//!
//! A log-in is known by its `state`, which travels through the provider, and bound to the browser by a
//! secret in a cookie. Both are kept as hashes, and the nonce and the verifier of the code are derived
//! from them: what the database holds is of no use to anybody. It is finished once, within ten
//! minutes, by the browser that began it, at the provider that it was begun at.

use std::fmt;

use protocol::api::identities::suggested_handle;
use protocol::command::fits_in_line;
use protocol::{Code, Millis, UserId};
use sha2::{Digest as _, Sha256};

use super::next_path::own_path;
use super::token::hex;
use super::{AccountError, Accounts, Origin, Token};
use crate::providers::{Attempt, Identified, Provider, ProviderError};
use crate::store::{
    AfterLogIn, Linking, LogInPlan, NewIdentity, NewLogIn, NewNewcomer, StoreError,
};
use crate::telemetry::audit::{Act, Entry};
use crate::telemetry::metrics::LOG_INS;

/// How long a log-in may take, and then the choice of a handle, in milliseconds.
const LASTS: Millis = 10 * 60 * 1_000;

/// A log-in that begins.
#[derive(Debug)]
pub struct Begun<'a> {
    /// The provider's name.
    pub provider: &'a str,
    /// What the browser's cookie holds.
    pub browser: &'a Token,
    /// Where the provider is to send the browser back to.
    pub redirect_uri: &'a str,
    /// Who links an account, if that is what it is for.
    pub links_to: Option<UserId>,
    /// What is to follow; other sites are not gone on to.
    pub next: &'a str,
    /// Whether others use the computer too.
    pub shared: bool,
}

/// What a browser came back with.
#[derive(Debug)]
pub struct CameBack<'a> {
    /// The provider's name, by the address.
    pub provider: &'a str,
    /// What the browser's cookie holds.
    pub browser: Option<&'a Token>,
    /// The address without its query.
    pub redirect_uri: &'a str,
    /// Who is logged in.
    pub user: Option<UserId>,
    /// `state`.
    pub state: &'a str,
    /// `code`.
    pub code: Option<&'a str>,
    /// `error`.
    pub error: Option<&'a str>,
    /// `iss`.
    pub iss: Option<&'a str>,
}

/// What became of a log-in.
#[derive(Debug)]
pub enum Finished {
    /// They are logged in.
    LoggedIn(Token, AfterLogIn),
    /// The code of a second step is asked for.
    CodeWanted(UserId, AfterLogIn),
    /// They have yet to choose a handle, in the browser whose cookie holds this.
    Newcomer(Token),
    /// The account is linked.
    Linked,
}

/// Why a log-in came to nothing: for the reader, and for the log.
#[derive(Debug)]
enum Failed {
    /// With what the log says.
    Because(Code, String),
    /// Anything else.
    Account(AccountError),
}

impl Accounts {
    /// Begins a log-in: where the browser is to go.
    ///
    /// # Errors
    /// No such provider, one that does not answer, too many from one address, the database.
    pub async fn begin_log_in(
        &self,
        begun: Begun<'_>,
        origin: &Origin,
    ) -> Result<String, AccountError> {
        let Some(provider) = self.providers.get(begun.provider) else {
            return Err(AccountError::Refused(Code::NotFound));
        };
        let now = self.clock.now();
        // It counts as failed until it is finished.
        self.bounds
            .failures_by_address
            .take(&origin.address, 1, now)
            .await?;
        let state = Token::new(&self.random);
        let secrets = Secrets::of(begun.browser, state.as_str());
        let attempt = secrets.attempt(begun.redirect_uri, state.as_str());
        let address = provider.authorize(&attempt).await;
        let address = address.map_err(|error| told(provider, error.into()))?;
        self.store
            .begin_log_in(&NewLogIn {
                state_hash: state.key(),
                browser_hash: begun.browser.key(),
                plan: LogInPlan {
                    provider: provider.shown.name.clone(),
                    links_to: begun.links_to,
                    after: AfterLogIn {
                        next_path: own_path(begun.next).unwrap_or("/chats").to_owned(),
                        shared: begun.shared,
                    },
                },
                expires_at: now + LASTS,
            })
            .await?;
        Ok(address)
    }

    /// Finishes a log-in.
    ///
    /// # Errors
    /// Why it came to nothing, as a code that the reader is told; the log says more.
    pub async fn finish_log_in(
        &self,
        came: CameBack<'_>,
        origin: &Origin,
    ) -> Result<Finished, AccountError> {
        let Some(provider) = self.providers.get(came.provider) else {
            return Err(AccountError::Refused(Code::NotFound));
        };
        let finished = self.finish(provider, &came, origin).await;
        let outcome = if finished.is_ok() {
            "accepted"
        } else {
            "refused"
        };
        metrics::counter!(LOG_INS, "outcome" => outcome).increment(1);
        if finished.is_ok() {
            self.bounds
                .failures_by_address
                .give_back(&origin.address)
                .await;
        }
        finished.map_err(|failed| {
            let error = told(provider, failed);
            let act = match error {
                AccountError::Refused(Code::IdentityTaken | Code::Conflict) => Act::LinkIdentity,
                _ => Act::LogIn,
            };
            let entry = Entry::new(act).on(came.user).detail(came.provider);
            entry.refused(error.reason());
            error
        })
    }

    async fn finish(
        &self,
        provider: &Provider,
        came: &CameBack<'_>,
        origin: &Origin,
    ) -> Result<Finished, Failed> {
        let (plan, browser) = self.take_plan(provider, came).await?;
        provider.check_issuer(came.iss).await?;
        let code = match (came.error, came.code) {
            (None, Some(code)) if !code.is_empty() => code,
            // WeChat sends whoever declines back with neither.
            (None | Some("access_denied"), _) => {
                let why = "it was declined there".to_owned();
                return Err(Failed::Because(Code::ProviderRefused, why));
            }
            (Some(error), _) => {
                let plain = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
                let error: String = error.chars().filter(plain).take(60).collect();
                let why = format!("it sent the browser back with the error {error}");
                return Err(Failed::Because(Code::ProviderUnavailable, why));
            }
        };
        let secrets = Secrets::of(browser, came.state);
        let attempt = secrets.attempt(came.redirect_uri, came.state);
        let identified = provider.identify(&attempt, code).await?;
        let identity = self.identity(provider, &identified);
        if let Some(user) = plan.links_to {
            return match self.store.link_identity(user, &identity).await? {
                Linking::Done => {
                    let entry = Entry::new(Act::LinkIdentity).user(user);
                    entry.detail(&plan.provider).done();
                    Ok(Finished::Linked)
                }
                Linking::TakenByOther => Err(AccountError::Refused(Code::IdentityTaken).into()),
                Linking::HasAnother => Err(AccountError::Refused(Code::Conflict).into()),
            };
        }
        let owner = self
            .store
            .identity_owner(&identity.provider, &identity.subject)
            .await?;
        match owner {
            Some(owner) if owner.is_disabled => Err(AccountError::Refused(Code::Forbidden).into()),
            Some(owner) => {
                // No code yet: whoever needs one is asked for it.
                match self.pass_second_factor(owner.user, "").await {
                    Err(AccountError::SecondFactor(user)) => {
                        return Ok(Finished::CodeWanted(user, plan.after));
                    }
                    passed => passed?,
                }
                let token = self
                    .sessions
                    .begin(owner.user, origin, plan.after.shared)
                    .await?;
                let entry = Entry::new(Act::LogIn).user(owner.user).on(owner.user);
                entry.detail(&plan.provider).done();
                Ok(Finished::LoggedIn(token, plan.after))
            }
            None => {
                // Another secret than before: nobody else has seen this one.
                let browser = Token::new(&self.random);
                self.store
                    .keep_newcomer(&NewNewcomer {
                        browser_hash: browser.key(),
                        expires_at: identity.at + LASTS,
                        identity,
                        handle: suggested_handle(&identified.login),
                        after: plan.after,
                    })
                    .await?;
                Ok(Finished::Newcomer(browser))
            }
        }
    }

    /// Takes the log-in that came back, if this browser began it, at this provider, for whoever is
    /// logged in now.
    async fn take_plan<'a>(
        &self,
        provider: &Provider,
        came: &CameBack<'a>,
    ) -> Result<(LogInPlan, &'a Token), Failed> {
        let expired = |why: &str| Failed::Because(Code::LogInExpired, why.to_owned());
        let browser = came
            .browser
            .ok_or_else(|| expired("the browser has not begun one"))?;
        let state = Token::from_cookie(came.state)
            .ok_or_else(|| expired("the state is none of this server's"))?;
        let now = self.clock.now();
        let plan = self
            .store
            .take_log_in(&state.key(), &browser.key(), now)
            .await?
            .ok_or_else(|| expired("it is over, was finished before, or is another browser's"))?;
        if plan.provider != provider.shown.name {
            return Err(expired("it was begun at another provider"));
        }
        if plan.links_to.is_some() && plan.links_to != came.user {
            return Err(expired("another user is logged in by now"));
        }
        Ok((plan, browser))
    }

    fn identity(&self, provider: &Provider, identified: &Identified) -> NewIdentity {
        let name = identified.name.trim();
        NewIdentity {
            provider: provider.shown.name.clone(),
            subject: identified.subject.clone(),
            name: name
                .chars()
                .filter(|c| fits_in_line(*c))
                .take(self.bounds.limits.name_chars)
                .collect(),
            at: self.clock.now(),
        }
    }
}

/// What only the browser and this server know of a log-in.
struct Secrets {
    nonce: String,
    verifier: String,
}

impl Secrets {
    fn of(browser: &Token, state: &str) -> Self {
        let derived = |what: &str| {
            let hash = Sha256::new()
                .chain_update(format!("zspchat log-in {what} v1"))
                .chain_update(browser.as_str())
                .chain_update(state)
                .finalize();
            hex(&hash)
        };
        Self {
            nonce: derived("nonce"),
            verifier: derived("verifier"),
        }
    }

    fn attempt<'a>(&'a self, redirect_uri: &'a str, state: &'a str) -> Attempt<'a> {
        Attempt {
            redirect_uri,
            state,
            nonce: &self.nonce,
            verifier: &self.verifier,
        }
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets")
    }
}

/// Writes down why, and gives what the reader is told.
fn told(provider: &Provider, failed: Failed) -> AccountError {
    let provider = &provider.shown.name;
    let (error, reason) = match failed {
        Failed::Because(code, reason) => (AccountError::Refused(code), reason),
        Failed::Account(error) => {
            let reason = error.to_string();
            (error, reason)
        }
    };
    tracing::warn!(provider, reason, "a log-in at a provider came to nothing");
    error
}

impl From<ProviderError> for Failed {
    fn from(error: ProviderError) -> Self {
        let code = match &error {
            ProviderError::Unavailable(_) => Code::ProviderUnavailable,
            ProviderError::Distrusted(_) => Code::ProviderDistrusted,
        };
        Self::Because(code, error.to_string())
    }
}

impl From<AccountError> for Failed {
    fn from(error: AccountError) -> Self {
        Self::Account(error)
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Account(error.into())
    }
}
