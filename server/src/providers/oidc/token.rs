//! Whether an ID token is what it should be (OpenID Connect Core, 3.1.3.7).

use std::ops::Deref;
use std::str::FromStr as _;

use chrono::DateTime;
use openidconnect::core::{
    CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJwsSigningAlgorithm as Algorithm,
};
use openidconnect::{
    ClaimsVerificationError, ClientId, EndUserName, EndUserNickname, IssuerUrl, LocalizedClaim,
    Nonce, SignatureVerificationError,
};
use protocol::Millis;

/// How far another clock may be from this one.
const SKEW: Millis = 60 * 1_000;

/// Signatures that only a provider can make: none by a secret that both sides know, and not none.
const SIGNED_BY_PROVIDER: [Algorithm; 8] = [
    Algorithm::RsaSsaPkcs1V15Sha256,
    Algorithm::RsaSsaPkcs1V15Sha384,
    Algorithm::RsaSsaPkcs1V15Sha512,
    Algorithm::RsaSsaPssSha256,
    Algorithm::RsaSsaPssSha384,
    Algorithm::EcdsaP256Sha256,
    Algorithm::EcdsaP384Sha384,
    Algorithm::EdDsa,
];

/// What a token must be made by, for and in answer to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub nonce: &'a str,
    pub now: Millis,
}

/// What is taken from a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claims {
    pub subject: String,
    pub name: Option<String>,
    pub login: Option<String>,
}

/// Why a token is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Rejected {
    /// Not signed with a key that is known.
    #[error("its token is not signed with a key of its own")]
    Key(SignatureVerificationError),
    /// Anything else.
    #[error("{0}")]
    Other(&'static str),
}

impl Claims {
    /// Whether nothing says what they are called.
    pub(super) fn is_nameless(&self) -> bool {
        self.name.is_none() && self.login.is_none()
    }
}

/// Reads a token, if it is right in every respect.
pub(super) fn verify(
    token: &str,
    keys: CoreJsonWebKeySet,
    expected: &Expected<'_>,
) -> Result<Claims, Rejected> {
    let token = CoreIdToken::from_str(token).map_err(|_| UNREADABLE)?;
    let verifier = verifier(expected.issuer, expected.client_id, keys, expected.now)?;
    let claims = token.claims(&verifier, &Nonce::new(expected.nonce.to_owned()));
    let claims = claims.map_err(rejected)?;
    let party = claims.authorized_party();
    if party.is_some_and(|party| party.as_str() != expected.client_id) {
        return Err(Rejected::Other("its token is for another site"));
    }
    let name = claims.name().and_then(unlocalised::<EndUserName>);
    let nickname = claims.nickname().and_then(unlocalised::<EndUserNickname>);
    Ok(Claims {
        subject: claims.subject().as_str().to_owned(),
        name: name.or(nickname),
        login: claims
            .preferred_username()
            .map(|name| name.as_str().to_owned())
            .filter(|name| !name.is_empty()),
    })
}

/// What is no token.
pub(super) const UNREADABLE: Rejected = Rejected::Other("its token cannot be read");

/// Checks who has signed a token, when, and for whom.
pub(super) fn verifier(
    issuer: &str,
    audience: &str,
    keys: CoreJsonWebKeySet,
    now: Millis,
) -> Result<CoreIdTokenVerifier<'static>, Rejected> {
    let issuer = IssuerUrl::new(issuer.to_owned())
        .map_err(|_| Rejected::Other("its issuer is no address"))?;
    let audience = ClientId::new(audience.to_owned());
    let latest = now + SKEW;
    let earliest = now - SKEW;
    Ok(
        CoreIdTokenVerifier::new_public_client(audience, issuer, keys)
            .set_allowed_algs(SIGNED_BY_PROVIDER)
            .set_time_fn(move || DateTime::from_timestamp_millis(earliest).unwrap_or_default())
            .set_issue_time_verifier_fn(move |at| {
                if at.timestamp_millis() <= latest {
                    Ok(())
                } else {
                    Err("issued in the future".to_owned())
                }
            }),
    )
}

/// Why, without anything that the token says.
pub(super) fn rejected(error: ClaimsVerificationError) -> Rejected {
    match error {
        ClaimsVerificationError::SignatureVerification(error) => Rejected::Key(error),
        ClaimsVerificationError::Expired(_) => {
            Rejected::Other("its token is of another time; compare the clocks")
        }
        ClaimsVerificationError::InvalidAudience(_) => {
            Rejected::Other("its token is for another site")
        }
        ClaimsVerificationError::InvalidIssuer(_) => {
            Rejected::Other("its token is of another issuer")
        }
        ClaimsVerificationError::InvalidNonce(_) => {
            Rejected::Other("its token is for another log-in: the nonce is wrong")
        }
        _ => Rejected::Other("its token is not right"),
    }
}

fn unlocalised<T: Deref<Target = String>>(claim: &LocalizedClaim<T>) -> Option<String> {
    let text: &str = claim.get(None)?;
    (!text.is_empty()).then(|| text.to_owned())
}
