//! A certificate in files that somebody else renews.

use std::path::{Path, PathBuf};

use protocol::Millis;

use super::certificate::{Certificate, Unusable, date};

/// How often it is said that a certificate is about to expire.
const WARN_EVERY: Millis = 24 * 60 * 60 * 1_000;

/// Both files, and what was in them at the last look.
pub(super) struct Files {
    certificate: PathBuf,
    key: PathBuf,
    seen: Option<Content>,
    /// When the certificate that was usable last counts.
    lasts: Option<(Millis, Millis)>,
    warned_at: Option<Millis>,
}

/// What is in both files, or why it cannot be read.
type Content = Result<(Vec<u8>, Vec<u8>), String>;

impl Files {
    pub fn new(certificate: &Path, key: &Path) -> Self {
        Self {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            seen: None,
            lasts: None,
            warned_at: None,
        }
    }

    /// Reads both files. `None` if they are as they were, else the certificate, or what is wrong with it
    /// in one sentence. What they hold is compared and not when they were written, since files can be
    /// put back, and written twice within one tick of a file system's clock.
    pub fn look(&mut self, now: Millis) -> Option<Result<Certificate, String>> {
        let content = self.read();
        if self.seen.as_ref() == Some(&content) {
            return None;
        }
        let read = content.clone().and_then(|(certificate, key)| {
            Certificate::from_pem(&certificate, &key, now).map_err(|fault| self.say(&fault))
        });
        self.seen = Some(content);
        if let Ok(certificate) = &read {
            self.lasts = Some((certificate.valid_from, certificate.expires_at));
            self.warned_at = None;
        }
        Some(read)
    }

    fn read(&self) -> Content {
        let read = |setting: &str, file: &Path| {
            std::fs::read(file)
                .map_err(|error| format!("{setting}: {} cannot be read: {error}", file.display()))
        };
        Ok((
            read("tls.certificate", &self.certificate)?,
            read("tls.key", &self.key)?,
        ))
    }

    fn say(&self, fault: &Unusable) -> String {
        match fault {
            Unusable::Certificate(fault) => {
                format!("tls.certificate: {} {fault}", self.certificate.display())
            }
            Unusable::Key(fault) => format!("tls.key: {} {fault}", self.key.display()),
        }
    }

    /// Says once a day that the certificate in use has less than a tenth of its time left.
    pub fn warn_before_expiry(&mut self, now: Millis) {
        let Some((from, until)) = self.lasts else {
            return;
        };
        let is_near = until - now < (until - from) / 10;
        let is_said = self.warned_at.is_some_and(|at| now - at < WARN_EVERY);
        if is_near && !is_said {
            tracing::warn!(
                expires = date(until),
                file = %self.certificate.display(),
                "the certificate is about to expire, and nobody has renewed it"
            );
            self.warned_at = Some(now);
        }
    }
}
