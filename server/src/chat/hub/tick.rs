//! What happens by the clock.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use protocol::Millis;
use protocol::stream::{ByeReason, Heartbeat, StreamEvent};

use super::frames::frame;
use super::{Hub, SessionKey, TooSlowStreams};

/// How often sessions are checked: so long, at most, goes on the stream of one that was ended by
/// another process.
const SESSIONS_CHECKED: Millis = 2_000;

impl Hub {
    /// Sends heartbeats that are due; ends streams that do not keep up, and those whose session is
    /// over; lets users go offline. Call it every second.
    pub async fn tick(&self) {
        let now = self.now();
        self.0.presence.tick();
        self.send_heartbeats(now);
        if self.are_sessions_due(now) {
            self.check_sessions().await;
        }
    }

    fn send_heartbeats(&self, now: Millis) {
        let mut slow = TooSlowStreams::new();
        let mut state = self.state();
        let mut due = Vec::new();
        for (id, stream) in &mut state.streams {
            if stream.outlet.is_late(now) {
                slow.push(*id);
            } else if stream.next_heartbeat <= now {
                stream.next_heartbeat = now + self.heartbeat_after();
                due.push(*id);
            }
        }
        if !due.is_empty() {
            let frame = frame(&StreamEvent::Heartbeat(Heartbeat { now }), Some(now));
            for id in due {
                state.to_stream(id, &frame, now, &mut slow);
            }
        }
        drop(state);
        self.end_all(slow, ByeReason::TooSlow);
    }

    fn are_sessions_due(&self, now: Millis) -> bool {
        let mut checked = self
            .0
            .checked
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let due = now - *checked >= SESSIONS_CHECKED;
        if due {
            *checked = now;
        }
        due
    }

    async fn check_sessions(&self) {
        let streams: Vec<_> = self
            .state()
            .streams
            .iter()
            .map(|(id, stream)| (*id, stream.session))
            .collect();
        if streams.is_empty() {
            return;
        }
        let asked: BTreeSet<SessionKey> = streams.iter().map(|(_, session)| *session).collect();
        let over = (self.0.sessions)(asked.into_iter().collect()).await;
        let ended = streams
            .into_iter()
            .filter(|(_, session)| over.contains(session));
        self.end_all(ended.map(|(id, _)| id).collect(), ByeReason::SessionEnded);
    }
}
