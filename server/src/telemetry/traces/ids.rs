//! The ids of requests.

use std::sync::atomic::{AtomicU64, Ordering};

use super::TraceId;
use crate::random::{Random, mixed};

/// Makes ids of requests, each once, and unlike those of other servers or of this one after it was
/// started again. They look random to whoever picks traces by them, and cost less.
#[derive(Debug)]
pub struct RequestIds {
    key: u64,
    next: AtomicU64,
}

impl RequestIds {
    /// From a random start.
    pub fn new(random: &Random) -> Self {
        let [key, start] = [random.bytes(), random.bytes()].map(u64::from_le_bytes);
        Self {
            key,
            next: AtomicU64::new(start),
        }
    }

    /// The next one.
    pub fn take(&self) -> TraceId {
        let count = self.next.fetch_add(1, Ordering::Relaxed);
        let halves = [mixed(count ^ self.key), mixed(count)].map(u128::from);
        TraceId((halves[0] << 64 | halves[1]).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_id_comes_twice_and_one_in_so_many_is_picked() {
        let random = Random::seeded(1);
        let (one, other) = (RequestIds::new(&random), RequestIds::new(&random));
        let ids: std::collections::HashSet<u128> = (0..4_000)
            .flat_map(|_| [one.take().0, other.take().0])
            .collect();
        assert_eq!(ids.len(), 8_000);
        let picked = ids.iter().filter(|id| *id % 10 == 0).count();
        assert!((600..1_000).contains(&picked), "{picked}");
    }
}
