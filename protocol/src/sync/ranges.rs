//! Sets of seqs, as closed stretches.

use serde::{Deserialize, Serialize};

use crate::ids::Seq;

/// A set of seqs, kept as sorted closed ranges that neither overlap nor touch.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ranges(Vec<(Seq, Seq)>);

impl Ranges {
    /// The stretches, lowest first, both ends included.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (Seq, Seq)> + '_ {
        self.0.iter().copied()
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The highest seq in it.
    pub fn top(&self) -> Option<Seq> {
        self.0.last().map(|range| range.1)
    }

    /// Whether `seq` is in it.
    pub fn contains(&self, seq: Seq) -> bool {
        let after = self.0.partition_point(|range| range.0 <= seq);
        after > 0 && self.0[after - 1].1 >= seq
    }

    /// Whether all from `from` to `to` is in it.
    pub fn covers(&self, from: Seq, to: Seq) -> bool {
        if from > to {
            return true;
        }
        let after = self.0.partition_point(|range| range.0 <= from);
        after > 0 && self.0[after - 1].1 >= to
    }

    /// Adds all from `from` to `to`, both included; nothing if `from > to`.
    pub fn insert(&mut self, from: Seq, to: Seq) {
        if from > to {
            return;
        }
        let first = self
            .0
            .partition_point(|range| range.1.saturating_add(1) < from);
        let last = self
            .0
            .partition_point(|range| range.0 <= to.saturating_add(1));
        let joined = self.0[first..last]
            .iter()
            .fold((from, to), |joined, range| {
                (joined.0.min(range.0), joined.1.max(range.1))
            });
        self.0.splice(first..last, [joined]);
    }

    /// Takes out all from `from` to `to`, both included.
    pub fn remove(&mut self, from: Seq, to: Seq) {
        if from > to {
            return;
        }
        self.0 = self
            .0
            .iter()
            .flat_map(|&(low, high)| {
                let below = (low, high.min(from.saturating_sub(1)));
                let above = (low.max(to.saturating_add(1)), high);
                if high < from || low > to {
                    [Some((low, high)), None]
                } else {
                    [
                        (low < from && below.0 <= below.1).then_some(below),
                        (high > to && above.0 <= above.1).then_some(above),
                    ]
                }
            })
            .flatten()
            .collect();
    }

    /// The parts of it between `from` and `to`.
    pub fn clip(&self, from: Seq, to: Seq) -> impl DoubleEndedIterator<Item = (Seq, Seq)> + '_ {
        self.iter()
            .map(move |(low, high)| (low.max(from), high.min(to)))
            .filter(|(low, high)| low <= high)
    }

    /// The lowest stretch between `from` and `to` that is not in it.
    pub fn first_gap(&self, from: Seq, to: Seq) -> Option<(Seq, Seq)> {
        let mut next = from;
        for (low, high) in self.clip(from, to) {
            if low > next {
                return Some((next, low - 1));
            }
            next = high.saturating_add(1);
        }
        (next <= to).then_some((next, to))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone)]
    enum Step {
        Insert(Seq, Seq),
        Remove(Seq, Seq),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let bounds = (0u64..40, 0u64..12).prop_map(|(from, length)| (from, from + length));
        let step = (any::<bool>(), bounds).prop_map(|(add, (a, b))| {
            if add {
                Step::Insert(a, b)
            } else {
                Step::Remove(a, b)
            }
        });
        prop::collection::vec(step, 0..40)
    }

    proptest! {
        #[test]
        fn is_a_set_of_seqs(steps in steps()) {
            let (mut ranges, mut model) = (Ranges::default(), BTreeSet::new());
            for step in steps {
                match step {
                    Step::Insert(a, b) => { ranges.insert(a, b); model.extend(a..=b); }
                    Step::Remove(a, b) => { ranges.remove(a, b); model.retain(|s| *s < a || *s > b); }
                }
                let held: BTreeSet<_> = ranges.iter().flat_map(|(a, b)| a..=b).collect();
                prop_assert_eq!(&held, &model);
                let all: Vec<_> = ranges.iter().collect();
                prop_assert!(all.windows(2).all(|pair| pair[0].1 + 1 < pair[1].0), "{all:?}");
                for seq in 0..60 {
                    prop_assert_eq!(ranges.contains(seq), model.contains(&seq));
                }
                let gap = (3..=50).find(|seq| !model.contains(seq));
                prop_assert_eq!(ranges.first_gap(3, 50).map(|gap| gap.0), gap);
                prop_assert_eq!(ranges.covers(5, 9), (5..=9).all(|seq| model.contains(&seq)));
            }
        }
    }
}
