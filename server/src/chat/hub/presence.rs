//! Whose presence a stream is told.

use protocol::stream::{ByeReason, Presence, PresenceState, StreamEvent};
use protocol::{StreamId, UserId};

use super::frames::frame;
use super::{Hub, TooSlowStreams};
use crate::bus::Topic;
use crate::store::StoreError;

/// Most users whose presence one stream wants.
const WATCHED: usize = 200;

impl Hub {
    /// Sets whose presence a stream wants, 200 at most, and sends it how they are. Only mutual
    /// contacts are told of; of all others it hears nothing. `false` where the user has no such
    /// stream.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn watch(
        &self,
        user: UserId,
        stream: StreamId,
        mut users: Vec<UserId>,
    ) -> Result<bool, StoreError> {
        users.sort_unstable();
        users.dedup();
        users.truncate(WATCHED);
        let known = self.0.store.mutual_contacts(user, &users).await?;
        let is_theirs = {
            let mut state = self.state();
            let stream = state.streams.get_mut(&stream);
            stream
                .filter(|stream| stream.user == user)
                .map(|stream| stream.wants = users)
                .is_some()
        };
        if is_theirs {
            self.set_watched(stream, known, false).await;
        }
        Ok(is_theirs)
    }

    /// A user's contacts changed: whose presence their streams may know is looked up again.
    pub(super) async fn contacts_changed(&self, user: UserId) {
        let wants: Vec<(StreamId, Vec<UserId>)> = {
            let state = self.state();
            let streams = state.users.get(&user).map(|local| local.streams.as_slice());
            streams
                .unwrap_or_default()
                .iter()
                .filter_map(|id| Some((*id, state.streams.get(id)?.wants.clone())))
                .filter(|(_, wants)| !wants.is_empty())
                .collect()
        };
        for (stream, wants) in wants {
            match self.0.store.mutual_contacts(user, &wants).await {
                Ok(known) => self.set_watched(stream, known, true).await,
                Err(error) => {
                    tracing::warn!(%error, "whose presence a stream may know is not known");
                }
            }
        }
    }

    async fn set_watched(&self, id: StreamId, watches: Vec<UserId>, only_changes: bool) {
        let Some(before) = self.state().set_watches(id, watches.clone()) else {
            return;
        };
        let topics = watches.iter().copied().map(Topic::Presence).collect();
        let _ = self.0.bus.subscribe(topics).await;
        let watched = self.0.presence.watch(&watches).await;
        for news in watched.news {
            self.tell_watchers(news, Some(id));
        }
        let shown = watched
            .shown
            .into_iter()
            .filter(|shown| !only_changes || !before.contains(&shown.user));
        let hidden = before
            .iter()
            .filter(|user| !watches.contains(user))
            .map(|user| Presence {
                user: *user,
                state: PresenceState::Unknown,
                since: 0,
            });
        let now = self.now();
        let mut slow = TooSlowStreams::new();
        for presence in shown.chain(hidden) {
            let frame = frame(&StreamEvent::Presence(presence), None);
            let state = self.state();
            // Meanwhile it may have come to watch others, or lost the right to.
            let watchers = state.watchers.get(&presence.user);
            let is_watched = watchers.is_some_and(|streams| streams.contains(&id));
            if is_watched || presence.state == PresenceState::Unknown {
                state.to_stream(id, &frame, now, &mut slow);
            }
        }
        self.end_all(slow, ByeReason::TooSlow);
    }

    /// Somebody came or went, as the bus says.
    pub(super) fn presence_changed(&self, presence: Presence) {
        if self.0.presence.heard(presence) {
            self.tell_watchers(presence, None);
        }
    }

    /// Tells watchers what has changed without a message, and lets go the topics of those who are not
    /// watched any more. Call it every second, beside [`Hub::tick`], which must not wait for Redis.
    pub async fn look_at_presence(&self) {
        let watched: Vec<UserId> = {
            let state = self.state();
            let unwatched = self
                .0
                .presence
                .unwatched(|user| state.watchers.contains_key(user));
            if !unwatched.is_empty() {
                // With the state held: who is watched from here on is subscribed after it.
                self.0.bus.unsubscribe(unwatched);
            }
            state.watchers.keys().copied().collect()
        };
        for presence in self.0.presence.look_again(&watched).await {
            self.tell_watchers(presence, None);
        }
    }

    /// Tells all watchers of a user, or all but one.
    fn tell_watchers(&self, presence: Presence, but: Option<StreamId>) {
        let frame = frame(&StreamEvent::Presence(presence), None);
        let now = self.now();
        let mut slow = TooSlowStreams::new();
        let state = self.state();
        let watchers = state.watchers.get(&presence.user).into_iter().flatten();
        for id in watchers.filter(|id| Some(**id) != but) {
            state.to_stream(*id, &frame, now, &mut slow);
        }
        drop(state);
        self.end_all(slow, ByeReason::TooSlow);
    }
}
