//! Any OpenID provider, by discovery.

mod access_token;
mod found;
mod token;

use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use protocol::Millis;
use serde_json::Value;

use super::client::Question;
use super::{
    Attempt, Identified, ProviderError, Site, TokenError, challenge, optional, text, with_query,
};
use crate::clock::Clock;
use access_token::Granted;
use found::Found;
use token::{Claims, Expected, Rejected};

/// How long what was found counts: a provider may move, and withdraw a key.
const FRESH: Millis = 60 * 60 * 1_000;

/// How soon keys are asked for again on behalf of a token that is signed with another: anybody may make
/// such tokens.
const KEYS_AGAIN: Millis = 30 * 1_000;

/// How long a token may be good that a provider has issued to a program. It is looked at once.
const LONGEST: Millis = 24 * 60 * 60 * 1_000;

/// A provider, and what was found out about it.
#[derive(Debug)]
pub(super) struct Oidc {
    issuer: String,
    clock: Clock,
    found: RwLock<Option<Arc<Found>>>,
}

impl Oidc {
    pub(super) fn new(issuer: String, clock: Clock) -> Self {
        Self {
            issuer,
            clock,
            found: RwLock::default(),
        }
    }

    pub(super) async fn authorize(
        &self,
        site: &Site,
        attempt: &Attempt<'_>,
    ) -> Result<String, ProviderError> {
        let found = self.find(site).await?;
        let scope = site.scopes.join(" ");
        let challenge = challenge(attempt.verifier);
        Ok(with_query(
            &found.authorization_endpoint,
            &[
                ("response_type", "code"),
                ("client_id", &site.client_id),
                ("redirect_uri", attempt.redirect_uri),
                ("scope", &scope),
                ("state", attempt.state),
                ("nonce", attempt.nonce),
                ("code_challenge", &challenge),
                ("code_challenge_method", "S256"),
            ],
        ))
    }

    pub(super) async fn check_issuer(
        &self,
        site: &Site,
        iss: Option<&str>,
    ) -> Result<(), ProviderError> {
        let right = match iss {
            Some(iss) => iss == self.issuer,
            None => !self.find(site).await?.names_itself,
        };
        if right {
            Ok(())
        } else {
            Err(distrusted("the browser was sent back by another issuer"))
        }
    }

    pub(super) async fn identify(
        &self,
        site: &Site,
        attempt: &Attempt<'_>,
        code: &str,
    ) -> Result<Identified, ProviderError> {
        let found = self.find(site).await?;
        let identified = self.identify_by(&found, site, attempt, code).await;
        if matches!(identified, Err(ProviderError::Unavailable(_))) {
            // It may have moved since.
            self.keep(None);
        }
        identified
    }

    /// Whether a token says that it is of this issuer.
    pub(super) fn is_named_in(&self, token: &str) -> bool {
        access_token::claimed_issuer(token).as_deref() == Some(&*self.issuer)
    }

    /// Reads a token that was issued to a program, for an audience.
    pub(super) async fn grant(
        &self,
        site: &Site,
        audience: &str,
        token: &str,
    ) -> Result<Granted, TokenError> {
        let found = self.find(site).await?;
        let now = self.clock.now();
        let expected = access_token::Expected {
            issuer: &self.issuer,
            audience,
            now,
        };
        let granted = match access_token::verify(token, found.keys.clone(), &expected) {
            Err(Rejected::Key(_)) if now - found.at >= KEYS_AGAIN => {
                let found = self.look(site).await?;
                access_token::verify(token, found.keys.clone(), &expected)
            }
            verified => verified,
        };
        let granted = granted.map_err(|rejected| TokenError::Rejected(rejected.to_string()))?;
        if granted.until <= now {
            return Err(TokenError::Rejected("The token has expired.".to_owned()));
        }
        if granted.until - now > LONGEST {
            return Err(TokenError::Rejected(
                "The token is good for more than a day: have shorter ones issued.".to_owned(),
            ));
        }
        Ok(granted)
    }

