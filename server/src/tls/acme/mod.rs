//! Certificates by ACME (RFC 8555), from an authority that looks whether the names lead here by the
//! port that people use too (`tls-alpn-01`, RFC 8737).

mod client;
mod folder;
mod order;

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use instant_acme::{Account, Error, NewAccount, Problem};
use protocol::Millis;

use super::TlsError;
use super::certificate::{Certificate, date};
use super::presented::Presented;
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::random::Random;
use client::Client;
use folder::{Folder, KeptAccount};

/// How long one attempt may take in all.
const ATTEMPT: Duration = Duration::from_mins(5);

/// How long to wait after a first failure, and at most. The first is long enough that an hour has fewer
/// failures than the five after which Let's Encrypt looks no more for that hour.
const FIRST_PAUSE: Millis = 5 * 60 * 1_000;
const LONGEST_PAUSE: Millis = 6 * 60 * 60 * 1_000;

/// The authority does not know the account that was made there.
const NO_SUCH_ACCOUNT: &str = "urn:ietf:params:acme:error:accountDoesNotExist";

/// Gets certificates, and keeps them with the account in the data folder.
pub(super) struct Acme {
    settings: config::Acme,
    domains: Vec<String>,
    client: Client,
    folder: Folder,
    presented: Arc<Presented>,
    clock: Clock,
    random: Random,
    /// When the next certificate is to be got.
    due: Millis,
    failures: u32,
}

