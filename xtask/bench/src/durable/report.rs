//! What was found about durable sends, for people and for programs.

use std::fmt;

use serde_json::{Map, Value, json};

use super::{ARRAY, CLIENTS, Report, Rounds};
use crate::Findings;
use crate::figures::{median, rounded};
use crate::latency::Latency;
use crate::sends::{Acknowledged, Round};

fn rates(rounds: &[Round]) -> Vec<f64> {
    rounds.iter().map(Round::per_second).collect()
}

impl Rounds {
    /// How many sends are acknowledged for each row of `pgbench`.
    fn ratio(&self, of: &[Round]) -> f64 {
        median(&rates(of)) / median(&self.plain)
    }
}

impl Findings for Report {
    fn json(&self) -> Value {
        let Rounds {
            plain,
            direct,
            broker,
            arrays,
        } = &self.rounds;
        let latencies: Map<String, Value> = self.latencies.iter().map(latency).collect();
        json!({
            "ratio": rounded(self.rounds.ratio(direct), 2),
            "ratio_broker": rounded(self.rounds.ratio(broker), 2),
            "ratio_broker_arrays": rounded(self.rounds.ratio(arrays), 2),
            "pgbench": figures(plain),
            "direct": side(direct),
            "broker": side(broker),
            "broker_arrays": side(arrays),
            "clients": CLIENTS,
            "array": ARRAY,
            "row_bytes": self.row,
            "latency_ms": latencies,
        })
    }
}

fn figures(rounds: &[f64]) -> Value {
    let each: Vec<f64> = rounds.iter().map(|one| one.round()).collect();
    json!({ "per_second": median(rounds).round(), "rounds": each })
}

fn side(rounds: &[Round]) -> Value {
    let mut all = Acknowledged::default();
    for round in rounds {
        all.add(round.acknowledged);
    }
    let draining = rounds.iter().map(|round| round.draining.as_secs_f64());
    let mut side = figures(&rates(rounds));
    side["answered_201"] = all.stored.into();
    side["answered_202"] = all.queued.into();
    side["longest_drain_seconds"] = rounded(draining.fold(0.0, f64::max), 2).into();
    side
}

fn latency(latency: &Latency) -> (String, Value) {
    let times = &latency.times;
    let figures = json!({
        "p50": rounded(times.percentile(50), 3),
        "p99": rounded(times.percentile(99), 3),
        "max": rounded(times.percentile(100), 3),
        "messages": times.count(),
        "answered_202": latency.acknowledged.queued,
    });
    (format!("at_{:.0}_per_second", latency.per_second), figures)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Rounds {
            plain,
            direct,
            broker,
            arrays,
        } = &self.rounds;
        writeln!(
            f,
            "A second, with {CLIENTS} clients: rows of {} bytes that pgbench commits one by one, and \
             sends acknowledged over HTTP:",
            self.row
        )?;
        writeln!(
            f,
            "{:>8} {:>10} {:>17} {:>17} {:>17}",
            "round",
            "pgbench",
            "direct",
            "RabbitMQ",
            format!("arrays of {ARRAY}")
        )?;
        for (number, rows) in plain.iter().enumerate() {
            write!(f, "{:>8} {rows:>10.0}", number + 1)?;
            for rounds in [direct, broker, arrays] {
                let sends = rounds[number].per_second();
                write!(f, " {sends:>9.0} × {:<5.2}", sends / rows)?;
            }
            writeln!(f)?;
        }
        write!(f, "{:>8} {:>10.0}", "median", median(plain))?;
        for rounds in [direct, broker, arrays] {
            let middle = median(&rates(rounds));
            write!(f, " {middle:>9.0} × {:<5.2}", self.rounds.ratio(rounds))?;
        }
        writeln!(f)?;
        for (name, rounds) in [("RabbitMQ", broker), ("arrays", arrays)] {
            let side = side(rounds);
            writeln!(
                f,
                "{name}: {} answered 201 (committed), {} 202 (on the broker's disk); all were stored \
                 {} s after the last answer at most",
                side["answered_201"], side["answered_202"], side["longest_drain_seconds"]
            )?;
        }
        writeln!(
            f,
            "From send at one node to arrival on a stream of another:"
        )?;
        for latency in &self.latencies {
            let at = |percent| latency.times.percentile(percent);
            writeln!(
                f,
                "     at {:.0} messages a second: p50 {:.2} ms, p99 {:.2} ms, longest {:.2} ms",
                latency.per_second,
                at(50),
                at(99),
                at(100)
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn round(stored: u64, queued: u64) -> Round {
        Round {
            acknowledged: Acknowledged { stored, queued },
            sending: Duration::from_secs(2),
            draining: Duration::from_millis(queued),
        }
    }

    #[test]
    fn ratios_are_of_medians_and_count_both_answers() {
        let report = Report {
            rounds: Rounds {
                plain: vec![100.0, 50.0, 1_000.0],
                direct: vec![round(400, 0); 3],
                broker: vec![round(100, 0), round(40, 60), round(200, 200)],
                arrays: vec![round(1_600, 0); 3],
            },
            row: 400,
            latencies: Vec::new(),
        };
        let json = report.json();
        assert_eq!(json["ratio"], 2.0);
        assert_eq!(json["ratio_broker"], 0.5);
        assert_eq!(json["ratio_broker_arrays"], 8.0);
        assert_eq!(json["broker"]["answered_201"], 340);
        assert_eq!(json["broker"]["answered_202"], 260);
        assert_eq!(json["broker"]["longest_drain_seconds"], 0.2);
    }
}
