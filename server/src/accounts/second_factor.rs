//! The second step of a log-in: a code of six digits from an app on one's phone (TOTP, RFC 6238), or
//! one of the recovery codes that stand for a lost phone.

use hmac::{Hmac, KeyInit as _, Mac as _};
use protocol::problem::Fault;
use protocol::{Code, Millis, UserId};
use sha2::Sha256;
use totp_rs::{Builder, Secret, Totp, TotpError};

use super::codes::{hash_of, plain, spelled};
use super::token::hex;
use super::{AccountError, Accounts, Origin, Token, invalid, noted};
use crate::telemetry::audit::{Act, Entry};

/// Bytes of a secret: as many as its HMAC has (RFC 4226, section 4).
const SECRET: usize = 20;
/// How many recovery codes there are.
const RECOVERY_CODES: usize = 10;
/// How long a password that was right counts without the code, in milliseconds.
const PROOF_LASTS: Millis = 5 * 60 * 1_000;
/// What the app shows above the codes.
const ISSUER: &str = "zspchat";

/// How a user's second factor stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// None is asked for.
    Off,
    /// The app is to take this secret, and then to prove it.
    Offered {
        /// `otpauth://`, for a QR code.
        url: String,
        /// To be typed, in base32.
        secret: String,
    },
    /// It is asked for.
    On {
        /// How many recovery codes are left.
        recovery_codes: u64,
    },
}

impl Accounts {
    /// How a user's second factor stands.
    ///
    /// # Errors
    /// The database's.
    pub async fn second_factor(&self, user: UserId) -> Result<Standing, AccountError> {
        let Some(factor) = self.store.second_factor(user).await? else {
            return Ok(Standing::Off);
        };
        if factor.confirmed {
            let recovery_codes = self.store.recovery_codes(user).await?;
            return Ok(Standing::On { recovery_codes });
        }
        let me = self.store.me(user).await?;
        let handle = me.ok_or(AccountError::Refused(Code::NotFound))?.user.handle;
        let secret = Secret::from(factor.secret.as_slice());
        let shown = secret.to_base32();
        let url = generator(secret, &handle).and_then(|totp| totp.to_url());
        Ok(Standing::Offered {
            url: url.map_err(|_| AccountError::Refused(Code::Internal))?,
            secret: shown,
        })
    }

    /// Offers a secret to a user's app. One that is asked for stays.
    ///
    /// # Errors
    /// The database's.
    pub async fn offer_second_factor(&self, user: UserId) -> Result<(), AccountError> {
        let secret: [u8; SECRET] = self.random.bytes();
        Ok(self.store.begin_second_factor(user, &secret).await?)
    }

    /// Asks for codes from now on, once the app has shown that it makes the right ones. Gives the
    /// recovery codes, of which only hashes are kept.
    ///
    /// # Errors
    /// A wrong code, too many of them, none that was offered, the database.
    pub async fn confirm_second_factor(
        &self,
        user: UserId,
        code: &str,
    ) -> Result<Vec<String>, AccountError> {
        let entry = Entry::new(Act::TurnOnSecondFactor).user(user);
        noted(entry, self.turn_on_second_factor(user, code).await)
    }

    async fn turn_on_second_factor(
        &self,
        user: UserId,
        code: &str,
    ) -> Result<Vec<String>, AccountError> {
        self.is_code(user, code, false).await?;
        let codes: Vec<String> = (0..RECOVERY_CODES)
            .map(|_| spelled(self.random.bytes()))
            .collect();
        let hashes: Vec<[u8; 32]> = codes.iter().map(|code| hash_of(code)).collect();
        if self.store.confirm_second_factor(user, &hashes).await? {
            Ok(codes)
        } else {
            Err(AccountError::Refused(Code::Conflict))
        }
    }

    /// Asks for codes no more.
    ///
    /// # Errors
    /// A wrong code, too many of them, the database.
    pub async fn remove_second_factor(&self, user: UserId, code: &str) -> Result<(), AccountError> {
        let removed = async {
            self.is_code(user, code, true).await?;
            Ok(self.store.remove_second_factor(user).await?)
        };
        noted(
            Entry::new(Act::TurnOffSecondFactor).user(user),
            removed.await,
        )
    }

