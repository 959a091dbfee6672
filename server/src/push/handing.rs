//! Handing notifications over, and what becomes of them.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use protocol::Millis;
use sha2::Sha256;
use tokio::time::Instant;

use super::client::{Client, Handed, Message, PATIENCE};
use super::payload::Payload;
use super::services::Endpoint;
use super::telling::Shared;
use crate::store::{Addressed, Due, NotificationKey, StoreError};
use crate::telemetry::metrics::PUSHES;

/// How long to wait after a first attempt, and at most, in milliseconds.
const AGAIN: (Millis, Millis) = (1_000, 10 * 60 * 1_000);

/// A notification on its way.
pub(super) struct Letter {
    pub(super) due: Due,
    pub(super) to: Addressed,
    pub(super) endpoint: Endpoint,
    pub(super) payload: Payload,
}

/// Hands over what is for one subscription. What follows one that is not taken is left for later too, and what it is
/// too late for now.
pub(super) async fn hand_in_order(
    shared: &Shared,
    client: &Client,
    letters: Vec<Letter>,
) -> Result<(), StoreError> {
    let began = Instant::now();
    let mut wait: Option<Millis> = None;
    for letter in letters {
        if wait.is_none() && began.elapsed() > PATIENCE {
            wait = Some(0);
        }
        match wait {
            None => wait = hand(shared, client, letter).await?,
            Some(wait) => {
                let store = &shared.inner().store;
                store
                    .notify_again(letter.due.key, shared.now() + wait)
                    .await?;
            }
        }
    }
    Ok(())
}

/// Hands a notification to its push service, and notes what became of it; in how many milliseconds it
/// is tried again, if it is.
async fn hand(
    shared: &Shared,
    client: &Client,
    letter: Letter,
) -> Result<Option<Millis>, StoreError> {
    let inner = shared.inner();
    let Letter {
        due,
        to,
        endpoint,
        payload,
    } = letter;
    let (Some(keys), Some(body)) = (&inner.keys, payload.encrypted(&to)) else {
        inner.store.notified(&[due.key]).await?;
        return Ok(None);
    };
    let now = shared.now();
    let rest = due.at + inner.kept - now;
    let message = Message {
        to: &endpoint.uri,
        authorization: keys.authorization(&endpoint.origin, now),
        ttl: u64::try_from(rest / 1_000).unwrap_or(0),
        topic: &topic(&inner.store.installation().secret, &due.key),
        body,
    };
    let handed = client.hand(message, now).await;
    let outcome = match handed {
        Handed::Taken => "sent",
        Handed::Gone => "gone",
        Handed::Later(_) => "again",
        Handed::Refused(_) => "failed",
    };
    metrics::counter!(PUSHES, "outcome" => outcome).increment(1);
    let service = endpoint.service;
    match handed {
        Handed::Taken => inner.store.notified(&[due.key]).await?,
        Handed::Gone => {
            tracing::info!(user = %to.user, service, "a browser has unsubscribed");
            inner.store.subscription_gone(due.key.subscription).await?;
        }
        Handed::Later(said) => {
            let wait = wait(due.attempts, said, |most| {
                Millis::try_from(inner.random.within(0..most.unsigned_abs())).unwrap_or(0)
            });
            tracing::debug!(
                service,
                attempts = due.attempts,
                wait,
                "a push is tried again"
            );
            inner
                .store
                .notify_again(due.key, shared.now() + wait)
                .await?;
            return Ok(Some(wait));
        }
        Handed::Refused(status) => {
            tracing::warn!(service, status, "a push service does not take a message");
            inner.store.notified(&[due.key]).await?;
        }
    }
    Ok(None)
}

/// How long to wait after so many attempts: what the service says, if that is longer than twice as long
/// as the last time, of which up to a half is left out at random.
fn wait(attempts: u32, said: Option<Millis>, within: impl Fn(Millis) -> Millis) -> Millis {
    let doubled = AGAIN.0 << attempts.saturating_sub(1).min(20);
    let most = doubled.min(AGAIN.1);
    let own = most - within(most / 2);
    // Beyond a day nobody knows how things are.
    own.max(said.unwrap_or(0).min(24 * 60 * 60 * 1_000))
}

/// What a push service knows the conversation by, for one subscription: nobody can tell by it which
/// conversation it is, or who is in the same.
fn topic(secret: &[u8; 32], key: &NotificationKey) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("a key may have any length");
    mac.update(b"push topic");
    mac.update(key.subscription.as_bytes());
    mac.update(key.job.conversation.0.as_bytes());
    // The longest that is allowed: 32 characters.
    BASE64_URL_SAFE_NO_PAD.encode(&mac.finalize().into_bytes()[..24])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::push::sending::TAKEN_FOR;
    use crate::store::OfflineJob;
    use protocol::ConversationId;
    use uuid::Uuid;

    #[test]
    fn waits_grow_and_follow_what_the_service_says() {
        let longest = |attempts, said| wait(attempts, said, |_| 0);
        let waits = [1, 2, 3, 10, 11, 30].map(|attempts| longest(attempts, None));
        assert_eq!(waits, [1_000, 2_000, 4_000, 512_000, 600_000, 600_000]);
        assert_eq!(wait(2, None, |most| most), 1_000);
        assert_eq!(longest(1, Some(90_000)), 90_000);
        assert_eq!(longest(8, Some(1_000)), 128_000);
        assert_eq!(longest(1, Some(Millis::MAX)), 24 * 60 * 60 * 1_000);
        assert!(PATIENCE.as_millis() * 2 < u128::try_from(TAKEN_FOR).unwrap());
    }

    #[test]
    fn a_topic_is_one_conversations_for_one_subscription() {
        let key = |conversation: u128, seq, subscription: u128| NotificationKey {
            job: OfflineJob {
                conversation: ConversationId(Uuid::from_u128(conversation)),
                seq,
            },
            subscription: Uuid::from_u128(subscription),
        };
        let of = |key| topic(&[7; 32], &key);
        assert_eq!(of(key(1, 1, 1)), of(key(1, 2, 1)));
        assert_ne!(of(key(1, 1, 1)), of(key(2, 1, 1)));
        assert_ne!(of(key(1, 1, 1)), of(key(1, 1, 2)));
        assert_eq!(of(key(1, 1, 1)).len(), 32);
    }
}
