//! The accounts elsewhere that people log in with: what there is, and taking it away.

use protocol::api::identities::{Identities, Identity, Provider};
use protocol::{Code, UserId};

use super::{AccountError, Accounts, noted};
use crate::store::Unlinking;
use crate::telemetry::audit::{Act, Entry};

impl Accounts {
    /// Whose accounts one may log in with.
    pub fn providers(&self) -> Vec<Provider> {
        self.providers.iter().map(|it| it.shown.clone()).collect()
    }

    /// What people call a provider; one that is there no more goes by its name.
    pub fn label_of(&self, provider: &str) -> String {
        let known = self.providers.get(provider);
        known.map_or_else(|| provider.to_owned(), |it| it.shown.label.clone())
    }

    /// How a user may log in.
    ///
    /// # Errors
    /// The database's.
    pub async fn identities(&self, user: UserId) -> Result<Identities, AccountError> {
        let (has_password, linked) = self.store.ways_in(user).await?;
        let is_linked = |provider: &Provider| linked.iter().any(|it| it.provider == provider.name);
        let linkable = self.providers().into_iter();
        Ok(Identities {
            has_password,
            linkable: linkable.filter(|it| !is_linked(it)).collect(),
            identities: linked
                .into_iter()
                .map(|it| Identity {
                    label: self.label_of(&it.provider),
                    provider: it.provider,
                    name: it.name,
                    linked_at: it.linked_at,
                })
                .collect(),
        })
    }

    /// Takes away the account of a provider as a way in, for programs too.
    ///
    /// # Errors
    /// There is none of that provider, nothing else is left to log in with, the database.
    pub async fn unlink(&self, user: UserId, provider: &str) -> Result<(), AccountError> {
        let providers: Vec<&str> = self
            .providers
            .iter()
            .map(|it| it.shown.name.as_str())
            .collect();
        let unlinked = match self
            .store
            .unlink_identity(user, provider, &providers)
            .await?
        {
            Unlinking::Done => self.end_issued_by(provider, user).await,
            // It may be anything that somebody has typed.
            Unlinking::NotLinked => return Err(AccountError::Refused(Code::NotFound)),
            Unlinking::LastWayIn => Err(AccountError::Refused(Code::LastWayIn)),
        };
        let entry = Entry::new(Act::UnlinkIdentity).user(user).detail(provider);
        noted(entry, unlinked)
    }
}
