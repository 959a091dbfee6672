//! Who wants to be told, and how.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::tz::TimeZone;
use p256::PublicKey;
use protocol::api::push::{
    ENDPOINT_BYTES, MOST_SUBSCRIPTIONS, Push as Shown, PushSettings, PushSubscription, Subscribe,
};
use protocol::problem::Fault;
use protocol::{FieldError, UserId};
use uuid::Uuid;

use super::Push;
use crate::chat::SessionKey;
use crate::store::{MostSubscriptions, NewSubscription, StoreError};

/// Why a subscription or a setting was not kept.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// Fields at fault.
    #[error("a field is not right")]
    Invalid(Vec<FieldError>),
    /// There is no such subscription of that user.
    #[error("no such subscription")]
    NotFound,
    /// There are no keys, so that nobody could be told.
    #[error("there are no keys for Web Push")]
    NotSetUp,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The browser that asks.
#[derive(Debug, Clone, Copy)]
pub struct Subscriber<'a> {
    /// Whose it is.
    pub user: UserId,
    /// Its session.
    pub session: SessionKey,
    /// The language it shows, as a tag.
    pub language: &'a str,
}

impl Push {
    /// Whether there are keys, so that anybody can be told.
    pub fn is_set_up(&self) -> bool {
        self.0.keys.is_some()
    }

    /// What a user sees of it, in a browser.
    ///
    /// # Errors
    /// The database's.
    pub async fn shown(&self, user: UserId, session: SessionKey) -> Result<Shown, StoreError> {
        let inner = &self.0;
        let listed = inner.store.push_subscriptions(user, inner.clock.now());
        let subscriptions = listed.await?.into_iter().map(|it| PushSubscription {
            current: it.session == session,
            ..it.shown
        });
        Ok(Shown {
            key: inner.keys.as_ref().map(|keys| keys.public().to_owned()),
            settings: inner.store.push_settings(user).await?,
            subscriptions: subscriptions.collect(),
        })
    }

    /// Keeps how a user wants to be told.
    ///
    /// # Errors
    /// Fields at fault, the database.
    pub async fn set(&self, user: UserId, settings: PushSettings) -> Result<(), PushError> {
        let settings = settings.checked().map_err(PushError::Invalid)?;
        if let Some(quiet) = &settings.quiet
            && TimeZone::get(&quiet.time_zone).is_err()
        {
            return Err(invalid("quiet.time_zone", Fault::Malformed));
        }
        Ok(self.0.store.set_push_settings(user, &settings).await?)
    }

    /// Keeps a subscription of a browser; gives how it is listed, and whether it is new. One with the
    /// same address, whoever's it was, is this browser's from then on.
    ///
    /// # Errors
    /// Fields at fault: the address is of no push service that is spoken to, the keys are none, there
    /// are 20 subscriptions; no keys of the server; the database.
    pub async fn subscribe(
        &self,
        subscriber: Subscriber<'_>,
        asked: Subscribe,
    ) -> Result<(PushSubscription, bool), PushError> {
        let inner = &self.0;
        if inner.keys.is_none() {
            return Err(PushError::NotSetUp);
        }
        let new = self
            .checked(subscriber, asked)
            .map_err(PushError::Invalid)?;
        let kept = match inner.store.subscribe(&new, MOST_SUBSCRIPTIONS).await {
            // Another tab was faster.
            Err(error) if error.is_conflict() => {
                inner.store.subscribe(&new, MOST_SUBSCRIPTIONS).await?
            }
            kept => kept?,
        };
        let (id, is_new) = kept.map_err(|MostSubscriptions| {
            let max = MOST_SUBSCRIPTIONS;
            invalid("subscriptions", Fault::TooLong { max })
        })?;
        let listed = self.shown(subscriber.user, subscriber.session).await?;
        let id = id.to_string();
        let listed = listed.subscriptions.into_iter().find(|it| it.id == id);
        // Ended from another device meanwhile.
        Ok((listed.ok_or(PushError::NotFound)?, is_new))
    }

    /// Removes a subscription.
    ///
    /// # Errors
    /// `NotFound` without such a subscription of that user, the database.
    pub async fn unsubscribe(&self, user: UserId, id: &str) -> Result<(), PushError> {
        let id = Uuid::parse_str(id).map_err(|_| PushError::NotFound)?;
        if self.0.store.unsubscribe(user, id).await? {
            Ok(())
        } else {
            Err(PushError::NotFound)
        }
    }

    fn checked(
        &self,
        subscriber: Subscriber<'_>,
        asked: Subscribe,
    ) -> Result<NewSubscription, Vec<FieldError>> {
        let inner = &self.0;
        let mut faults = Vec::new();
        let mut fault = |field, fault| faults.push(FieldError::new(field, fault));
        let max = ENDPOINT_BYTES;
        let endpoint = inner.services.endpoint(&asked.endpoint);
        if asked.endpoint.len() > max {
            fault("endpoint", Fault::TooLong { max });
        } else if endpoint.is_none() {
            fault("endpoint", Fault::Malformed);
        }
        // Some browsers pad.
        let decode = |text: &str| {
            BASE64_URL_SAFE_NO_PAD
                .decode(text.trim_end_matches('='))
                .ok()
        };
        let p256dh = decode(&asked.keys.p256dh)
            .filter(|point| point.len() == 65 && PublicKey::from_sec1_bytes(point).is_ok());
        if p256dh.is_none() {
            fault("keys.p256dh", Fault::Malformed);
        }
        let auth = decode(&asked.keys.auth).filter(|secret| secret.len() == 16);
        if auth.is_none() {
            fault("keys.auth", Fault::Malformed);
        }
        let (Some(endpoint), Some(p256dh), Some(auth)) = (endpoint, p256dh, auth) else {
            return Err(faults);
        };
        Ok(NewSubscription {
            id: uuid::Builder::from_random_bytes(inner.random.bytes()).into_uuid(),
            user: subscriber.user,
            session: subscriber.session,
            endpoint: asked.endpoint,
            service: endpoint.service,
            p256dh,
            auth,
            language: subscriber.language.to_owned(),
            at: inner.clock.now(),
        })
    }
}

fn invalid(field: &str, fault: Fault) -> PushError {
    PushError::Invalid(vec![FieldError::new(field, fault)])
}
