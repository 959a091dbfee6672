//! New accounts: anybody's, and the first administrator's.

use hmac::{Hmac, KeyInit as _, Mac as _};
use protocol::api::accounts::{Me, Register};
use protocol::problem::Fault;
use protocol::{Code, UserId};
use sha2::Sha256;

use super::codes::{hash_of, spelled};
use super::{AccountError, Accounts, Origin, Token, invalid};
use crate::chat::Wait;
use crate::store::NewUser;
use crate::telemetry::audit::{Act, Entry};

impl Accounts {
    /// Makes an account with its own conversation, and logs it in.
    ///
    /// # Errors
    /// Fields at fault, a handle that is taken, too many from one address, the database.
    pub async fn register(
        &self,
        register: Register,
        origin: &Origin,
    ) -> Result<(Me, Token), AccountError> {
        self.create(register, origin, false).await
    }

    /// The same for the administrator, by the code that the server prints while there is none.
    ///
    /// # Errors
    /// `NotFound` where there is an administrator, a wrong code, too many of them, and those of
    /// [`Accounts::register`].
    pub async fn set_up(
        &self,
        code: &str,
        register: Register,
        origin: &Origin,
    ) -> Result<(Me, Token), AccountError> {
        let right = self.setup_code().await?;
        let right = right.ok_or(AccountError::Refused(Code::NotFound))?;
        let failures = &self.bounds.failures_by_address;
        failures.take(&origin.address, 1, self.clock.now()).await?;
        // Hashes, so that the time it takes tells nothing of the code.
        if hash_of(code) != hash_of(&right) {
            Entry::new(Act::SetUp).refused("wrong_code");
            return Err(invalid("code", Fault::Wrong));
        }
        failures.give_back(&origin.address).await;
        self.create(register, origin, true).await
    }

    /// What lets the first administrator in, while there is none: the same on all nodes, and after a
    /// restart.
    ///
    /// # Errors
    /// The database's.
    pub async fn setup_code(&self) -> Result<Option<String>, AccountError> {
        if self.store.has_administrator().await? {
            return Ok(None);
        }
        let secret = &self.store.installation().secret;
        let mac = Hmac::<Sha256>::new_from_slice(secret).expect("a key may have any length");
        let mac = mac.chain_update(b"zspchat setup code v1").finalize();
        let mac = mac.into_bytes();
        let mut bits = [0; 10];
        bits.copy_from_slice(&mac[..10]);
        Ok(Some(spelled(bits)))
    }

    /// Whether nobody has an account yet.
    ///
    /// # Errors
    /// The database's.
    pub async fn is_deserted(&self) -> Result<bool, AccountError> {
        Ok(self.store.has_no_users().await?)
    }

    async fn create(
        &self,
        register: Register,
        origin: &Origin,
        administrator: bool,
    ) -> Result<(Me, Token), AccountError> {
        let register = register
            .checked(&self.bounds.limits)
            .map_err(AccountError::Invalid)?;
        let now = self.clock.now();
        self.bounds
            .registrations
            .take(&origin.address, 1, now)
            .await?;
        let hashed = self.passwords.hash(register.password).await;
        if hashed.is_err() {
            self.bounds.registrations.give_back(&origin.address).await;
        }
        let id = UserId::new(now, self.random.bytes());
        let user = NewUser {
            id,
            handle: register.handle,
            name: register.name,
            phc: Some(hashed?),
            administrator,
            at: now,
        };
        if let Err(error) = self.store.create_user(&user).await {
            return Err(if error.is_unique_violation() {
                AccountError::Refused(Code::HandleTaken)
            } else {
                error.into()
            });
        }
        let act = if administrator {
            Act::SetUp
        } else {
            Act::Register
        };
        Entry::new(act).user(id).detail("password").done();
        self.welcome(id, origin, false).await
    }

    /// Lets a new user in. Where the conversation that they have with themselves cannot be made now,
    /// it is made when it is first opened.
    pub(super) async fn welcome(
        &self,
        user: UserId,
        origin: &Origin,
        shared: bool,
    ) -> Result<(Me, Token), AccountError> {
        if let Err(error) = self.open_direct(user, user, Wait::Moment).await {
            tracing::warn!(%error, %user, "a user's own conversation was not made");
        }
        let token = self.sessions.begin(user, origin, shared).await?;
        let me = self.store.me(user).await?;
        Ok((me.ok_or(AccountError::Refused(Code::NotFound))?, token))
    }
}
