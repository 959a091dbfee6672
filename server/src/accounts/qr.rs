//! Logging in by a QR code: a device that is logged in lets another one in.
//!
//! The new device's browser holds a secret in a cookie. The code, which the picture leads to, and the
//! number beside it are derived from that; the database holds hashes of all three. Whoever has the code
//! and the number can let that browser in as themselves. To be let in takes the secret: it works once,
//! within two minutes, in the browser that began it.

mod shown;

use std::time::Duration;

use hmac::Mac as _;
use protocol::problem::Fault;
use protocol::{Code, Millis, UserId};
use tokio::time::Instant;

use super::{AccountError, Accounts, Origin, Session, Token, invalid, noted};
use crate::store::{MostQrLogIns, NewQrLogIn, StoredQrLogIn};
use crate::telemetry::audit::{Act, Entry};
use crate::telemetry::metrics::LOG_INS;
pub use shown::{QrCode, QrShown};

/// How long a code can be used, in milliseconds.
const LASTS: Millis = 2 * 60 * 1_000;

/// How often a number may be typed for one code.
const TRIES: i64 = 3;

/// How many may be under way: as many as wait while a whole office logs in, and so few that nobody
/// fills the database or finds a code by guessing (one of 2.5 · 10¹⁰).
const MOST: MostQrLogIns = MostQrLogIns {
    in_all: 10_000,
    from_address: 50,
};

/// How long a browser that waits is not answered, while nothing happens.
const HELD: Duration = Duration::from_secs(5);

/// How often it is looked meanwhile whether something happened.
const LOOKED_EVERY: Duration = Duration::from_secs(1);

/// How many browsers are kept waiting at the same time; others are answered at once.
pub(super) const MOST_HELD: usize = 1_000;

/// How a log-in stands, for the browser that shows its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QrStanding {
    /// Nobody has answered; `shared` where others use that browser too.
    Waiting {
        /// See above.
        shared: bool,
    },
    /// Somebody lets it in.
    Confirmed,
    /// Somebody refused it, or typed too many wrong numbers.
    Refused,
    /// It took too long, was used, or was never begun.
    Over,
}

impl From<Option<StoredQrLogIn>> for QrStanding {
    fn from(found: Option<StoredQrLogIn>) -> Self {
        match found {
            None => Self::Over,
            Some(found) if found.refused => Self::Refused,
            Some(found) if found.confirmed => Self::Confirmed,
            Some(StoredQrLogIn { shared, .. }) => Self::Waiting { shared },
        }
    }
}

/// Who asks to be let in, for whoever has scanned the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asking {
    /// By what it was found.
    pub code: QrCode,
    /// The browser, by its own account.
    pub agent: String,
    /// From where.
    pub address: String,
    /// Whether that is another network address than of the one who was asked.
    pub elsewhere: bool,
    /// Since when.
    pub at: Millis,
    /// Whether others use that browser too.
    pub shared: bool,
}

/// What somebody says who lets a device in.
#[derive(Debug, Clone, Copy)]
pub struct Confirming<'a> {
    /// The code, as it was scanned or typed.
    pub code: &'a str,
    /// The number that the new device shows.
    pub number: &'a str,
    /// That they know that it is on another network.
    pub elsewhere: bool,
}

impl Accounts {
    /// Begins a log-in: the secret for the browser, by which [`QrShown`] is what it shows. What the same
    /// browser has shown before is of no use from here on.
    ///
    /// # Errors
    /// Too many from one address, or in all; the database.
    pub async fn begin_qr_log_in(
        &self,
        before: Option<&Token>,
        shared: bool,
        origin: &Origin,
    ) -> Result<Token, AccountError> {
        let now = self.clock.now();
        // It counts as failed until it is finished.
        self.bounds
            .failures_by_address
            .take(&origin.address, 1, now)
            .await?;
        if let Some(before) = before {
            self.store.drop_qr_log_in(&before.key()).await?;
        }
        let browser = Token::new(&self.random);
        let QrShown { code, number } = QrShown::by(&browser);
        let log_in = NewQrLogIn {
            browser_hash: browser.key(),
            code_hash: code.hash(),
            number_hash: code.seal(&number).finalize().into_bytes().into(),
            shared,
            agent: origin.agent.chars().take(200).collect(),
            address: origin.address.clone(),
            at: now,
            expires_at: now + LASTS,
        };
        if self.store.begin_qr_log_in(&log_in, MOST).await? {
            Ok(browser)
        } else {
            Err(AccountError::Refused(Code::TooManyRequests))
        }
    }

    /// How the log-in of a browser stands.
    ///
    /// # Errors
    /// The database's.
    pub async fn qr_log_in(&self, browser: &Token) -> Result<QrStanding, AccountError> {
        let key = browser.key();
        let found = self.store.qr_log_in(&key, self.clock.now()).await?;
        Ok(found.into())
    }

