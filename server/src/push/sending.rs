//! Sending what is due.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use protocol::ids::ConversationKind;
use protocol::{ConversationId, Event, Millis, UserId};
use sha2::Sha256;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};
use uuid::Uuid;

use super::choosing::{job_of, suppressed};
use super::client::{Client, Handed, Message, PATIENCE};
use super::payload::Payload;
use super::services::Endpoint;
use super::telling::{Shared, stopped};
use super::wanted::{Concern, Why, Wishes, wanted};
use crate::presence::Streaming;
use crate::store::{Addressed, Due, NotificationKey, OfflineJob, StoreError};
use crate::telemetry::metrics::{PUSHES, PUSHES_WAITING};

/// From so many on that are under way to one push service, nothing more is taken for it; and so many are
/// taken together at most. So one that does not answer has fewer than twice as many, and leaves the rest
/// to others.
const AT_A_SERVICE: usize = 16;

/// Most that are under way at a time.
const UNDER_WAY: usize = 256;

/// How often it is looked what is due, where nobody says so.
const LOOK: Duration = Duration::from_millis(500);

/// After a start nothing is sent for so long: those who were online take some seconds to come back.
const COMING_BACK: Duration = Duration::from_secs(4);

/// How often it is counted what waits.
const COUNT: u32 = 20;

/// Who is told must be so within this time, or somebody else tries: longer than an attempt takes.
const TAKEN_FOR: Millis = 3 * 10_000;

/// How long to wait after a first attempt, and at most, in milliseconds.
const AGAIN: (Millis, Millis) = (1_000, 10 * 60 * 1_000);

/// Takes what is due, and sends it.
pub(super) struct Sender {
    shared: Shared,
    client: Client,
    /// Each sends to one subscription, in order.
    sending: JoinSet<Uuid>,
    /// To which subscriptions something is under way: the service, and how many it is.
    under_way: HashMap<Uuid, (String, usize)>,
}

/// A notification on its way.
struct Letter {
    due: Due,
    to: Addressed,
    endpoint: Endpoint,
    payload: Payload,
}

impl Sender {
    pub(super) fn new(shared: Shared, client: Client) -> Self {
        Self {
            shared,
            client,
            sending: JoinSet::new(),
            under_way: HashMap::new(),
        }
    }

    /// Sends until the server stops; what is under way then is finished.
    pub(super) async fn run(mut self) {
        self.shared.rest(COMING_BACK).await;
        let mut stop = self.shared.stop.clone();
        let to_send = Arc::clone(&self.shared.to_send);
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut looked: u32 = 0;
        loop {
            tokio::select! {
                biased;
                () = stopped(&mut stop) => break,
                Some(done) = self.sending.join_next() => self.ended(done.ok()),
                () = to_send.notified() => {}
                _ = look.tick() => {
                    if looked.is_multiple_of(COUNT) {
                        self.count().await;
                    }
                    looked = looked.wrapping_add(1);
                }
            }
            match self.take().await {
                // There may be more.
                Ok(true) => to_send.notify_one(),
                Ok(false) => {}
                Err(error) => {
                    tracing::debug!(%error, "what is to be pushed cannot be read for the moment");
                }
            }
        }
        while self.sending.join_next().await.is_some() {}
    }

    fn ended(&mut self, subscription: Option<Uuid>) {
        match subscription {
            Some(subscription) => {
                self.under_way.remove(&subscription);
            }
            // It panicked, and nobody knows where.
            None if self.sending.is_empty() => self.under_way.clear(),
            None => {}
        }
    }

    async fn count(&self) {
        if let Ok(waiting) = self.shared.inner().store.notifications_waiting().await {
            #[expect(clippy::cast_precision_loss, reason = "a gauge")]
            metrics::gauge!(PUSHES_WAITING).set(waiting as f64);
        }
    }

    /// Takes what is due and can be under way, and begins to send it. Tells whether there may be more.
    async fn take(&mut self) -> Result<bool, StoreError> {
        let mut at_service: HashMap<&str, usize> = HashMap::new();
        for (service, count) in self.under_way.values() {
            *at_service.entry(service).or_default() += count;
        }
        let room = UNDER_WAY.saturating_sub(at_service.values().sum());
        if room == 0 {
            return Ok(false);
        }
        let busy = at_service
            .iter()
            .filter(|(_, count)| **count >= AT_A_SERVICE);
        let services: Vec<String> = busy.map(|(service, _)| (*service).to_owned()).collect();
        let subscriptions: Vec<Uuid> = self.under_way.keys().copied().collect();
        let room = room.min(AT_A_SERVICE);
        let most = i64::try_from(room).unwrap_or(1);
        let now = self.shared.now();
        let store = &self.shared.inner().store;
        let but = (&services[..], &subscriptions[..]);
        let due = store.take_due(now, now + TAKEN_FOR, but, most).await?;
        if due.is_empty() {
            return Ok(false);
        }
        let more = due.len() == room;
        let mut to: HashMap<Uuid, Vec<Letter>> = HashMap::new();
        for letter in self.letters(due).await? {
            to.entry(letter.due.key.subscription)
                .or_default()
                .push(letter);
        }
        for (subscription, letters) in to {
            let service = letters[0].endpoint.service.clone();
            self.under_way
                .insert(subscription, (service, letters.len()));
            let (shared, client) = (self.shared.clone(), self.client.clone());
            self.sending.spawn(async move {
                if let Err(error) = send_in_order(&shared, &client, letters).await {
                    // It is tried again in half a minute.
                    tracing::warn!(%error, "what became of a push cannot be noted");
                }
                subscription
            });
        }
        Ok(more)
    }

