//! Where one is logged in, and the password that all of that hangs on.

use protocol::api::accounts::{self, ChangePassword};
use protocol::problem::Fault;
use protocol::{Code, UserId};

use super::token::hex;
use super::{AccountError, Accounts, Session, invalid, noted};
use crate::bus::{Message, Payload, Topic};
use crate::chat::SessionKey;
use crate::telemetry::audit::{Act, Entry};

impl Accounts {
    /// Where a user is logged in, the session that asks first.
    ///
    /// # Errors
    /// The database's.
    pub async fn list_sessions(
        &self,
        current: &Session,
    ) -> Result<Vec<accounts::Session>, AccountError> {
        let found = self
            .store
            .sessions_of(current.user, self.clock.now())
            .await?;
        let mut sessions: Vec<accounts::Session> = found
            .into_iter()
            .map(|found| accounts::Session {
                id: id_of(&found.token_hash),
                current: found.token_hash == current.key,
                ..found.session
            })
            .collect();
        sessions.sort_by_key(|session| !session.current);
        Ok(sessions)
    }

    /// Logs another device out. What it has kept goes at its next contact.
    ///
    /// # Errors
    /// `NotFound` without such a session of that user, the database.
    pub async fn end_session(&self, current: &Session, id: &str) -> Result<(), AccountError> {
        let found = self
            .store
            .sessions_of(current.user, self.clock.now())
            .await?;
        let found = found.iter().find(|found| id_of(&found.token_hash) == id);
        let key = found
            .ok_or(AccountError::Refused(Code::NotFound))?
            .token_hash;
        if key == current.key {
            return self.log_out(current).await;
        }
        let entry = Entry::new(Act::EndSession).user(current.user).detail(id);
        noted(entry, self.end(&[key]).await)
    }

    /// Logs all other devices out, and those that this one has just let in.
    ///
    /// # Errors
    /// The database's.
    pub async fn end_other_sessions(&self, current: &Session) -> Result<(), AccountError> {
        self.store.drop_confirmed_by(&current.key).await?;
        let found = self
            .store
            .sessions_of(current.user, self.clock.now())
            .await?;
        let others = found.into_iter().map(|found| found.token_hash);
        let others: Vec<SessionKey> = others.filter(|key| *key != current.key).collect();
        let entry = Entry::new(Act::EndOtherSessions).user(current.user);
        noted(entry, self.end(&others).await)
    }

    /// Changes the password, and logs all other devices out: one of them may be why.
    ///
    /// # Errors
    /// Fields at fault, such as the password in force; too many failures; the database.
    pub async fn change_password(
        &self,
        current: &Session,
        change: ChangePassword,
    ) -> Result<(), AccountError> {
        let entry = Entry::new(Act::ChangePassword).user(current.user);
        noted(entry, self.set_password(current, change).await)?;
        self.end_other_sessions(current).await
    }

    async fn set_password(
        &self,
        current: &Session,
        change: ChangePassword,
    ) -> Result<(), AccountError> {
        let change = change
            .checked(&self.bounds.limits)
            .map_err(AccountError::Invalid)?;
        if let Some(phc) = self.store.password(current.user).await? {
            self.is_password(current.user, change.current, phc).await?;
        }
        let phc = self.passwords.hash(change.password).await?;
        Ok(self.store.set_password(current.user, &phc).await?)
    }

    /// Whether it is the password in force. Counted as log-ins are, so that a session that was left open is no way to try passwords.
    pub(super) async fn is_password(
        &self,
        user: UserId,
        password: String,
        phc: String,
    ) -> Result<(), AccountError> {
        let counted = user.to_string();
        let failures = &self.bounds.failures_by_account;
        failures.take(&counted, 1, self.clock.now()).await?;
        let right = self.passwords.is(password, Some(phc)).await;
        if matches!(right, Ok(false)) {
            return Err(invalid("current", Fault::Wrong));
        }
        // It was right, or nobody has looked.
        failures.give_back(&counted).await;
        right?;
        Ok(())
    }

    pub(super) async fn end(&self, keys: &[SessionKey]) -> Result<(), AccountError> {
        if keys.is_empty() {
            return Ok(());
        }
        self.sessions.end_elsewhere(keys).await?;
        self.chat.bus.publish(vec![Message {
            topic: Topic::Nodes,
            payload: Payload::SessionsEnded(keys.to_vec()),
        }]);
        for key in keys {
            self.chat.hub.end_session(*key);
        }
        Ok(())
    }
}

/// By what a session is named: enough of its key to tell it from others, and no way to its token.
pub(super) fn id_of(key: &SessionKey) -> String {
    hex(&key[..16])
}
