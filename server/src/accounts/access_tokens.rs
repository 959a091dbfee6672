//! Programs: what their users give them to prove themselves by, and what providers have issued.

use protocol::api::access_tokens::{AccessToken, MadeAccessToken, NewAccessToken};
use protocol::problem::Fault;
use protocol::{Code, Millis, UserId};

use super::devices::id_of;
use super::sessions::Program;
use super::{AccountError, Accounts, Session, Token, invalid, noted};
use crate::providers::{Issued, TokenError};
use crate::store::{ListedToken, StoreError};
use crate::telemetry::audit::{Act, Entry};

/// How many tokens a user may have at a time.
const MOST: usize = 100;

const DAY: Millis = 24 * 60 * 60 * 1_000;

/// Why a program is not let in.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// By this token, nobody is: with what to do about it.
    #[error("{0}")]
    Unknown(String),
    /// The token is right, and good for nothing here.
    #[error("the token has neither of the scopes that are known here")]
    NoScope,
    /// It cannot be said now: whoever has issued it does not answer.
    #[error("the issuer of the token: {0}")]
    Unavailable(String),
    /// It cannot be said now.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Accounts {
    /// Makes a token that a program can act by in its user's name. It is told this once.
    ///
    /// # Errors
    /// Fields at fault, such as the password in force; too many failures; the database.
    pub async fn make_access_token(
        &self,
        current: &Session,
        new: NewAccessToken,
    ) -> Result<MadeAccessToken, AccountError> {
        let made = self.make_token(current, new).await;
        let entry = Entry::new(Act::MakeToken).user(current.user);
        match &made {
            Ok(made) => entry.detail(&made.access_token.id).done(),
            Err(error) => entry.refused(error.reason()),
        }
        made
    }

    async fn make_token(
        &self,
        current: &Session,
        new: NewAccessToken,
    ) -> Result<MadeAccessToken, AccountError> {
        let new = new
            .checked(&self.bounds.limits)
            .map_err(AccountError::Invalid)?;
        let user = current.user;
        if let Some(phc) = self.store.password(user).await? {
            self.is_password(user, new.current, phc).await?;
        }
        let now = self.clock.now();
        if self.store.access_tokens_of(user, now).await?.len() >= MOST {
            return Err(invalid("access_tokens", Fault::TooLong { max: MOST }));
        }
        let token = Token::new(&self.random);
        let program = Program {
            user,
            scope: new.scope,
            name: new.name,
            provider: None,
        };
        let until = now + Millis::from(new.days) * DAY;
        self.sessions.admit(&token, &program, (now, until)).await?;
        Ok(MadeAccessToken {
            token: token.bearer(),
            access_token: AccessToken {
                id: id_of(&token.key()),
                name: program.name,
                scope: program.scope,
                since: now,
                seen_at: now,
                expires_at: until,
            },
        })
    }

    /// The tokens that a user has made and that are good.
    ///
    /// # Errors
    /// The database's.
    pub async fn access_tokens(&self, user: UserId) -> Result<Vec<AccessToken>, AccountError> {
        let found = self.access_tokens_of(user).await?;
        Ok(found
            .into_iter()
            .map(|found| AccessToken {
                id: id_of(&found.token_hash),
                ..found.shown
            })
            .collect())
    }

    /// Ends a token: what its program has open ends within two seconds.
    ///
    /// # Errors
    /// `NotFound` without such a token of that user, the database.
    pub async fn end_access_token(&self, user: UserId, id: &str) -> Result<(), AccountError> {
        let found = self.access_tokens_of(user).await?;
        let found = found.iter().find(|found| id_of(&found.token_hash) == id);
        let found = found.ok_or(AccountError::Refused(Code::NotFound))?;
        let entry = Entry::new(Act::EndToken).user(user).detail(id);
        noted(entry, self.end(&[found.token_hash]).await)
    }

    async fn access_tokens_of(&self, user: UserId) -> Result<Vec<ListedToken>, StoreError> {
        self.store.access_tokens_of(user, self.clock.now()).await
    }

    /// Ends what a provider has issued to programs of a user.
    pub(super) async fn end_issued_by(
        &self,
        provider: &str,
        user: UserId,
    ) -> Result<(), AccountError> {
        let issued = self.store.tokens_issued_by(provider, user).await?;
        self.end(&issued).await
    }

    /// The session of a program, by what it sends after `Bearer`: a token that was made here, or one
    /// that a provider has issued for this site to somebody who logs in with it. Such a one is looked
    /// at once, and good from then on until it expires, or its user no longer logs in with that
    /// provider.
    ///
    /// # Errors
    /// See [`ProgramError`].
    pub async fn program(&self, bearer: &str) -> Result<Session, ProgramError> {
        let unknown = || ProgramError::Unknown("The token is not known, or no longer.".to_owned());
        let token = Token::from_bearer(bearer).ok_or_else(unknown)?;
        if let Some(session) = self.sessions.find(&token).await? {
            // What a browser holds in its cookie is for no program.
            return session.scope.map(|_| session).ok_or_else(unknown);
        }
        let issued = match self.providers.issued(token.as_str()).await {
            Ok(issued) => issued.ok_or_else(unknown)?,
            Err(TokenError::Rejected(why)) => return Err(ProgramError::Unknown(why)),
            Err(TokenError::NoScope) => return Err(ProgramError::NoScope),
            Err(TokenError::Unavailable(why)) => return Err(ProgramError::Unavailable(why)),
        };
        self.admit_issued(&token, issued).await?;
        let session = self.sessions.find(&token).await?;
        session.ok_or_else(unknown)
    }

    async fn admit_issued(&self, token: &Token, issued: Issued) -> Result<(), ProgramError> {
        let owner = self
            .store
            .identity_owner(&issued.provider, &issued.subject)
            .await?;
        let Some(owner) = owner.filter(|owner| !owner.is_disabled) else {
            return Err(ProgramError::Unknown(
                "Nobody here logs in with that account. Link it in the settings first.".to_owned(),
            ));
        };
        let program = Program {
            user: owner.user,
            scope: issued.scope,
            name: String::new(),
            provider: Some(issued.provider),
        };
        let time = (self.clock.now(), issued.until);
        Ok(self.sessions.admit(token, &program, time).await?)
    }
}
