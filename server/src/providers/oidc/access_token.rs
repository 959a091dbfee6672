//! Tokens that a provider has issued to programs for this site, signed JWTs (RFC 9068).

use std::str::FromStr as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::core::{
    CoreGenderClaim, CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
};
use openidconnect::{AdditionalClaims, IdToken};
use protocol::Millis;
use serde::{Deserialize, Serialize};

use super::token::{Rejected, UNREADABLE, rejected, verifier};

/// What such a token must be made by and for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected<'a> {
    pub issuer: &'a str,
    pub audience: &'a str,
    pub now: Millis,
}

/// What is taken from a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::providers) struct Granted {
    pub subject: String,
    pub scopes: Vec<String>,
    /// When it expires.
    pub until: Millis,
}

/// Where issuers say what a token is good for: most of them as text with spaces (RFC 9068), some as
/// `scp`, which may be a list.
#[derive(Debug, Serialize, Deserialize)]
struct Scopes {
    #[serde(default)]
    scope: Listed,
    #[serde(default)]
    scp: Listed,
}

impl AdditionalClaims for Scopes {}

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Listed {
    Text(String),
    List(Vec<String>),
}

impl Default for Listed {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

impl Listed {
    fn names(&self) -> Vec<String> {
        match self {
            Self::Text(text) => text.split_whitespace().map(str::to_owned).collect(),
            Self::List(names) => names.clone(),
        }
    }
}

type AccessToken =
    IdToken<Scopes, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

/// Who says that they have issued a token, which nobody has verified.
pub(super) fn claimed_issuer(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Claims {
        iss: String,
    }
    let claims = token.split('.').nth(1)?;
    let claims = URL_SAFE_NO_PAD.decode(claims).ok()?;
    let Claims { iss } = serde_json::from_slice(&claims).ok()?;
    Some(iss)
}

/// Reads a token, if it is right in every respect.
pub(super) fn verify(
    token: &str,
    keys: CoreJsonWebKeySet,
    expected: &Expected<'_>,
) -> Result<Granted, Rejected> {
    let token = AccessToken::from_str(token).map_err(|_| UNREADABLE)?;
    // Issuers name the type in several ways. What tells it from an ID token is for whom it is.
    let verifier = verifier(expected.issuer, expected.audience, keys, expected.now)?
        .allow_all_jose_types()
        .set_other_audience_verifier_fn(|_| true);
    let claims = token.claims(&verifier, |_: Option<&_>| Ok(()));
    let claims = claims.map_err(rejected)?;
    let Scopes { scope, scp } = claims.additional_claims();
    Ok(Granted {
        subject: claims.subject().as_str().to_owned(),
        scopes: [scope.names(), scp.names()].concat(),
        until: claims.expiration().timestamp_millis(),
    })
}
