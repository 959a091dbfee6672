//! The parts, put together, and their tasks.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::MissedTickBehavior;

use super::broker::{Door, Serving};
use super::ingest::{Lanes, drain, memory};
use super::serving_nodes::ServingNode;
use super::{Accepted, Hub, Ingest, Reads, SessionCheck, SessionKey, Settings, Writer, retain};
use crate::bus::{Arrived, Bus, InProcess, Message, OverRedis, Payload, Receiver, Topic};
use crate::clock::Clock;
use crate::network::Network;
use crate::presence::Presence;
use crate::queue::rabbitmq::{Consumers, JobPublisher, Publisher};
use crate::random::Random;
use crate::store::Store;
use crate::telemetry::metrics::QUEUE_DEPTH;

/// Is told which sessions another node has ended.
pub type SessionForgetter = Arc<dyn Fn(&[SessionKey]) + Send + Sync>;

/// The whole chat core of a node, with its tasks running. Clones share it.
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
    /// The writers, behind their queues in memory.
    writers: Option<(Lanes, Vec<JoinHandle<()>>)>,
    /// What hands it what the broker delivers.
    serving: Option<ServingNode>,
    /// What carries its events to those who tell people who are away.
    jobs: Option<Arc<JobPublisher>>,
    others: Vec<JoinHandle<()>>,
}

const TICK: Duration = Duration::from_secs(1);
/// How many seconds pass between two looks for what the bus lost, while it is there.
const SWEEP: u32 = 10;
const RETENTION: Duration = Duration::from_mins(1);

impl Chat {
    /// Starts what the node's role is: the writer and retention, and hub, sweep and heartbeats, as
    /// tasks of the current runtime.
    pub fn start(
        store: Store,
        clock: Clock,
        random: Random,
        settings: Settings,
        sessions: SessionCheck,
        forget: SessionForgetter,
        network: Option<Network>,
    ) -> Self {
        let shards = store.installation().shards;
        let (mut serving, mut jobs) = (None, None);
        let (bus, from_bus, presence, ingest, writers);
        if let Some(network) = network {
            let (over_redis, receiver) =
                OverRedis::start(network.redis.clone(), network.arrivals, network.node);
            bus = Arc::new(over_redis) as Arc<dyn Bus>;
            from_bus = receiver;
            let node = network.node;
            presence = Presence::over_redis(network.redis, node, Arc::clone(&bus), clock.clone());
            let publisher = Publisher::start(network.rabbitmq.clone());
            ingest = Ingest::to_broker(Door::new(publisher, shards, node, clock.clone()));
            writers = network.writes.then(|| {
                let writers = start_writers(&store, &bus, &clock, &settings);
                let publisher = Arc::new(JobPublisher::start(network.rabbitmq.clone()));
                jobs = Some(Arc::clone(&publisher));
                let days = settings.retention_days;
                let handler = Serving::new(writers.0.clone(), Arc::clone(&bus), publisher, days);
                let consumers = Consumers::start(network.rabbitmq, Arc::new(handler));
                serving = Some(ServingNode::start(consumers, store.clone(), node, shards));
                writers
            });
        } else {
            let (in_process, receiver) = InProcess::new();
            bus = Arc::new(in_process) as Arc<dyn Bus>;
            from_bus = receiver;
            presence = Presence::new(Arc::clone(&bus), clock.clone());
            let started = start_writers(&store, &bus, &clock, &settings);
            ingest = Ingest::to_memory(started.0.clone());
            writers = Some(started);
        }
        let hub = Hub::new(
            store.clone(),
            Arc::clone(&bus),
            presence.clone(),
            clock.clone(),
            random.clone(),
            settings.clone(),
            sessions,
        );
        let reads = Reads::new(store.clone(), Arc::clone(&bus), clock.clone());
        let mut others = vec![
            tokio::spawn(deliver(from_bus, hub.clone(), ingest.clone(), forget)),
            every(TICK, with(&hub, |hub| async move { hub.tick().await })),
            every(
                TICK,
                with(&hub, |hub| async move { hub.look_at_presence().await }),
            ),
            tokio::spawn(sweep_now_and_then(hub.clone(), Arc::clone(&bus))),
        ];
        if ingest.broker().is_some() {
            others.push(every(TICK * SWEEP, {
                let ingest = ingest.clone();
                move || count_waiting(ingest.clone())
            }));
        }
        if writers.is_some() {
            others.push(every(RETENTION, {
                let (store, clock) = (store.clone(), clock.clone());
                move || let_go(store.clone(), clock.clone(), settings.clone())
            }));
        }
        others.push(tokio::spawn(follow(store, clock, random)));
        Self {
            ingest,
            hub,
            reads,
            presence,
            bus,
            tasks: Arc::new(Mutex::new(Tasks {
                writers,
                serving,
                jobs,
                others,
            })),
        }
    }

