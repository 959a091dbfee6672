//! What was found about the embedded form, for people and for programs.

use std::fmt;

use serde_json::{Value, json};

use super::{Report, Rounds, SENDERS};
use crate::Findings;
use crate::figures::{median, rounded};

impl Rounds {
    fn ratio(&self) -> f64 {
        median(&self.ours) / median(&self.sqlite)
    }
}

impl Findings for Report {
    fn json(&self) -> Value {
        let side = |rounds: &[f64]| {
            let each: Vec<f64> = rounds.iter().map(|one| one.round()).collect();
            json!({ "per_second": median(rounds).round(), "rounds": each })
        };
        let times = &self.latency.times;
        json!({
            "ratio": rounded(self.rounds.ratio(), 2),
            "sends": side(&self.rounds.ours),
            "sqlite": side(&self.rounds.sqlite),
            "senders": SENDERS,
            "latency_ms": {
                "p50": times.percentile(50),
                "p99": times.percentile(99),
                "max": times.percentile(100),
                "messages": times.count(),
                "per_second": self.latency.per_second.round(),
            },
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Rounds { ours, sqlite } = &self.rounds;
        writeln!(
            f,
            "Sends acknowledged a second over HTTP ({SENDERS} senders in as many conversations), \
             and rows a second that SQLite commits one by one:"
        )?;
        writeln!(f, "{:>8} {:>10} {:>10}", "round", "sends", "SQLite")?;
        for (number, (ours, sqlite)) in ours.iter().zip(sqlite).enumerate() {
            let (round, ratio) = (number + 1, ours / sqlite);
            writeln!(f, "{round:>8} {ours:>10.0} {sqlite:>10.0}   × {ratio:.2}")?;
        }
        let (middle, rows) = (median(ours), median(sqlite));
        let ratio = self.rounds.ratio();
        writeln!(
            f,
            "{:>8} {middle:>10.0} {rows:>10.0}   × {ratio:.2}",
            "median"
        )?;
        writeln!(
            f,
            "From send to arrival on another stream, at {:.0} messages a second:",
            self.latency.per_second
        )?;
        let at = |percent| self.latency.times.percentile(percent);
        let (half, most, longest) = (at(50), at(99), at(100));
        writeln!(
            f,
            "     p50 {half:.2} ms, p99 {most:.2} ms, longest {longest:.2} ms"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_of_the_medians() {
        let rounds = Rounds {
            ours: vec![9.0, 1.0, 8.0],
            sqlite: vec![2.0, 4.0, 100.0],
        };
        assert!((rounds.ratio() - 2.0).abs() < 1e-9);
    }
}