    /// What is to be sent of what was taken; all else is done with.
    async fn letters(&self, due: Vec<Due>) -> Result<Vec<Letter>, StoreError> {
        let inner = self.shared.inner();
        let now = self.shared.now();
        let keys: Vec<NotificationKey> = due.iter().map(|due| due.key).collect();
        let jobs: Vec<OfflineJob> = keys.iter().map(|key| key.job).collect();
        let events = inner.store.events_of(&jobs).await?.into_iter();
        let events: HashMap<OfflineJob, Event> =
            events.map(|event| (job_of(&event), event)).collect();
        let addressed = inner.store.addressed(&keys, now).await?.into_iter();
        let mut addressed: HashMap<NotificationKey, Addressed> =
            addressed.map(|it| (it.key, it)).collect();
        let users: Vec<UserId> = addressed.values().map(|it| it.user).collect();
        let found = self.shared.presence.streaming(&users).await;
        let there: HashMap<UserId, bool> = users
            .into_iter()
            .zip(found.into_iter().map(|found| found == Streaming::There))
            .collect();
        let (mut letters, mut done) = (Vec::new(), Vec::new());
        for due in due {
            let letter = match (addressed.remove(&due.key), events.get(&due.key.job)) {
                (Some(to), Some(event)) => {
                    let is_there = there.get(&to.user).copied().unwrap_or(false);
                    self.letter(due, to, event, is_there, now).await?
                }
                _ => Err(Why::Nothing),
            };
            match letter {
                Ok(letter) => letters.push(letter),
                Err(why) => {
                    suppressed(why);
                    done.push(due.key);
                }
            }
        }
        if !done.is_empty() {
            inner.store.notified(&done).await?;
        }
        Ok(letters)
    }

    /// A notification as it is sent, if it still is to be.
    async fn letter(
        &self,
        due: Due,
        to: Addressed,
        event: &Event,
        is_there: bool,
        now: Millis,
    ) -> Result<Result<Letter, Why>, StoreError> {
        let inner = self.shared.inner();
        let concern = Concern::of(event, to.kind, to.user, to.joined_seq);
        let Some(concern) = concern else {
            return Ok(Err(Why::Nothing));
        };
        let wishes = Wishes {
            silenced: to.silenced,
            mentions_only: to.mentions_only,
            quiet: to.quiet.as_ref(),
        };
        // Its service may be configured no more.
        let Some(endpoint) = inner.services.endpoint(&to.endpoint) else {
            return Ok(Err(Why::Nothing));
        };
        if due.at + inner.kept <= now {
            return Ok(Err(Why::Expired));
        }
        if to.done_with {
            return Ok(Err(Why::DoneWith));
        }
        if is_there {
            return Ok(Err(Why::There));
        }
        if let Err(why) = wanted(concern, wishes, now) {
            return Ok(Err(why));
        }
        let unnamed = to.kind == ConversationKind::Group && to.name.is_none();
        let others = if unnamed {
            self.others(event.conversation, to.user).await?
        } else {
            Vec::new()
        };
        let payload = Payload::new(&to, event, concern, &others);
        Ok(Ok(Letter {
            due,
            to,
            endpoint,
            payload,
        }))
    }

    /// The names of the first others of a group.
    async fn others(
        &self,
        conversation: ConversationId,
        user: UserId,
    ) -> Result<Vec<String>, StoreError> {
        let store = &self.shared.inner().store;
        let Some(found) = store.conversation(user, conversation).await? else {
            return Ok(Vec::new());
        };
        let others = found.first_members.into_iter().filter(|it| *it != user);
        let others: Vec<UserId> = others.collect();
        let profiles = store.profiles(&others).await?;
        let names = others.iter().filter_map(|user| {
            let profile = profiles.iter().find(|it| it.id == *user);
            profile.map(|profile| profile.name.clone())
        });
        Ok(names.collect())
    }
}

/// Sends to one subscription. What follows one that is not taken is left for later too, and what it is
/// too late for now.
async fn send_in_order(
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
            None => wait = send(shared, client, letter).await?,
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
async fn send(
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