    /// Lets somebody in whose password was right, if no code is asked for or this is one.
    pub(super) async fn pass_second_factor(
        &self,
        user: UserId,
        code: &str,
    ) -> Result<(), AccountError> {
        let factor = self.store.second_factor(user).await?;
        if !factor.is_some_and(|factor| factor.confirmed) {
            return Ok(());
        }
        if code.trim().is_empty() {
            return Err(AccountError::SecondFactor(user));
        }
        self.is_code(user, code, true).await
    }

    /// Whether a code is right, which uses it up. Wrong ones are counted, so that a million of them
    /// cannot be tried.
    async fn is_code(&self, user: UserId, code: &str, recovery: bool) -> Result<(), AccountError> {
        let counted = format!("code {user}");
        let failures = &self.bounds.failures_by_account;
        failures.take(&counted, 1, self.clock.now()).await?;
        if !self.use_up(user, code, recovery).await? {
            return Err(invalid("code", Fault::Wrong));
        }
        failures.give_back(&counted).await;
        Ok(())
    }

    async fn use_up(&self, user: UserId, code: &str, recovery: bool) -> Result<bool, AccountError> {
        let Some(factor) = self.store.second_factor(user).await? else {
            return Ok(false);
        };
        let code = plain(code);
        let seconds = u64::try_from(self.clock.now() / 1_000).unwrap_or(0);
        let secret = Secret::from(factor.secret.as_slice());
        let totp = generator(secret, "user").map_err(|_| AccountError::Refused(Code::Internal))?;
        if let Some(step) = totp.check(&code, seconds) {
            let step = i64::try_from(step).unwrap_or(i64::MAX);
            return Ok(self.store.use_step(user, step).await?);
        }
        if recovery && factor.confirmed {
            return Ok(self.store.use_recovery_code(user, &hash_of(&code)).await?);
        }
        Ok(false)
    }

    /// What a page repeats that asks for the code: that the password was right, a moment ago.
    pub fn prove_password(&self, user: UserId) -> String {
        let until = self.clock.now() + PROOF_LASTS;
        format!(
            "{user}.{until}.{}",
            hex(&self.seal(user, until).finalize().into_bytes())
        )
    }

    /// Logs in by a code, after a password that was right.
    ///
    /// # Errors
    /// A proof that is none or too old, a wrong code, too many of them, the database.
    pub async fn log_in_by_code(
        &self,
        proof: &str,
        code: &str,
        shared: bool,
        origin: &Origin,
    ) -> Result<Token, AccountError> {
        let user = self.proved(proof);
        let user = user.ok_or(AccountError::Refused(Code::Unauthenticated))?;
        let entry = Entry::new(Act::LogIn).detail("second_factor").on(user);
        if let Err(error) = self.pass_second_factor(user, code).await {
            entry.refused(error.reason());
            return Err(error);
        }
        let begun = self.sessions.begin(user, origin, shared).await;
        noted(entry.user(user), begun.map_err(AccountError::from))
    }

    /// Whose password was right, by a proof that is not too old.
    fn proved(&self, proof: &str) -> Option<UserId> {
        let mut parts = proof.split('.');
        let (user, until) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let tag = unhex(parts.next()?)?;
        let sealed = self.seal(user, until).verify_slice(&tag).is_ok();
        (sealed && until > self.clock.now()).then_some(user)
    }

    fn seal(&self, user: UserId, until: Millis) -> Hmac<Sha256> {
        let secret = &self.store.installation().secret;
        let mac = Hmac::new_from_slice(secret).expect("a key may have any length");
        mac.chain_update(b"zspchat password was right v1")
            .chain_update(user.0.as_bytes())
            .chain_update(until.to_be_bytes())
    }
}

fn generator(secret: Secret, handle: &str) -> Result<Totp, TotpError> {
    // Six digits every 30 s; the code before and the one after are taken too, for clocks that differ.
    Builder::new()
        .with_secret(secret)
        .with_issuer(Some(ISSUER))
        .with_account_name(handle)
        .build()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, of whose eight digits an app shows the last six.
        let totp = generator(Secret::from(b"12345678901234567890".as_slice()), "ann").unwrap();
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(totp.check(code, seconds), Some(seconds / 30));
            assert!(totp.check(code, seconds + 90).is_none());
        }
    }
}
