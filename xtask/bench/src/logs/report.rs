//! What was found about logs, for people and for programs.

use std::fmt;

use serde_json::{Value, json};

use super::{MESSAGES, Report};
use crate::Findings;
use crate::figures::{Times, count, median, rounded};

impl Report {
    /// The 99th percentile without the broker, against that with it: of the medians of all rounds.
    fn ratio(&self) -> f64 {
        middle(&self.gone, 99) / middle(&self.there, 99)
    }

    /// Most that the server held with the broker there, and without, in megabytes.
    fn megabytes(&self) -> [f64; 2] {
        self.memory.map(|bytes| count(bytes) / 1e6)
    }
}

/// The median, over all rounds, of how long so many of a hundred took at most, in milliseconds.
fn middle(rounds: &[Times], percent: usize) -> f64 {
    let each: Vec<f64> = rounds
        .iter()
        .map(|times| times.percentile(percent))
        .collect();
    median(&each)
}

impl Findings for Report {
    fn json(&self) -> Value {
        let [there, gone] = self.megabytes();
        json!({
            "ratio": rounded(self.ratio(), 2),
            "there_p99_ms": rounded(middle(&self.there, 99), 3),
            "gone_p99_ms": rounded(middle(&self.gone, 99), 3),
            "there_p50_ms": rounded(middle(&self.there, 50), 3),
            "gone_p50_ms": rounded(middle(&self.gone, 50), 3),
            "messages_per_second": MESSAGES,
            "lines_sent": self.sent,
            "lines_dropped": self.dropped,
            "lines_waited": self.waited,
            "there_mb": rounded(there, 1),
            "gone_mb": rounded(gone, 1),
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "From send to arrival on another stream, at {MESSAGES:.0} messages a second, in ms:"
        )?;
        writeln!(f, "{:>14} {:>8} {:>8} {:>10}", "", "p50", "p99", "memory")?;
        let sides = [("Kafka there", &self.there), ("Kafka gone", &self.gone)];
        for ((label, rounds), memory) in sides.into_iter().zip(self.megabytes()) {
            let (half, most) = (middle(rounds, 50), middle(rounds, 99));
            writeln!(f, "{label:>14} {half:>8.2} {most:>8.2} {memory:>7.0} MB")?;
        }
        writeln!(f, "{:>14} {:>8} {:>7.2}×", "", "", self.ratio())?;
        let (sent, dropped, waited) = (self.sent, self.dropped, self.waited);
        writeln!(
            f,
            "{sent:.0} log lines were sent, {waited:.0} of them once Kafka was back; {dropped:.0} did not fit."
        )
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_ratio_is_of_the_medians_of_the_slowest() {
        let rounds = |millis: [u64; 3]| {
            let one = |millis| [Duration::from_millis(millis)].into_iter().collect();
            millis.map(one).into_iter().collect::<Vec<Times>>()
        };
        let report = Report {
            there: rounds([1, 2, 90]),
            gone: rounds([3, 80, 2]),
            memory: [50_000_000, 60_000_000],
            ..Report::default()
        };
        assert!((report.ratio() - 1.5).abs() < 1e-9);
        assert!((report.megabytes()[1] - 60.0).abs() < 1e-9);
    }
}
