//! Which certificate a connection is shown.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use metrics::gauge;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::certificate::Certificate;
use crate::telemetry::metrics::TLS_EXPIRES;

/// The protocol by which an authority looks whether a name leads here (RFC 8737).
pub(super) const CHALLENGE_PROTOCOL: &[u8] = b"acme-tls/1";

/// The certificate in use, and those that only an authority wants to see.
#[derive(Debug, Default)]
pub(super) struct Presented {
    certificate: RwLock<Option<Arc<CertifiedKey>>>,
    challenges: Mutex<HashMap<String, Arc<CertifiedKey>>>,
}

impl Presented {
    /// Shows this one from the next connection on.
    pub fn present(&self, certificate: &Certificate) {
        let mut shown = self
            .certificate
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *shown = Some(Arc::clone(&certificate.key));
        #[expect(clippy::cast_precision_loss, reason = "a time in seconds")]
        gauge!(TLS_EXPIRES).set((certificate.expires_at / 1_000) as f64);
    }

    /// Shows an authority this one for that name, for as long as the answer lives.
    pub fn challenge(self: &Arc<Self>, name: &str, key: Arc<CertifiedKey>) -> Challenge {
        self.challenges().insert(name.to_owned(), key);
        Challenge {
            presented: Arc::clone(self),
            name: name.to_owned(),
        }
    }

    fn challenges(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<CertifiedKey>>> {
        self.challenges
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl ResolvesServerCert for Presented {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        if let Some(protocols) = hello.alpn()
            && protocols.eq([CHALLENGE_PROTOCOL])
        {
            let name = hello.server_name()?.to_ascii_lowercase();
            return self.challenges().get(&name).cloned();
        }
        let shown = self.certificate.read();
        shown.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A certificate that an authority is shown; dropped, it is no longer.
pub(super) struct Challenge {
    presented: Arc<Presented>,
    name: String,
}

impl Drop for Challenge {
    fn drop(&mut self) {
        self.presented.challenges().remove(&self.name);
    }
}
