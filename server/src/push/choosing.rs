//! From events to notifications: who is to be told.

use std::collections::HashMap;
use std::time::Duration;

use protocol::ids::ConversationKind;
use protocol::{Event, Millis, UserId};
use tokio::time::Instant;

use super::telling::Shared;
use super::wanted::{Concern, Why, Wishes, wanted};
use crate::presence::Streaming;
use crate::store::{Candidate, NotificationKey, OfflineJob};
use crate::telemetry::metrics::PUSHES_SUPPRESSED;

/// How old an event is when it is looked who is away: who merely reloads is there again by then, and
/// who reads it on another device has had a moment to.
const SETTLED: Millis = 1_000;

/// How long it is waited for who is away, while nobody can tell. After that, who may be away is told.
const MOST_UNKNOWN: Duration = Duration::from_secs(30);

/// How often it is asked meanwhile.
const UNKNOWN_AGAIN: Duration = Duration::from_millis(250);

impl Shared {
    /// Notes who is to be told of events. Tells whether that is done: not where the server stops before.
    pub(super) async fn choose(&self, jobs: &[OfflineJob]) -> bool {
        let store = &self.inner().store;
        let Some(events) = self.insist(|| store.events_of(jobs)).await else {
            return false;
        };
        let kept = self.inner().kept;
        let from = self.now() - kept;
        let events: Vec<Event> = events
            .into_iter()
            .filter(|event| event.at > from && super::telling::KINDS.contains(&event.kind.as_str()))
            .collect();
        let Some(latest) = events.iter().map(|event| event.at).max() else {
            return true;
        };
        let young = (latest + SETTLED - self.now()).clamp(0, SETTLED);
        self.rest(Duration::from_millis(young.unsigned_abs())).await;
        let candidates = || store.candidates(&events, self.now());
        let Some(candidates) = self.insist(candidates).await else {
            return false;
        };
        let now = self.now();
        let events: HashMap<OfflineJob, Event> = events
            .into_iter()
            .map(|event| (job_of(&event), event))
            .collect();
        let wanting: Vec<Candidate> = candidates
            .into_iter()
            .filter(|candidate| {
                let wants = wants(candidate, &events, now);
                wants.inspect_err(|why| suppressed(*why)).is_ok()
            })
            .collect();
        let Some(away) = self.away(&wanting).await else {
            return false;
        };
        let notifications: Vec<(NotificationKey, Millis)> = wanting
            .iter()
            .filter(|candidate| {
                let is_away = away.get(&candidate.user).copied().unwrap_or(true);
                if !is_away {
                    suppressed(Why::There);
                }
                is_away
            })
            .filter_map(|candidate| {
                let key = NotificationKey {
                    job: candidate.job,
                    subscription: candidate.subscription,
                };
                Some((key, events.get(&candidate.job)?.at))
            })
            .collect();
        if notifications.is_empty() {
            return true;
        }
        let keep = || store.keep_notifications(&notifications, self.now());
        let kept = self.insist(keep).await;
        self.to_send.notify_one();
        kept.is_some()
    }

    /// Which of them are away. While nobody can tell it waits, but not without an end.
    async fn away(&self, candidates: &[Candidate]) -> Option<HashMap<UserId, bool>> {
        let mut users: Vec<UserId> = candidates.iter().map(|it| it.user).collect();
        users.sort_unstable();
        users.dedup();
        let began = Instant::now();
        loop {
            let found = self.presence.streaming(&users).await;
            let known = !found.contains(&Streaming::Unknown);
            if known || began.elapsed() >= MOST_UNKNOWN {
                let away = found.iter().map(|found| *found != Streaming::There);
                return Some(users.iter().copied().zip(away).collect());
            }
            self.rest(UNKNOWN_AGAIN).await;
            if self.is_stopping() {
                return None;
            }
        }
    }
}

pub(super) fn job_of(event: &Event) -> OfflineJob {
    OfflineJob {
        conversation: event.conversation,
        seq: event.seq,
    }
}

/// Counts that somebody is not told.
pub(super) fn suppressed(why: Why) {
    metrics::counter!(PUSHES_SUPPRESSED, "reason" => why.name()).increment(1);
}

fn wants(
    candidate: &Candidate,
    events: &HashMap<OfflineJob, Event>,
    now: Millis,
) -> Result<(), Why> {
    let event = events.get(&candidate.job).ok_or(Why::Nothing)?;
    let kind = event.conversation.kind().unwrap_or(ConversationKind::Group);
    let concern = Concern::of(event, kind, candidate.user, candidate.joined_seq);
    let wishes = Wishes {
        silenced: candidate.silenced,
        mentions_only: candidate.mentions_only,
        quiet: candidate.quiet.as_ref(),
    };
    wanted(concern.ok_or(Why::Nothing)?, wishes, now)
}
