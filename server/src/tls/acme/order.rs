//! One certificate: ordered, shown to be ours, and fetched.

use std::sync::Arc;
use std::time::Duration;

use instant_acme::{
    Account, AuthorizationStatus, ChallengeType, Identifier, NewOrder, Order, OrderStatus,
    RetryPolicy,
};
use rcgen::{CertificateParams, CustomExtension, DistinguishedName, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;

use super::super::presented::{Challenge, Presented};
use super::{AcmeError, say};

/// How often and how long the authority is asked whether it has come to a decision, unless it says
/// itself when to ask.
const DECISION: RetryPolicy = RetryPolicy::new()
    .initial_delay(Duration::from_millis(250))
    .backoff(1.5)
    .timeout(Duration::from_mins(2));

/// Orders a certificate for these names, and answers the authority's connections until it has seen that
/// they lead here. Gives the key and the certificates in one PEM text.
pub(super) async fn carry_out(
    account: &Account,
    domains: &[String],
    presented: &Arc<Presented>,
) -> Result<String, AcmeError> {
    let names: Vec<_> = domains.iter().cloned().map(Identifier::Dns).collect();
    let mut order = account.new_order(&NewOrder::new(&names)).await?;
    let challenges = answer(&mut order, presented).await?;
    let decided = order.poll_ready(&DECISION).await;
    match decided {
        Ok(OrderStatus::Ready) => {}
        Ok(_) => return Err(found_wrong(&mut order).await),
        Err(error) => {
            // It often says only that something was wrong, and beside the name what.
            let found = found_wrong(&mut order).await;
            return Err(match found {
                AcmeError::Refused(_) => found,
                _ => error.into(),
            });
        }
    }
    drop(challenges);
    let key = order.finalize().await?;
    let chain = order.poll_certificate(&DECISION).await?;
    Ok(format!("{key}{chain}"))
}

/// Lets the authority see for each name what it wants to, and tells it to look.
async fn answer(
    order: &mut Order,
    presented: &Arc<Presented>,
) -> Result<Vec<Challenge>, AcmeError> {
    let mut answers = Vec::new();
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        match authorization.status {
            // It has looked a while ago.
            AuthorizationStatus::Valid => continue,
            AuthorizationStatus::Pending => {}
            status => {
                let refused = format!("the authority's authorization is {status:?} already");
                return Err(AcmeError::Refused(refused));
            }
        }
        let Identifier::Dns(name) = authorization.identifier().identifier.clone() else {
            return Err(AcmeError::Refused(
                "the authority asks about something other than a name".to_owned(),
            ));
        };
        let Some(mut challenge) = authorization.challenge(ChallengeType::TlsAlpn01) else {
            return Err(AcmeError::Refused(format!(
                "the authority does not offer tls-alpn-01 for {name}"
            )));
        };
        let key = proof(&name, challenge.key_authorization().digest().as_ref())?;
        answers.push(presented.challenge(&name, Arc::new(key)));
        challenge.set_ready().await?;
    }
    Ok(answers)
}

/// The certificate by which an authority sees that a name leads to whoever has the account.
fn proof(name: &str, digest: &[u8]) -> Result<CertifiedKey, AcmeError> {
    let mut params = CertificateParams::new([name.to_owned()])?;
    params.distinguished_name = DistinguishedName::new();
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    // Not compared with its certificate, which rustls does not read: it knows no such extension.
    let key = rustls::crypto::ring::sign::any_supported_type(&key)
        .map_err(|error| AcmeError::Refused(format!("no proof could be made: {error}")))?;
    Ok(CertifiedKey::new(vec![certificate.der().clone()], key))
}

/// What the authority says about each name that it has looked for in vain.
async fn found_wrong(order: &mut Order) -> AcmeError {
    let mut found = Vec::new();
    let mut authorizations = order.authorizations();
    while let Some(Ok(mut authorization)) = authorizations.next().await {
        if authorization.refresh().await.is_err() {
            break;
        }
        let name = authorization.identifier().to_string();
        let problems = authorization.challenges.iter();
        let problems = problems.filter_map(|challenge| challenge.error.as_ref());
        found.extend(problems.map(|problem| format!("{name}: {}", say(problem))));
    }
    if found.is_empty() {
        return AcmeError::Authority("no reason why the order is invalid".into());
    }
    AcmeError::Refused(format!("the authority has found: {}", found.join("; ")))
}
