//! A certificate with its key.

use std::net::IpAddr;
use std::sync::Arc;

use protocol::Millis;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use x509_parser::extensions::GeneralName;

/// A certificate that can be used now, with those between it and its authority, and its key.
#[derive(Debug, Clone)]
pub(super) struct Certificate {
    pub key: Arc<CertifiedKey>,
    /// From when it counts.
    pub valid_from: Millis,
    /// Until when.
    pub expires_at: Millis,
    /// Hosts and addresses that it is for.
    pub names: Vec<String>,
}

/// Why a pair of texts is no such certificate. Each ends a sentence that begins with the file.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unusable {
    /// About the certificate.
    #[error("{0}")]
    Certificate(String),
    /// About the key.
    #[error("{0}")]
    Key(String),
}

impl Certificate {
    /// Reads both from PEM.
    ///
    /// # Errors
    /// Either is none, they do not belong together, or the certificate does not count at this time.
    pub fn from_pem(chain: &[u8], key: &[u8], now: Millis) -> Result<Self, Unusable> {
        let chain = chain_from_pem(chain)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| {
            Unusable::Key("holds no whole private key in PEM form without a password".to_owned())
        })?;
        let (valid_from, expires_at, names) = read(&chain[0])?;
        if expires_at <= now {
            let expired = format!("expired at {}", date(expires_at));
            return Err(Unusable::Certificate(expired));
        }
        if valid_from > now {
            let early = format!(
                "counts only from {} on, and here it is {}",
                date(valid_from),
                date(now)
            );
            return Err(Unusable::Certificate(early));
        }
        let provider = rustls::crypto::ring::default_provider();
        let key = CertifiedKey::from_der(chain, key, &provider).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => {
                Unusable::Key("does not belong to the certificate".to_owned())
            }
            error => Unusable::Key(format!("cannot be used: {error}")),
        })?;
        Ok(Self {
            key: Arc::new(key),
            valid_from,
            expires_at,
            names,
        })
    }

    /// When it expires, for people.
    pub fn expires(&self) -> String {
        date(self.expires_at)
    }
}

/// The certificates of a PEM file; at least one.
fn chain_from_pem(text: &[u8]) -> Result<Vec<CertificateDer<'static>>, Unusable> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
    match chain {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        _ => Err(Unusable::Certificate(
            "holds no whole certificate in PEM form".to_owned(),
        )),
    }
}

/// The names that the first certificate of a PEM file is for, whether or not it counts now.
pub(super) fn names_in_pem(text: &[u8]) -> Result<Vec<String>, Unusable> {
    let (_, _, names) = read(&chain_from_pem(text)?[0])?;
    Ok(names)
}

fn read(certificate: &CertificateDer<'_>) -> Result<(Millis, Millis, Vec<String>), Unusable> {
    let broken = |_| Unusable::Certificate("holds no X.509 certificate".to_owned());
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).map_err(broken)?;
    let validity = parsed.validity();
    let names = parsed.subject_alternative_name();
    let names = names.ok().flatten().map_or_else(Vec::new, |extension| {
        let names = extension.value.general_names.iter();
        names.filter_map(name).collect()
    });
    Ok((
        validity.not_before.timestamp() * 1_000,
        validity.not_after.timestamp() * 1_000,
        names,
    ))
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
        GeneralName::IPAddress(bytes) => {
            let address = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
            let address = address.or_else(|_| <[u8; 16]>::try_from(*bytes).map(Into::into));
            address.ok().as_ref().map(IpAddr::to_string)
        }
        _ => None,
    }
}

/// A time for people: in UTC.
pub(super) fn date(time: Millis) -> String {
    match jiff::Timestamp::from_second(time / 1_000) {
        Ok(time) => time.to_string(),
        Err(_) => "a time beyond the calendar".to_owned(),
    }
}
