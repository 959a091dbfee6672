//! What is due, and still wanted.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use protocol::ids::ConversationKind;
use protocol::{ConversationId, Event, Millis, UserId};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use uuid::Uuid;

use super::choosing::{job_of, suppressed};
use super::client::Client;
use super::handing::{Letter, hand_in_order};
use super::payload::Payload;
use super::telling::{Shared, stopped};
use super::wanted::{Concern, Why, Wishes, wanted};
use crate::presence::Streaming;
use crate::store::{Addressed, Due, NotificationKey, OfflineJob, StoreError};
use crate::telemetry::metrics::PUSHES_WAITING;

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
pub(super) const TAKEN_FOR: Millis = 3 * 10_000;

/// Takes what is due, and sends it.
pub(super) struct Sender {
    shared: Shared,
    client: Client,
    /// Each sends to one subscription, in order.
    sending: JoinSet<Uuid>,
    /// To which subscriptions something is under way: the service, and how many it is.
    under_way: HashMap<Uuid, (String, usize)>,
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
                if let Err(error) = hand_in_order(&shared, &client, letters).await {
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
