//! The parts, put together.
use super::*;
use crate::{bus::Bus, clock::Clock, presence::Presence, random::Random, store::Store};
use std::sync::Arc;

/// The whole chat core of an embedded server, with its tasks running.
#[derive(Clone)]
pub struct Chat {
    /// Commands go in here.
    pub ingest: Ingest,
    /// Streams.
    pub hub: Hub,
    /// Read positions, preferences, typing.
    pub reads: Reads,
    /// Who is online.
    pub presence: Presence,
    /// To tell browsers that something about their account changed.
    pub bus: Arc<dyn Bus>,
}

impl Chat {
    /// Starts writer, hub, sweep, retention and heartbeats as tasks of the current runtime.
    pub fn start(
        store: Store,
        clock: Clock,
        random: Random,
        settings: Settings,
        sessions: SessionCheck,
    ) -> Self {
        todo!()
    }

    /// Stops: new commands are refused, those taken are committed and answered, then the streams
    /// get `bye`. Returns once all that is done; the store may be closed then.
    pub async fn stop(&self) {
        todo!()
    }
}
