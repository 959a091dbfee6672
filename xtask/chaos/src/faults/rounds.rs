//! One fault after the other, alone and together, and how long it took to recover from each.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use tokio::time::Instant;

use super::{Fault, Kind, Scene};
use crate::dice::Dice;

/// Between faults, in milliseconds.
const CALM: std::ops::Range<u64> = 1_000..4_000;

/// Which faults come next.
pub struct Rounds {
    kinds: Vec<Kind>,
    /// Those that have yet to come alone.
    left: Vec<Kind>,
    alone: bool,
    dice: Dice,
}

/// What one round came to.
#[derive(Debug, Clone)]
pub struct Round {
    pub kinds: Vec<Kind>,
    /// How long it took from when all was as before until every probe had arrived; nothing where
    /// some never did.
    pub recovered: Option<Duration>,
    /// The longest that a message to another took that was sent meanwhile, by way of the balancer.
    pub waited: Duration,
}

/// What all rounds with one kind came to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Toll {
    pub times: usize,
    /// Until every probe had arrived, at the longest.
    pub recovered: Duration,
    /// What a message took at the longest.
    pub waited: Duration,
}

impl Rounds {
    pub fn of(kinds: Vec<Kind>, alone: bool, dice: Dice) -> Self {
        Self {
            kinds,
            left: Vec::new(),
            alone,
            dice,
        }
    }

    /// The next fault, or two that go together: each kind comes once alone in every turn, and in
    /// between there are pairs.
    pub fn next(&mut self) -> Vec<Kind> {
        if !self.alone && self.dice.percent(30) {
            let one = self.dice.pick(&self.kinds).copied();
            let goes_with = |other: &Kind| one.is_some_and(|one| one.goes_with(*other));
            let others: Vec<_> = self.kinds.iter().copied().filter(goes_with).collect();
            if let (Some(one), Some(other)) = (one, self.dice.pick(&others)) {
                return vec![one, *other];
            }
        }
        if self.left.is_empty() {
            self.left.clone_from(&self.kinds);
            self.dice.shuffle(&mut self.left);
        }
        self.left.pop().into_iter().collect()
    }

    /// How long to wait before the next.
    pub fn calm(&mut self) -> Duration {
        Duration::from_millis(self.dice.within(CALM))
    }
}

/// Makes these faults, one begun right after the other, and ends them; says how long it took.
///
/// # Errors
/// When a part does not do what is asked of it, or does not come back.
pub fn make(kinds: &[Kind], scene: &mut Scene<'_>) -> Result<Duration> {
    let begin = Instant::now();
    let mut begun: Vec<(Instant, Fault<'_>)> = Vec::new();
    let mut result = Ok(());
    for kind in kinds {
        match kind.begin(scene) {
            Ok(fault) => begun.push((Instant::now() + fault.lasts, fault)),
            Err(error) => result = Err(error),
        }
    }
    begun.sort_by_key(|(at, _)| *at);
    for (at, fault) in begun {
        std::thread::sleep(at.saturating_duration_since(Instant::now()));
        result = result.and((fault.end)());
    }
    result.map(|()| begin.elapsed())
}

/// What each kind came to. How long it took is told of the rounds in which it was alone, so that no
/// other's is put down to it; of all, where it never was.
pub fn by_kind(rounds: &[Round]) -> BTreeMap<Kind, Toll> {
    let mut kinds: BTreeMap<Kind, Toll> = BTreeMap::new();
    for round in rounds {
        for kind in &round.kinds {
            let toll = kinds.entry(*kind).or_default();
            toll.times += 1;
            let was_alone = |other: &Round| other.kinds == [*kind];
            if was_alone(round) || !rounds.iter().any(was_alone) {
                toll.recovered = toll.recovered.max(round.recovered.unwrap_or_default());
                toll.waited = toll.waited.max(round.waited);
            }
        }
    }
    kinds
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;

    #[test]
    fn every_kind_comes_alone_before_one_comes_again() {
        let kinds = Kind::value_variants().to_vec();
        let mut rounds = Rounds::of(kinds.clone(), true, Dice::new(7));
        for _ in 0..3 {
            let mut turn: Vec<_> = kinds.iter().flat_map(|_| rounds.next()).collect();
            turn.sort_unstable();
            assert_eq!(turn, kinds);
        }
    }

    #[test]
    fn what_another_took_is_not_put_down_to_a_kind_that_was_alone_too() {
        let round = |kinds: &[Kind], seconds| Round {
            kinds: kinds.to_vec(),
            recovered: Some(Duration::from_secs(seconds)),
            waited: Duration::from_secs(2 * seconds),
        };
        let (one, other) = (Kind::RedisFlush, Kind::QueuesKill);
        let tolls = by_kind(&[round(&[one], 1), round(&[one, other], 9), round(&[one], 2)]);
        let times = |kind| (tolls[&kind].times, tolls[&kind].recovered.as_secs());
        assert_eq!((times(one), times(other)), ((3, 2), (1, 9)));
        assert_eq!(tolls[&one].waited, Duration::from_secs(4));
    }

    #[test]
    fn pairs_go_together_and_do_not_keep_a_kind_from_coming_alone() {
        let kinds = Kind::value_variants().to_vec();
        let mut rounds = Rounds::of(kinds.clone(), false, Dice::new(7));
        let (mut pairs, mut alone) = (0, Vec::new());
        while alone.len() < kinds.len() {
            match rounds.next().as_slice() {
                [one] => alone.push(*one),
                [one, other] => {
                    assert!(one.goes_with(*other) && other.goes_with(*one));
                    pairs += 1;
                }
                other => panic!("{other:?}"),
            }
        }
        alone.sort_unstable();
        assert_eq!(alone, kinds);
        assert!(pairs > 2, "{pairs}");
    }
}
