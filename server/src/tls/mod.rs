//! https without a proxy: which certificate connections are given, where it comes from, and how it is
//! kept from expiring.

mod acceptor;
mod acme;
pub mod authority;
mod certificate;
mod files;
mod presented;
mod private_file;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use crate::clock::Clock;
use crate::config::Config;
use crate::random::Random;

use acme::Acme;
use files::Files;
use presented::Presented;

pub use acceptor::{Acceptor, Secured};

/// Why there is no certificate to start with, in one sentence.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A configured file cannot be read, or is of no use.
    #[error("{0}")]
    Files(String),
    /// The folder for what ACME needs cannot be used.
    #[error("{} cannot be written to: {cause}", .folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// The authorities that the directory is trusted by cannot be read.
    #[error("tls.acme.ca: {0}")]
    Ca(String),
}

/// The certificate of this server, and where the next one comes from.
pub struct Tls {
    presented: Arc<Presented>,
    source: Source,
    clock: Clock,
}

enum Source {
    Files(Files),
    Acme(Box<Acme>),
}

impl Tls {
    /// Reads the certificate that is there. `None` if none is configured. With ACME there may be none
    /// yet: until [`Tls::keep`] has got one, no connection succeeds but that of the authority.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn new(config: &Config, clock: &Clock, random: &Random) -> Result<Option<Self>, TlsError> {
        let presented = Arc::new(Presented::default());
        let tls = &config.tls;
        let source = if let (Some(certificate), Some(key)) = (&tls.certificate, &tls.key) {
            let mut files = Files::new(certificate, key);
            let found = files.look(clock.now()).unwrap_or_else(|| {
                // Nothing was seen before, so that whatever is there is new.
                Err("the certificate could not be read".to_owned())
            });
            presented.present(&found.map_err(TlsError::Files)?);
            Source::Files(files)
        } else if tls.acme.accept_terms {
            let acme = Acme::new(config, &presented, clock, random)?;
            Source::Acme(Box::new(acme))
        } else {
            return Ok(None);
        };
        Ok(Some(Self {
            presented,
            source,
            clock: clock.clone(),
        }))
    }

    /// What secures connections, now and with the certificates to come.
    pub fn acceptor(&self) -> Acceptor {
        let challenges = matches!(self.source, Source::Acme(_));
        Acceptor::new(&self.presented, challenges)
    }

    /// Looks every so often whether there is another certificate or one is to be got, until it is told
    /// to stop.
    pub async fn keep(mut self, every: Duration, mut stopped: watch::Receiver<bool>) {
        let mut interval = tokio::time::interval(every);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = interval.tick() => {}
                _ = stopped.changed() => return,
            }
            tokio::select! {
                () = self.look() => {}
                _ = stopped.changed() => return,
            }
        }
    }

    async fn look(&mut self) {
        let now = self.clock.now();
        match &mut self.source {
            Source::Files(files) => match files.look(now) {
                Some(Ok(certificate)) => {
                    self.presented.present(&certificate);
                    tracing::info!(
                        expires = %certificate.expires(),
                        "another certificate is in use"
                    );
                }
                Some(Err(fault)) => {
                    tracing::error!("the certificate in use is kept, since {fault}");
                }
                None => files.warn_before_expiry(now),
            },
            Source::Acme(acme) => acme.look().await,
        }
    }
}
