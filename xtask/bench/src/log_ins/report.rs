//! What was found about log-ins, for people and for programs.

use std::fmt;

use serde_json::{Value, json};

use super::{AT_ONCE, MESSAGES, Report};
use crate::Findings;
use crate::figures::{Times, count, median, rounded};

impl Report {
    /// The 99th percentile with log-ins, against that without: of the medians of all rounds.
    fn ratio(&self) -> f64 {
        middle(&self.loaded, 99) / middle(&self.idle, 99)
    }

    /// How many log-ins a second were answered so.
    fn per_second(&self, status: u16) -> f64 {
        let answers = self.log_ins.get(&status).copied().unwrap_or_default();
        count(answers) / self.time.as_secs_f64()
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
        json!({
            "ratio": rounded(self.ratio(), 2),
            "idle_p99_ms": rounded(middle(&self.idle, 99), 3),
            "loaded_p99_ms": rounded(middle(&self.loaded, 99), 3),
            "idle_p50_ms": rounded(middle(&self.idle, 50), 3),
            "loaded_p50_ms": rounded(middle(&self.loaded, 50), 3),
            "messages_per_second": MESSAGES,
            "log_ins_at_once": AT_ONCE,
            "refused_per_second": self.per_second(401).round(),
            "put_off_per_second": self.per_second(503).round(),
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "From send to arrival on another stream, at {MESSAGES:.0} messages a second, in ms:"
        )?;
        writeln!(f, "{:>24} {:>8} {:>8}", "", "p50", "p99")?;
        let at_once = format!("with {AT_ONCE} log-ins at once");
        for (label, rounds) in [
            ("without log-ins", &self.idle),
            (at_once.as_str(), &self.loaded),
        ] {
            let (half, most) = (middle(rounds, 50), middle(rounds, 99));
            writeln!(f, "{label:>24} {half:>8.2} {most:>8.2}")?;
        }
        writeln!(f, "{:>24} {:>8} {:>7.2}×", "", "", self.ratio())?;
        let (wrong, later) = (self.per_second(401), self.per_second(503));
        writeln!(
            f,
            "Each second {wrong:.0} passwords were found wrong, and {later:.0} log-ins put off."
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
            idle: rounds([1, 2, 90]),
            loaded: rounds([3, 80, 2]),
            log_ins: [(401, 50)].into(),
            time: Duration::from_secs(10),
        };
        assert!((report.ratio() - 1.5).abs() < 1e-9);
        assert!((report.per_second(401) - 5.0).abs() < 1e-9);
        assert!(report.per_second(503).abs() < 1e-9);
    }
}
