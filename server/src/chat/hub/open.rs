//! Opening a stream.

use std::sync::Arc;

use protocol::stream::{ByeReason, Head, StreamEvent, Sync};
use protocol::{ConversationId, Millis, StreamId, UserId};

use super::frames::{Frame, frame};
use super::outlet::Outlet;
use super::state::{Stream, UNSETTLED};
use super::{Hub, SessionKey, Subscription};
use crate::bus::Topic;
use crate::store::{Heads, Standing, StoreError};
use crate::telemetry::metrics::STREAMS;

/// How much earlier than asked for heads are told again: clocks and commits overlap.
const OVERLAP: Millis = 5 * 60_000;

impl Hub {
    /// Opens a stream. Its first frame is `sync`, with the heads that changed since a time, or with
    /// all; then everything that is published from before the heads were read.
    ///
    /// A user's ninth stream (by [`protocol::Limits::streams`]) ends their oldest. Once the server
    /// stops, a stream says `bye` at once.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn open(
        &self,
        user: UserId,
        session: SessionKey,
        since: Option<Millis>,
    ) -> Result<Subscription, StoreError> {
        let mut subscription = self.register(user, session);
        // The bus may be away: the sweep delivers then.
        let _ = self.0.bus.subscribe(vec![Topic::User(user)]).await;
        let before = self.0.store.heads(user).await?;
        self.join_all(user, &before).await;
        // Only now, when nothing that is published can be missed, the heads that are told. Nothing is
        // forwarded meanwhile: a removal that came after them must find the user a member.
        let now = self.now();
        let forwarding = self.0.forwarding.read().await;
        let heads = self.0.store.heads(user).await?;
        let behind = self.settle(user, &heads);
        drop(forwarding);
        subscription.first = Some(self.sync_frame(subscription.id, user, now, since, &heads));
        self.0.presence.set_invisible(user, heads.invisible);
        for id in behind {
            self.fill(id).await;
        }
        Ok(subscription)
    }

    fn register(&self, user: UserId, session: SessionKey) -> Subscription {
        let now = self.now();
        let id = StreamId::new(now, self.0.random.bytes());
        let outlet = Arc::new(Outlet::default());
        let subscription = Subscription {
            hub: self.clone(),
            id,
            user,
            outlet: Arc::clone(&outlet),
            first: None,
        };
        let mut state = self.state();
        state.streams.insert(
            id,
            Stream {
                user,
                session,
                outlet,
                next_heartbeat: now + self.heartbeat_after(),
                wants: Vec::new(),
                watches: Vec::new(),
            },
        );
        let local = state.users.entry(user).or_default();
        local.streams.push(id);
        let most = self.0.settings.limits.streams.max(1);
        let surplus = local.streams.len().saturating_sub(most);
        let oldest = local.streams[..surplus].to_vec();
        let stopping = state.stopping;
        drop(state);
        metrics::gauge!(STREAMS).increment(1.0);
        // Hidden until it is known whether they hide.
        self.0.presence.arrived(user);
        self.end_all(oldest, ByeReason::TooManyStreams);
        if stopping {
            self.end_all(vec![id], ByeReason::Stopping);
        }
        subscription
    }

    /// Subscribes the conversations that the user is a member of, as it seems: nothing of them is
    /// forwarded to the user before that is settled.
    async fn join_all(&self, user: UserId, heads: &Heads) {
        let present = heads
            .standings
            .iter()
            .filter(|standing| standing.member_since.is_some())
            .map(|standing| standing.head.conversation);
        let new: Vec<Topic> = {
            let mut state = self.state();
            present
                .filter(|id| state.expect(user, *id))
                .map(Topic::Conversation)
                .collect()
        };
        if !new.is_empty() {
            let _ = self.0.bus.subscribe(new).await;
        }
    }

    /// Goes by the heads that are told: where logs begin to be forwarded, and who has left since.
    /// Gives back the logs of which something came before this was known.
    fn settle(&self, user: UserId, heads: &Heads) -> Vec<ConversationId> {
        let mut state = self.state();
        let mut behind = Vec::new();
        for standing in &heads.standings {
            let id = standing.head.conversation;
            if let Some(since) = standing.member_since {
                state.settle(user, id, since);
            } else {
                let since = state.logs.get(&id).and_then(|log| log.members.get(&user));
                if since.is_some_and(|since| *since == UNSETTLED || *since <= standing.head.head) {
                    state.leave(user, id);
                }
            }
            if let Some(log) = state.logs.get_mut(&id)
                && log.last.is_none()
            {
                log.last = Some(standing.log_head);
                if log.early > standing.log_head {
                    behind.push(id);
                }
            }
        }
        behind
    }

    fn sync_frame(
        &self,
        stream: StreamId,
        user: UserId,
        now: Millis,
        since: Option<Millis>,
        heads: &Heads,
    ) -> Frame {
        let from = since.map_or(Millis::MIN, |since| since.saturating_sub(OVERLAP));
        let told = |standing: &&Standing| standing.changed_at >= from;
        let told: Vec<Head> = heads
            .standings
            .iter()
            .filter(told)
            .map(|s| s.head)
            .collect();
        let sync = Sync {
            stream,
            user,
            now,
            history_id: self.0.store.history_id(),
            retention_days: self.0.settings.retention_days,
            account_version: heads.account_version,
            complete: told.len() == heads.standings.len(),
            heads: told,
        };
        frame(&StreamEvent::Sync(sync), Some(now))
    }

    /// How long until a stream's next heartbeat: 20 to 30 s, so that not all come at once.
    pub(super) fn heartbeat_after(&self) -> Millis {
        Millis::try_from(self.0.random.within(20_000..30_000)).unwrap_or(20_000)
    }
}
