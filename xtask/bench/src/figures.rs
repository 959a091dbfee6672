//! What many measurements come to.

use std::time::Duration;

/// The one in the middle; of an even number the upper of the two.
pub fn median(of: &[f64]) -> f64 {
    let mut sorted = of.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// To so many digits behind the point: more than that is chance.
pub fn rounded(figure: f64, digits: i32) -> f64 {
    let shift = 10_f64.powi(digits);
    (figure * shift).round() / shift
}

/// A number of things, to be divided by another.
#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
pub fn count(things: u64) -> f64 {
    things as f64
}

/// How long each of many things took, the shortest first.
#[derive(Default)]
pub struct Times(Vec<Duration>);

impl Times {
    /// How many were measured.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// How long so many of a hundred took at most, in milliseconds; 0 where none was measured.
    pub fn percentile(&self, percent: usize) -> f64 {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0
            .get(rank - 1)
            .map_or(0.0, |time| time.as_secs_f64() * 1_000.0)
    }
}

impl FromIterator<Duration> for Times {
    fn from_iter<T: IntoIterator<Item = Duration>>(times: T) -> Self {
        let mut sorted: Vec<Duration> = times.into_iter().collect();
        sorted.sort_unstable();
        Self(sorted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let times: Times = (1..=200).rev().map(Duration::from_millis).collect();
        assert!((times.percentile(50) - 100.0).abs() < 1e-9);
        assert!((times.percentile(99) - 198.0).abs() < 1e-9);
        assert!((times.percentile(100) - 200.0).abs() < 1e-9);
        assert!(Times::default().percentile(50).abs() < 1e-9);
    }

    #[test]
    fn a_median_is_one_of_the_figures() {
        assert!((median(&[9.0, 1.0, 8.0]) - 8.0).abs() < 1e-9);
        assert!((median(&[4.0, 2.0]) - 4.0).abs() < 1e-9);
        assert!(median(&[]).abs() < 1e-9);
    }
}
