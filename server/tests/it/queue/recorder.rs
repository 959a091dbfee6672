//! A handler that notes what it is given.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use server::queue::rabbitmq::{Handler, Verdict};
use tokio::sync::watch;

/// What handlers were given, shard by shard, in order, and by which node.
pub type Log = Arc<Mutex<BTreeMap<u32, Vec<(&'static str, u64)>>>>;

/// A gate that counts nothing.
const OPEN: usize = usize::MAX;

/// Notes what it is given once its gate lets it through.
pub struct Recorder {
    node: &'static str,
    log: Log,
    /// How many bodies wait at the gate or have passed it.
    given: watch::Sender<usize>,
    /// How many more batches may pass; all of them where it is open.
    gate: watch::Sender<usize>,
    dead: BTreeSet<u64>,
}

impl Recorder {
    pub fn new(node: &'static str, log: &Log) -> Arc<Self> {
        Self::with_dead(node, log, &[])
    }

    /// One that finds some bodies dead.
    pub fn with_dead(node: &'static str, log: &Log, dead: &[u64]) -> Arc<Self> {
        Arc::new(Self {
            node,
            log: Arc::clone(log),
            given: watch::Sender::new(0),
            gate: watch::Sender::new(OPEN),
            dead: dead.iter().copied().collect(),
        })
    }

    pub fn set_open(&self, open: bool) {
        self.gate.send_replace(if open { OPEN } else { 0 });
    }

    /// Lets one batch pass a gate that is not open.
    pub fn let_one_pass(&self) {
        self.gate.send_modify(|left| *left += 1);
    }

    pub fn given(&self) -> usize {
        *self.given.borrow()
    }
}

impl Handler for Recorder {
    fn batch(&self, shard: u32, bodies: Vec<Bytes>) -> BoxFuture<'_, Vec<Verdict>> {
        async move {
            self.given.send_modify(|given| *given += bodies.len());
            self.gate
                .subscribe()
                .wait_for(|left| *left > 0)
                .await
                .expect("a gate");
            self.gate.send_if_modified(|left| {
                let counts = *left != OPEN;
                *left -= usize::from(counts);
                counts
            });
            let numbers = bodies.iter().map(|body| {
                let text = std::str::from_utf8(body).expect("text");
                text.trim_start_matches('x')
                    .parse::<u64>()
                    .expect("a number")
            });
            let numbers: Vec<u64> = numbers.collect();
            let mut log = self.log.lock().expect("no panic");
            let shard = log.entry(shard).or_default();
            shard.extend(numbers.iter().map(|number| (self.node, *number)));
            let verdict = |number| {
                if self.dead.contains(number) {
                    Verdict::Dead(format!("{number} is dead"))
                } else {
                    Verdict::Done
                }
            };
            numbers.iter().map(verdict).collect()
        }
        .boxed()
    }
}

/// All that was given of a shard, repeats included.
pub fn given(log: &Log, shard: u32) -> Vec<u64> {
    by_node(log, shard)
        .into_iter()
        .map(|(_, number)| number)
        .collect()
}

pub fn by_node(log: &Log, shard: u32) -> Vec<(&'static str, u64)> {
    log.lock()
        .expect("no panic")
        .get(&shard)
        .cloned()
        .unwrap_or_default()
}

/// Without repeats: each at its first place.
pub fn firsts(log: &Log, shard: u32) -> Vec<u64> {
    let mut seen = BTreeSet::new();
    let given = given(log, shard).into_iter();
    given.filter(|number| seen.insert(*number)).collect()
}
