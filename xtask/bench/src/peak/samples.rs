//! What is looked at again and again while people send.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::load::Load;
use crate::cluster::addresses;
use crate::counters;
use crate::figures::count;
use crate::server::Server;
use crate::usage;

/// How often to look.
const EVERY: Duration = Duration::from_millis(250);

/// One look.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    pub at: Instant,
    /// Commands accepted since the beginning.
    pub accepted: f64,
    /// Commands committed since the beginning, by the nodes' own count.
    pub committed: f64,
    /// Bytes of memory of the node that holds the most.
    pub memory: u64,
}

/// All looks, in order.
#[derive(Clone, Default)]
pub struct Samples(pub Vec<Sample>);

impl Samples {
    /// How many commands a second were committed between the first and the last commit that was seen
    /// in this time: batches are committed at once, so that a beginning or an end in the middle of
    /// one would not be exact.
    pub fn rate_out(&self, from: Instant, until: Instant) -> Option<f64> {
        let steps: Vec<Sample> = self
            .0
            .windows(2)
            .filter(|pair| pair[0].at >= from && pair[1].at <= until)
            .filter(|pair| pair[1].committed > pair[0].committed)
            .map(|pair| pair[1])
            .collect();
        let (first, last) = (steps.first()?, steps.last()?);
        let time = last.at.duration_since(first.at).as_secs_f64();
        (time > 0.0).then(|| (last.committed - first.committed) / time)
    }

    /// How many commands a second were committed on the whole in this time; a pause counts.
    pub fn mean_out(&self, from: Instant, until: Instant) -> f64 {
        let mut during = self
            .0
            .iter()
            .filter(|one| one.at >= from && one.at <= until);
        let (Some(first), Some(last)) = (during.next(), during.next_back()) else {
            return 0.0;
        };
        let time = last.at.duration_since(first.at).as_secs_f64();
        (last.committed - first.committed) / time
    }

    /// The most that a node held in this time, in bytes.
    pub fn most_memory(&self, from: Instant, until: Instant) -> u64 {
        let during = self
            .0
            .iter()
            .filter(|one| one.at >= from && one.at <= until);
        during.map(|one| one.memory).max().unwrap_or_default()
    }

    /// The most commands that were accepted and not yet committed.
    pub fn deepest(&self) -> f64 {
        let depths = self.0.iter().map(|one| one.accepted - one.committed);
        depths.fold(0.0, f64::max)
    }
}

/// Looks until it is stopped.
pub struct Watch {
    samples: Arc<Mutex<Samples>>,
    stopped: Arc<AtomicBool>,
    looking: std::thread::JoinHandle<Result<()>>,
}

impl Watch {
    /// Begins to look, in a thread of its own, so that no one who sends waits for it.
    ///
    /// # Errors
    /// When the nodes cannot be asked.
    pub fn start(nodes: &[Server], load: &Load) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let mut looking = Looking {
            addresses: addresses(nodes),
            processes: nodes.iter().map(Server::process).collect(),
            accepted: load.counter(),
            before: 0.0,
        };
        looking.before = runtime.block_on(looking.committed())?;
        let samples = Arc::new(Mutex::new(Samples::default()));
        let stopped = Arc::new(AtomicBool::new(false));
        let (to, end) = (Arc::clone(&samples), Arc::clone(&stopped));
        let looking = std::thread::spawn(move || {
            while !end.load(Ordering::Relaxed) {
                let sample = runtime.block_on(looking.look())?;
                lock(&to).0.push(sample);
                std::thread::sleep(EVERY);
            }
            Ok(())
        });
        Ok(Self {
            samples,
            stopped,
            looking,
        })
    }

    /// See [`Samples::rate_out`].
    ///
    /// # Errors
    /// When nothing was committed.
    pub fn rate_out(&self, from: Instant, until: Instant) -> Result<f64> {
        let rate = lock(&self.samples).rate_out(from, until);
        rate.context("nothing was committed")
    }

    /// Waits until all that was accepted is committed.
    ///
    /// # Errors
    /// When it takes longer.
    pub async fn drained(&self, limit: Duration) -> Result<()> {
        let begin = Instant::now();
        loop {
            let last = lock(&self.samples).0.last().copied();
            let drained = |one: Sample| one.at >= begin && one.committed >= one.accepted;
            if last.is_some_and(drained) {
                return Ok(());
            }
            ensure!(!self.looking.is_finished(), "a node does not answer");
            ensure!(begin.elapsed() < limit, "the queue does not drain");
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Ends it; gives all looks.
    ///
    /// # Errors
    /// When a node did not answer.
    pub async fn stop(self) -> Result<Samples> {
        self.stopped.store(true, Ordering::Relaxed);
        let ended = tokio::task::spawn_blocking(|| self.looking.join()).await?;
        ended.ok().context("the thread that looks ended")??;
        let samples = lock(&self.samples).clone();
        Ok(samples)
    }
}

fn lock(samples: &Mutex<Samples>) -> MutexGuard<'_, Samples> {
    samples.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Looking {
    addresses: Vec<SocketAddr>,
    processes: Vec<u32>,
    accepted: Arc<AtomicU64>,
    /// What had been committed at the beginning.
    before: f64,
}

impl Looking {
    async fn committed(&self) -> Result<f64> {
        counters::total(&self.addresses, "zspchat_events_stored_total").await
    }

    async fn look(&self) -> Result<Sample> {
        // Read first: what is committed later than that was accepted later too, perhaps.
        let accepted = count(self.accepted.load(Ordering::Relaxed));
        let at = Instant::now();
        let committed = self.committed().await? - self.before;
        let memory = self.processes.iter().map(|node| usage::memory(*node));
        let memory = memory.collect::<Result<Vec<_>>>()?;
        Ok(Sample {
            at,
            accepted,
            committed,
            memory: memory.into_iter().max().unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_taken_between_two_commits() {
        let start = Instant::now();
        let at = |millis, committed| Sample {
            at: start + Duration::from_millis(millis),
            accepted: 1_000.0,
            committed,
            memory: millis,
        };
        let samples = Samples(vec![
            at(0, 0.0),
            at(500, 0.0),
            at(1_000, 100.0),
            at(1_500, 100.0),
            at(2_000, 200.0),
            at(3_000, 200.0),
        ]);
        let until = |millis| start + Duration::from_millis(millis);
        let rate = samples.rate_out(start, until(3_000)).unwrap();
        assert!((rate - 100.0).abs() < 1e-9);
        assert!(samples.rate_out(start, until(1_600)).is_none());
        let mean = samples.mean_out(start, until(3_000));
        assert!((mean - 200.0 / 3.0).abs() < 1e-9);
        assert!(samples.mean_out(until(2_900), until(3_000)).abs() < 1e-9);
        assert_eq!(samples.most_memory(start, until(1_600)), 1_500);
        assert!((samples.deepest() - 1_000.0).abs() < 1e-9);
    }
}