/// Why there is no certificate, for the log.
#[derive(Debug, thiserror::Error)]
pub(super) enum AcmeError {
    /// The authority says no, cannot be reached, or says what it should not.
    #[error("{}", explain(.0))]
    Authority(#[from] Error),
    /// It has looked for this server in vain, or does not look in a way that this server knows.
    #[error("{0}")]
    Refused(String),
    /// What it gave is of no use.
    #[error("the certificate that the authority gave {0}")]
    Certificate(String),
    /// What was made cannot be kept.
    #[error("{} cannot be written: {cause}", .file.display())]
    Keep {
        /// Which file.
        file: std::path::PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// No key or request could be made.
    #[error("no key could be made: {0}")]
    Make(#[from] rcgen::Error),
    /// All that took too long.
    #[error("it took longer than {} s", ATTEMPT.as_secs())]
    Time,
}

fn explain(error: &Error) -> String {
    match error {
        Error::Api(problem) => format!("the authority answers: {}", say(problem)),
        Error::Timeout(_) => "the authority does not come to a decision".to_owned(),
        error => error.to_string(),
    }
}

/// What the authority says is wrong, and what RFC 8555 calls that.
fn say(problem: &Problem) -> String {
    let kind = problem.r#type.as_deref().unwrap_or("about:blank");
    let kind = kind.rsplit(':').next().unwrap_or(kind);
    let mut detail = problem.detail.clone().unwrap_or_default();
    for other in &problem.subproblems {
        let _ = write!(detail, "; {other}");
    }
    // It may quote what it has found at the name, which may be anybody's.
    let detail: String = detail
        .chars()
        .filter(|c| !c.is_control())
        .take(500)
        .collect();
    format!("{detail} ({kind})")
}

impl Acme {
    /// Takes the certificate that is kept, if it is for these names and counts.
    pub fn new(
        config: &Config,
        presented: &Arc<Presented>,
        clock: &Clock,
        random: &Random,
    ) -> Result<Self, TlsError> {
        let settings = config.tls.acme.clone();
        let folder = Folder::open(&config.data, &settings.directory)?;
        let mut acme = Self {
            client: Client::new(settings.ca.as_deref()).map_err(TlsError::Ca)?,
            settings,
            domains: config.acme_domains(),
            folder,
            presented: Arc::clone(presented),
            clock: clock.clone(),
            random: random.clone(),
            due: clock.now(),
            failures: 0,
        };
        let kept = acme.folder.certificate(clock.now());
        if let Some(certificate) = kept.filter(|kept| acme.is_for_us(kept)) {
            acme.take(&certificate);
        } else {
            tracing::info!(
                names = acme.domains.join(", "),
                directory = acme.settings.directory,
                "there is no certificate yet: no connection succeeds before the authority has given one"
            );
        }
        Ok(acme)
    }

    fn is_for_us(&self, certificate: &Certificate) -> bool {
        let names = &certificate.names;
        self.domains.iter().all(|domain| names.contains(domain))
    }

    fn take(&mut self, certificate: &Certificate) {
        self.presented.present(certificate);
        self.due = renewal(certificate, &self.random);
        self.failures = 0;
    }

    /// Gets a certificate, if that is due.
    pub async fn look(&mut self) {
        if self.clock.now() < self.due {
            return;
        }
        let obtained = tokio::time::timeout(ATTEMPT, self.obtain()).await;
        match obtained.unwrap_or(Err(AcmeError::Time)) {
            Ok(certificate) => {
                self.take(&certificate);
                tracing::info!(
                    names = self.domains.join(", "),
                    expires = %certificate.expires(),
                    renewal = date(self.due),
                    "the authority has given a certificate"
                );
            }
            Err(error) => {
                self.failures += 1;
                self.due = self.clock.now() + pause(self.failures, &self.random);
                tracing::error!(
                    names = self.domains.join(", "),
                    directory = self.settings.directory,
                    again = date(self.due),
                    "there is no new certificate: {error}"
                );
            }
        }
    }

    async fn obtain(&self) -> Result<Certificate, AcmeError> {
        let text = match self.order().await {
            Err(AcmeError::Authority(Error::Api(problem)))
                if problem.r#type.as_deref() == Some(NO_SUCH_ACCOUNT) =>
            {
                tracing::warn!("the authority has forgotten the account; another one is made");
                self.folder.forget_account()?;
                self.order().await?
            }
            ordered => ordered?,
        };
        let now = self.clock.now();
        let certificate = Certificate::from_pem(text.as_bytes(), text.as_bytes(), now)
            .map_err(|fault| AcmeError::Certificate(fault.to_string()))?;
        if !self.is_for_us(&certificate) {
            let names = certificate.names.join(", ");
            return Err(AcmeError::Certificate(format!("is for {names}")));
        }
        self.folder.keep_certificate(&text)?;
        Ok(certificate)
    }

    async fn order(&self) -> Result<String, AcmeError> {
        let account = self.account().await?;
        order::carry_out(&account, &self.domains, &self.presented).await
    }

    /// The account that is kept, or a new one.
    async fn account(&self) -> Result<Account, AcmeError> {
        let Some(kept) = self.folder.account() else {
            return self.new_account().await;
        };
        let account = Account::builder_with_http(self.client.boxed())
            .from_credentials(kept.credentials)
            .await?;
        if kept.contacts != self.settings.contacts {
            let contacts = self.contacts();
            let contacts: Vec<&str> = contacts.iter().map(String::as_str).collect();
            account.update_contacts(&contacts).await?;
            self.folder.keep_contacts(&self.settings.contacts)?;
        }
        Ok(account)
    }

    async fn new_account(&self) -> Result<Account, AcmeError> {
        let contacts = self.contacts();
        let contacts: Vec<&str> = contacts.iter().map(String::as_str).collect();
        let wanted = NewAccount {
            contact: &contacts,
            terms_of_service_agreed: self.settings.accept_terms,
            only_return_existing: false,
        };
        let (account, credentials) = Account::builder_with_http(self.client.boxed())
            .create(&wanted, self.settings.directory.clone(), None)
            .await?;
        self.folder.keep_account(&KeptAccount {
            contacts: self.settings.contacts.clone(),
            credentials,
        })?;
        Ok(account)
    }

    fn contacts(&self) -> Vec<String> {
        let contacts = self.settings.contacts.iter();
        contacts.map(|mail| format!("mailto:{mail}")).collect()
    }
}

/// When a certificate is to be replaced: with a third of its time left, and a bit sooner by chance, so
/// that the servers of the world do not ask at the same time.
fn renewal(certificate: &Certificate, random: &Random) -> Millis {
    let third = (certificate.expires_at - certificate.valid_from) / 3;
    certificate.expires_at - third - up_to(third / 10, random)
}

/// How long to wait after so many failures in a row: twice as long each time, and up to a quarter more
/// by chance.
fn pause(failures: u32, random: &Random) -> Millis {
    let doubled = FIRST_PAUSE << failures.saturating_sub(1).min(10);
    let pause = doubled.min(LONGEST_PAUSE);
    pause + up_to(pause / 4, random)
}

fn up_to(most: Millis, random: &Random) -> Millis {
    let most = u64::try_from(most).unwrap_or(0);
    Millis::try_from(random.within(0..most + 1)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_repeated_ever_less_often() {
        let random = Random::seeded(7);
        let minute = 60_000;
        for (failures, least) in [
            (1, 5),
            (2, 10),
            (3, 20),
            (7, 320),
            (8, 360),
            (u32::MAX, 360),
        ] {
            for _ in 0..20 {
                let pause = pause(failures, &random);
                let least = least * minute;
                assert!((least..=least + least / 4).contains(&pause), "{failures}");
            }
        }
        // Whatever chance says, Let's Encrypt sees less than five failures an hour.
        assert!((1..=4).map(|n| FIRST_PAUSE << (n - 1)).sum::<Millis>() > 60 * minute);
    }
}
