//! What was found, for people and for programs.

use std::fmt;

use serde_json::{Value, json};

use crate::SENDERS;
use crate::latency::{Latency, RATE};

pub struct Report {
    pub rounds: Rounds,
    pub latency: Latency,
}

/// Figures a second, of each round.
#[derive(Default)]
pub struct Rounds {
    /// Sends acknowledged over HTTP.
    pub ours: Vec<f64>,
    /// Rows committed by SQLite, one by one.
    pub sqlite: Vec<f64>,
}

impl Rounds {
    fn ratio(&self) -> f64 {
        median(&self.ours) / median(&self.sqlite)
    }
}

impl Report {
    pub fn json(&self) -> Value {
        let side = |rounds: &[f64]| {
            let rounded: Vec<f64> = rounds.iter().map(|one| one.round()).collect();
            json!({ "per_second": median(rounds).round(), "rounds": rounded })
        };
        json!({
            "ratio": (self.rounds.ratio() * 100.0).round() / 100.0,
            "sends": side(&self.rounds.ours),
            "sqlite": side(&self.rounds.sqlite),
            "senders": SENDERS,
            "latency_ms": {
                "p50": self.latency.percentile(50),
                "p99": self.latency.percentile(99),
                "max": self.latency.percentile(100),
                "messages": self.latency.messages(),
                "per_second": RATE,
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
            "From send to arrival on another stream, at {RATE} messages a second:"
        )?;
        let at = |percent| self.latency.percentile(percent);
        let (half, most, longest) = (at(50), at(99), at(100));
        writeln!(
            f,
            "     p50 {half:.2} ms, p99 {most:.2} ms, longest {longest:.2} ms"
        )
    }
}

/// The one in the middle; of an even number the upper of the two.
fn median(of: &[f64]) -> f64 {
    let mut sorted = of.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
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
