//! The only source of chance: a seed repeats a run's choices, though not its timing.

use std::ops::Range;

/// `SplitMix64` (Steele, Lea, Flood, 2014).
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// Another one, whose rolls have nothing to do with this one's.
    pub fn split(&mut self) -> Self {
        Self::new(self.roll())
    }

    /// A number in a range that is not empty.
    pub fn within(&mut self, range: Range<u64>) -> u64 {
        range.start + self.roll() % (range.end - range.start).max(1)
    }

    /// A number below `sides`.
    pub fn below(&mut self, sides: usize) -> usize {
        let rolled = self.roll() % u64::try_from(sides).unwrap_or(u64::MAX).max(1);
        usize::try_from(rolled).unwrap_or(0)
    }

    /// Whether something with a chance of so many in a hundred happens.
    pub fn percent(&mut self, chance: u64) -> bool {
        self.roll() % 100 < chance
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        if from.is_empty() {
            return None;
        }
        from.get(self.below(from.len()))
    }

    pub fn shuffle<T>(&mut self, all: &mut [T]) {
        for last in (1..all.len()).rev() {
            all.swap(last, self.below(last + 1));
        }
    }

    pub fn bytes(&mut self) -> [u8; 10] {
        std::array::from_fn(|_| self.roll().to_le_bytes()[0])
    }
}