    async fn identify_by(
        &self,
        found: &Found,
        site: &Site,
        attempt: &Attempt<'_>,
        code: &str,
    ) -> Result<Identified, ProviderError> {
        let tokens = ask_for_tokens(found, site, attempt, code).await?;
        let id_token = text(&tokens, "id_token")?;
        let expected = Expected {
            issuer: &self.issuer,
            client_id: &site.client_id,
            nonce: attempt.nonce,
            now: self.clock.now(),
        };
        let claims = match token::verify(&id_token, found.keys.clone(), &expected) {
            // Keys are changed now and then.
            Err(Rejected::Key(_)) => {
                let found = self.look(site).await?;
                token::verify(&id_token, found.keys.clone(), &expected)
            }
            verified => verified,
        };
        let mut claims = claims.map_err(|rejected| distrusted(&rejected.to_string()))?;
        if claims.is_nameless()
            && let (Some(url), Some(token)) =
                (&found.userinfo_endpoint, optional(&tokens, "access_token"))
        {
            add_names(&mut claims, site, url, &token).await;
        }
        let login = claims.login.or_else(|| claims.name.clone());
        Ok(Identified {
            name: claims
                .name
                .or_else(|| login.clone())
                .unwrap_or_else(|| claims.subject.clone()),
            login: login.unwrap_or_default(),
            subject: claims.subject,
        })
    }

    /// What is known of the provider; asked for where nothing is, or not lately.
    async fn find(&self, site: &Site) -> Result<Arc<Found>, ProviderError> {
        let known = self
            .found
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let now = self.clock.now();
        match known.filter(|found| (0..FRESH).contains(&(now - found.at))) {
            Some(found) => Ok(found),
            None => self.look(site).await,
        }
    }

    /// Asks the provider about itself.
    async fn look(&self, site: &Site) -> Result<Arc<Found>, ProviderError> {
        let found = Found::ask(&site.client, &self.issuer, self.clock.now()).await?;
        let found = Arc::new(found);
        self.keep(Some(found.clone()));
        Ok(found)
    }

    fn keep(&self, found: Option<Arc<Found>>) {
        *self.found.write().unwrap_or_else(PoisonError::into_inner) = found;
    }
}

async fn ask_for_tokens(
    found: &Found,
    site: &Site,
    attempt: &Attempt<'_>,
    code: &str,
) -> Result<Value, ProviderError> {
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", attempt.redirect_uri),
        ("code_verifier", attempt.verifier),
    ];
    let mut authorization = None;
    if found.wants_secret_in_form {
        form.push(("client_id", &site.client_id));
        form.push(("client_secret", site.secret.reveal()));
    } else {
        authorization = Some(basic(&site.client_id, site.secret.reveal()));
    }
    let question = Question {
        url: &found.token_endpoint,
        form: Some(&form),
        authorization,
        ..Question::default()
    };
    site.client.ask(question).await
}

/// Both are encoded as in a form first (RFC 6749, 2.3.1).
fn basic(client_id: &str, secret: &str) -> String {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encoded(client_id), encoded(secret));
    format!("Basic {}", STANDARD.encode(pair))
}

/// Asks what they are called. Nobody is kept out for having no name.
async fn add_names(claims: &mut Claims, site: &Site, url: &str, token: &str) {
    let question = Question {
        url,
        authorization: Some(format!("Bearer {token}")),
        ..Question::default()
    };
    match site.client.ask(question).await {
        Ok(user) if optional(&user, "sub").as_ref() == Some(&claims.subject) => {
            claims.name = optional(&user, "name").or_else(|| optional(&user, "nickname"));
            claims.login = optional(&user, "preferred_username");
        }
        Ok(_) => tracing::debug!("a provider told the name of somebody else"),
        Err(error) => tracing::debug!(%error, "a provider did not tell a name"),
    }
}

fn distrusted(why: &str) -> ProviderError {
    ProviderError::Distrusted(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::basic;

    #[test]
    fn a_secret_is_encoded_twice() {
        // "a%3Ab:c+d"
        assert_eq!(basic("a:b", "c d"), "Basic YSUzQWI6Yytk");
    }
}