    /// The same, once somebody has answered; after some seconds, or where `enough` says so, in any case.
    ///
    /// # Errors
    /// The database's.
    pub async fn await_qr_log_in(
        &self,
        browser: &Token,
        enough: impl Fn() -> bool,
    ) -> Result<QrStanding, AccountError> {
        let held = self.qr_held.try_acquire();
        let until = Instant::now() + HELD;
        loop {
            let standing = self.qr_log_in(browser).await?;
            let waits = matches!(standing, QrStanding::Waiting { .. });
            if !waits || held.is_err() || enough() || Instant::now() >= until {
                return Ok(standing);
            }
            tokio::time::sleep(LOOKED_EVERY).await;
        }
    }

    /// Lets the browser in, if its log-in was confirmed, by a session that is still on: its session, and
    /// whether others use it too. No second step is asked for, since whoever confirmed has passed theirs.
    ///
    /// # Errors
    /// The database's; the log-in may then be lost, and is begun again.
    pub async fn finish_qr_log_in(
        &self,
        browser: &Token,
        origin: &Origin,
    ) -> Result<Option<(Token, bool)>, AccountError> {
        let key = browser.key();
        let taken = self.store.take_qr_log_in(&key, self.clock.now()).await?;
        let Some((by, shared)) = taken else {
            return Ok(None);
        };
        let Some(confirmer) = self.store.session(&by).await? else {
            return Ok(None);
        };
        let token = self.sessions.begin(confirmer.user, origin, shared).await?;
        metrics::counter!(LOG_INS, "outcome" => "accepted").increment(1);
        self.bounds
            .failures_by_address
            .give_back(&origin.address)
            .await;
        let entry = Entry::new(Act::LogIn).user(confirmer.user);
        entry.on(confirmer.user).detail("qr").done();
        Ok(Some((token, shared)))
    }

    /// Who asks by a code, for a user who has scanned or typed it. Codes that nobody shows are counted.
    ///
    /// # Errors
    /// `LogInExpired` where nobody shows that code any more, or somebody has answered; too many such;
    /// the database.
    pub async fn asking_device(
        &self,
        user: UserId,
        code: &str,
        origin: &Origin,
    ) -> Result<Asking, AccountError> {
        let now = self.clock.now();
        let counted = format!("qr {user}");
        let failures = &self.bounds.failures_by_account;
        failures.take(&counted, 1, now).await?;
        let expired = || AccountError::Refused(Code::LogInExpired);
        let code = QrCode::read(code).ok_or_else(expired)?;
        let found = self.store.asking_device(&code.hash(), now).await?;
        let found = found.ok_or_else(expired)?;
        failures.give_back(&counted).await;
        Ok(Asking {
            code,
            elsewhere: found.address != origin.address,
            agent: found.agent,
            address: found.address,
            at: found.at,
            shared: found.shared,
        })
    }

    /// Lets the device in that shows a code and a number, by the session that asks.
    ///
    /// # Errors
    /// `Invalid` for a wrong number, or where it is not said to be on another network and is;
    /// `LogInExpired` as for [`Accounts::asking_device`], and after three wrong numbers; the database.
    pub async fn confirm_qr_log_in(
        &self,
        current: &Session,
        confirming: Confirming<'_>,
        origin: &Origin,
    ) -> Result<(), AccountError> {
        let entry = Entry::new(Act::LetIn).user(current.user);
        noted(entry, self.let_in(current, confirming, origin).await)
    }

    async fn let_in(
        &self,
        current: &Session,
        confirming: Confirming<'_>,
        origin: &Origin,
    ) -> Result<(), AccountError> {
        let Confirming {
            code,
            number,
            elsewhere,
        } = confirming;
        let asking = self.asking_device(current.user, code, origin).await?;
        if asking.elsewhere && !elsewhere {
            return Err(invalid("elsewhere", Fault::Missing));
        }
        let (now, hash) = (self.clock.now(), asking.code.hash());
        let expired = || AccountError::Refused(Code::LogInExpired);
        // Counted before it is looked at, so that many at once are not free.
        let tried = self.store.try_qr_number(&hash, TRIES, now).await?;
        let (kept, tries) = tried.ok_or_else(expired)?;
        let number: String = number.chars().filter(char::is_ascii_digit).collect();
        if asking.code.seal(&number).verify_slice(&kept).is_err() {
            if tries < TRIES {
                return Err(invalid("number", Fault::Wrong));
            }
            self.refuse(&hash).await?;
            return Err(expired());
        }
        if self
            .store
            .confirm_qr_log_in(&hash, &current.key, now)
            .await?
        {
            Ok(())
        } else {
            Err(expired())
        }
    }

    /// Refuses the device that shows a code.
    ///
    /// # Errors
    /// As for [`Accounts::asking_device`].
    pub async fn refuse_qr_log_in(
        &self,
        user: UserId,
        code: &str,
        origin: &Origin,
    ) -> Result<(), AccountError> {
        let asking = self.asking_device(user, code, origin).await?;
        let refused = self.refuse(&asking.code.hash()).await;
        noted(Entry::new(Act::TurnAway).user(user), refused)
    }

    async fn refuse(&self, code_hash: &[u8; 32]) -> Result<(), AccountError> {
        if self
            .store
            .refuse_qr_log_in(code_hash, self.clock.now())
            .await?
        {
            metrics::counter!(LOG_INS, "outcome" => "refused").increment(1);
        }
        Ok(())
    }
}
