//! What happens by the clock.

use std::collections::BTreeSet;

use protocol::StreamId;
use protocol::stream::{ByeReason, Heartbeat, StreamEvent};

use super::frames::frame;
use super::{Hub, SessionKey, TooSlowStreams};

impl Hub {
    /// Sends heartbeats that are due, to streams whose session still holds; ends those that do not
    /// keep up; lets users go offline. Call it every second.
    pub async fn tick(&self) {
        let now = self.now();
        self.0.presence.tick();
        let mut due: Vec<(StreamId, SessionKey)> = Vec::new();
        let mut slow = TooSlowStreams::new();
        for (id, stream) in &mut self.state().streams {
            if stream.outlet.is_late(now) {
                slow.push(*id);
            } else if stream.next_heartbeat <= now {
                due.push((*id, stream.session));
            }
        }
        self.end_all(slow, ByeReason::TooSlow);
        if due.is_empty() {
            return;
        }
        let asked: BTreeSet<SessionKey> = due.iter().map(|(_, session)| *session).collect();
        let over = (self.0.sessions)(asked.into_iter().collect()).await;
        let frame = frame(&StreamEvent::Heartbeat(Heartbeat { now }), Some(now));
        let mut slow = TooSlowStreams::new();
        let mut ended = Vec::new();
        for (id, session) in due {
            if over.contains(&session) {
                ended.push(id);
                continue;
            }
            let next = now + self.heartbeat_after();
            let mut state = self.state();
            if let Some(stream) = state.streams.get_mut(&id) {
                stream.next_heartbeat = next;
            }
            state.to_stream(id, &frame, now, &mut slow);
        }
        self.end_all(slow, ByeReason::TooSlow);
        self.end_all(ended, ByeReason::SessionEnded);
    }
}