    /// Stops: new commands are refused, those taken are committed and answered, shards go to other
    /// nodes, then the streams get `bye`. Returns once all that is done; the store may be closed then.
    pub async fn stop(&self) {
        self.ingest.stop().await;
        let (serving, jobs, writers, others) = {
            let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
            (
                tasks.serving.take(),
                tasks.jobs.take(),
                tasks.writers.take(),
                std::mem::take(&mut tasks.others),
            )
        };
        if let Some(serving) = serving {
            serving.stop().await;
        }
        if let Some(jobs) = jobs {
            jobs.close().await;
        }
        if let Some((lanes, writers)) = writers {
            lanes.close();
            for writer in writers {
                if let Err(error) = writer.await {
                    tracing::error!(%error, "a writer ended badly");
                }
            }
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

/// As many writers as the store takes batches at a time, each behind a queue in memory: one alone would
/// leave the processors idle while it waits for a database on the network.
fn start_writers(
    store: &Store,
    bus: &Arc<dyn Bus>,
    clock: &Clock,
    settings: &Settings,
) -> (Lanes, Vec<JoinHandle<()>>) {
    let start = |_| {
        let (sender, receiver) = memory();
        let (store, bus, clock) = (store.clone(), Arc::clone(bus), clock.clone());
        let settings = settings.clone();
        let runtime = Handle::current();
        let own = store.is_on_server().then(own_runtime);
        // On a thread of its own: waiting behind requests at each step, it would hold them all up.
        let writing = spawn_blocking(move || {
            let written = async {
                let writer = Writer::new(&store, bus, clock, settings);
                let store = async |commands: &[Accepted]| writer.batch(commands).await;
                drain(receiver, &runtime, store).await;
                writer.close().await;
            };
            match own {
                Some(own) => own.block_on(written),
                None => runtime.block_on(written),
            }
        });
        (sender, writing)
    };
    let (queues, writers) = (0..store.batches_at_a_time()).map(start).unzip();
    (Lanes::new(queues), writers)
}

/// Sees by itself when the database answers, while the threads that serve requests may be busy with them.
fn own_runtime() -> Runtime {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a process that begins has what a runtime needs")
}

/// Hands on what comes by the bus.
async fn deliver(mut from_bus: Receiver, hub: Hub, ingest: Ingest, forget: SessionForgetter) {
    while let Some(arrived) = from_bus.next().await {
        match arrived {
            Arrived::Messages(messages) => {
                let (own, streams): (Vec<Message>, Vec<Message>) = messages
                    .into_iter()
                    .partition(|message| matches!(message.topic, Topic::Node(_) | Topic::Nodes));
                for message in own {
                    match message.payload {
                        Payload::Answers { request, answers } => ingest.answered(request, &answers),
                        Payload::SessionsEnded(keys) => {
                            forget(&keys);
                            for key in keys {
                                hub.end_session(key);
                            }
                        }
                        // Published to another kind of topic than it is for.
                        _ => {}
                    }
                }
                if !streams.is_empty() {
                    hub.deliver(streams).await;
                }
            }
            Arrived::Back => sweep(&hub).await,
        }
    }
}

/// Looks for what the bus lost: now and then, and every second while it is away.
async fn sweep_now_and_then(hub: Hub, bus: Arc<dyn Bus>) {
    let mut ticks = 0;
    let mut interval = tokio::time::interval(TICK);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        ticks += 1;
        if ticks >= SWEEP || bus.is_away() {
            ticks = 0;
            sweep(&hub).await;
        }
    }
}

/// Follows the database: its clock, and whether it is still the same place of its history.
async fn follow(store: Store, clock: Clock, random: Random) {
    let mut interval = tokio::time::interval(TICK * SWEEP);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        let followed = async {
            store.steer(&clock).await?;
            store.check_history(&clock, &random).await
        };
        if let Err(error) = followed.await {
            tracing::debug!(%error, "the database could not be followed");
        }
    }
}

/// Counts what waits in the broker's queues.
async fn count_waiting(ingest: Ingest) {
    if let Some(broker) = ingest.broker()
        && let Ok(depth) = broker.depth().await
    {
        #[expect(clippy::cast_precision_loss, reason = "a gauge")]
        metrics::gauge!(QUEUE_DEPTH).set(depth as f64);
    }
}

async fn sweep(hub: &Hub) {
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
            notifications = deleted.notifications,
            "deleted what was too old"
        ),
        Err(error) => tracing::warn!(%error, "what is too old could not be deleted"),
    }
}

/// Something to run again and again, with the hub.
fn with<F, W>(hub: &Hub, work: W) -> impl Fn() -> F + Send + 'static
where
    W: Fn(Hub) -> F + Send + 'static,
{
    let hub = hub.clone();
    move || work(hub.clone())
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
