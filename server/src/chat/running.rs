//! The parts, put together, and their tasks.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::MissedTickBehavior;

use super::ingest::drain;
use super::{Hub, Ingest, Reads, SessionCheck, Settings, Writer, retain};
use crate::bus::{Bus, InProcess};
use crate::clock::Clock;
use crate::presence::Presence;
use crate::random::Random;
use crate::store::Store;

/// The whole chat core of an embedded server, with its tasks running. Clones share it.
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
    tasks: Arc<Mutex<Tasks>>,
}

struct Tasks {
    writer: Option<JoinHandle<()>>,
    others: Vec<JoinHandle<()>>,
}

const TICK: Duration = Duration::from_secs(1);
const SWEEP: Duration = Duration::from_secs(10);
const RETENTION: Duration = Duration::from_mins(1);

impl Chat {
    /// Starts writer, hub, sweep, retention and heartbeats as tasks of the current runtime.
    pub fn start(
        store: Store,
        clock: Clock,
        random: Random,
        settings: Settings,
        sessions: SessionCheck,
    ) -> Self {
        let (bus, mut from_bus) = InProcess::new();
        let bus: Arc<dyn Bus> = Arc::new(bus);
        let presence = Presence::new(Arc::clone(&bus), clock.clone());
        let (ingest, queue) = Ingest::new();
        let writer = Writer::new(
            store.clone(),
            Arc::clone(&bus),
            clock.clone(),
            settings.limits.clone(),
        );
        let hub = Hub::new(
            store.clone(),
            Arc::clone(&bus),
            presence.clone(),
            clock.clone(),
            random,
            settings.clone(),
            sessions,
        );
        let reads = Reads::new(store.clone(), Arc::clone(&bus), clock.clone());

        // On a thread of its own: waiting behind requests at each step, it would hold them all up.
        let runtime = Handle::current();
        let writing = spawn_blocking(move || runtime.block_on(drain(queue, writer)));
        let delivering = tokio::spawn({
            let hub = hub.clone();
            async move {
                while let Some(messages) = from_bus.next().await {
                    hub.deliver(messages).await;
                }
            }
        });
        let ticking = every(TICK, {
            let hub = hub.clone();
            move || {
                let hub = hub.clone();
                async move { hub.tick().await }
            }
        });
        let sweeping = every(SWEEP, {
            let hub = hub.clone();
            move || sweep(hub.clone())
        });
        let retaining = every(RETENTION, move || {
            let_go(store.clone(), clock.clone(), settings.clone())
        });
        Self {
            ingest,
            hub,
            reads,
            presence,
            bus,
            tasks: Arc::new(Mutex::new(Tasks {
                writer: Some(writing),
                others: vec![delivering, ticking, sweeping, retaining],
            })),
        }
    }

    /// Stops: new commands are refused, those taken are committed and answered, then the streams
    /// get `bye`. Returns once all that is done; the store may be closed then.
    pub async fn stop(&self) {
        self.ingest.stop();
        let (writer, others) = {
            let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
            (tasks.writer.take(), std::mem::take(&mut tasks.others))
        };
        if let Some(writer) = writer
            && let Err(error) = writer.await
        {
            tracing::error!(%error, "the writer ended badly");
        }
        // What the last batch published is still on its way; a sweep carries it to the streams.
        if let Err(error) = self.hub.sweep().await {
            tracing::warn!(%error, "the last sweep could not look");
        }
        self.hub.stop();
        for task in others {
            task.abort();
        }
    }
}

async fn sweep(hub: Hub) {
    if let Err(error) = hub.sweep().await {
        tracing::warn!(%error, "the sweep could not look");
    }
}

async fn let_go(store: Store, clock: Clock, settings: Settings) {
    match retain(&store, &clock, &settings).await {
        Ok(deleted) if deleted.is_empty() => {}
        Ok(deleted) => tracing::info!(
            events = deleted.events,
            send_keys = deleted.send_keys,
            sessions = deleted.sessions,
            "deleted what was too old"
        ),
        Err(error) => tracing::warn!(%error, "what is too old could not be deleted"),
    }
}

/// Runs something at once, and then every so often. After a pause of the process it runs once, not as
/// often as it was missed.
fn every<F, W>(period: Duration, work: W) -> JoinHandle<()>
where
    F: Future<Output = ()> + Send + 'static,
    W: Fn() -> F + Send + 'static,
{
    tokio::spawn(async move {
        let mut interval = tokio::time::interval(period);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            interval.tick().await;
            work().await;
        }
    })
}
