//! What a run came to.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use crate::checker::Findings;
use crate::faults::{Round, by_kind};
use crate::violation::Breach;

pub struct Report {
    pub seed: u64,
    pub seconds: u64,
    pub findings: Findings,
    pub rounds: Vec<Round>,
}

impl Report {
    pub fn is_clean(&self) -> bool {
        self.findings.violations.is_empty()
    }

    /// The promises that were seen broken.
    pub fn broken(&self) -> Vec<&'static str> {
        let found = self.findings.violations.iter();
        let promises: BTreeSet<_> = found
            .flat_map(|violation| violation.breach.promises())
            .copied()
            .collect();
        promises.into_iter().collect()
    }

    pub fn json(&self) -> Value {
        let count = |breach| self.findings.count(breach);
        let faults = by_kind(&self.rounds);
        let faults = faults.into_iter().map(|(kind, toll)| {
            json!({
                "kind": kind.name(),
                "times": toll.times,
                "longest_recovery_ms": toll.recovered.as_millis(),
                "longest_wait_ms": toll.waited.as_millis(),
            })
        });
        json!({
            "accepted": self.findings.accepted,
            "lost": count(Breach::Lost),
            "missing": count(Breach::Missing),
            "duplicated": count(Breach::Duplicated),
            "reordered": count(Breach::Reordered),
            "leaked": count(Breach::Leaked),
            "differing": count(Breach::Differing),
            "moved_back": count(Breach::MovedBack),
            "stuck": count(Breach::Stuck),
            "broken": self.broken(),
            "faults": faults.collect::<Vec<_>>(),
            "longest_recovery_ms": self.longest().as_millis(),
            "queued": self.findings.queued,
            "refused": self.findings.refused,
            "events": self.findings.events,
            "in_browsers": self.findings.in_browsers,
            "seconds": self.seconds,
            "seed": self.seed,
        })
    }

    fn longest(&self) -> Duration {
        let recovered = self.rounds.iter().filter_map(|round| round.recovered);
        recovered.max().unwrap_or_default()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |breach| self.findings.count(breach);
        for (kind, toll) in by_kind(&self.rounds) {
            writeln!(
                f,
                "{:<18} {:>3} times, recovered within {:>5.1} s, longest wait {:>5.1} s",
                kind.name(),
                toll.times,
                toll.recovered.as_secs_f64(),
                toll.waited.as_secs_f64()
            )?;
        }
        writeln!(
            f,
            "{} events, {} commands refused, {} answered with 202 at some time, {} written in browsers",
            self.findings.events,
            self.findings.refused,
            self.findings.queued,
            self.findings.in_browsers
        )?;
        for (what, breach) in [
            ("missing in histories", Breach::Missing),
            ("histories differing", Breach::Differing),
            ("read positions moved back", Breach::MovedBack),
            ("stuck", Breach::Stuck),
        ] {
            if count(breach) > 0 {
                writeln!(f, "{what}: {}", count(breach))?;
            }
        }
        writeln!(
            f,
            "accepted {}, lost {}, duplicated {}, reordered {}, leaked {}; longest recovery {:.1} s",
            self.findings.accepted,
            count(Breach::Lost),
            count(Breach::Duplicated),
            count(Breach::Reordered),
            count(Breach::Leaked),
            self.longest().as_secs_f64()
        )
    }
}
