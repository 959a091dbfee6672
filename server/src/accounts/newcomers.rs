//! Those whose account elsewhere is verified, and who choose a handle.

use protocol::api::accounts::Me;
use protocol::api::identities::{Join, Newcomer};
use protocol::{Code, UserId};

use super::{AccountError, Accounts, Origin, Token};
use crate::store::{Admission, AfterLogIn, NewUser};
use crate::telemetry::audit::{Act, Entry};

impl Accounts {
    /// The newcomer in a browser, if there is one.
    ///
    /// # Errors
    /// The database's.
    pub async fn newcomer(&self, browser: &Token) -> Result<Option<Newcomer>, AccountError> {
        let newcomer = self
            .store
            .newcomer(&browser.key(), self.clock.now())
            .await?;
        Ok(newcomer.map(|it| Newcomer {
            label: self.label_of(&it.provider),
            handle: it.handle,
            name: it.name,
        }))
    }

    /// Makes a newcomer's account, without a password, and logs it in.
    ///
    /// # Errors
    /// Fields at fault, a handle that is taken, too many from one address, one who took too long, the
    /// database.
    pub async fn join(
        &self,
        browser: &Token,
        join: Join,
        origin: &Origin,
    ) -> Result<(Me, Token, AfterLogIn), AccountError> {
        let join = join
            .checked(&self.bounds.limits)
            .map_err(AccountError::Invalid)?;
        let now = self.clock.now();
        self.bounds
            .registrations
            .take(&origin.address, 1, now)
            .await?;
        let id = UserId::new(now, self.random.bytes());
        let user = NewUser {
            id,
            handle: join.handle,
            name: join.name,
            phc: None,
            administrator: false,
            at: now,
        };
        let after = match self.store.admit(&browser.key(), &user).await {
            Ok(Admission::Done(after)) => after,
            Ok(Admission::Expired) => return Err(AccountError::Refused(Code::LogInExpired)),
            Ok(Admission::Taken) => return Err(AccountError::Refused(Code::IdentityTaken)),
            Err(error) if error.is_unique_violation() => {
                return Err(AccountError::Refused(Code::HandleTaken));
            }
            Err(error) => return Err(error.into()),
        };
        let entry = Entry::new(Act::Register).user(id);
        entry.detail("provider").done();
        let (me, token) = self.welcome(id, origin, after.shared).await?;
        Ok((me, token, after))
    }
}
