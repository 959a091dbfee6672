//! What was found about a peak, for people and for programs.

use std::fmt;

use serde_json::{Value, json};

use super::{Answered, NODES, Report, TIMES};
use crate::Findings;
use crate::figures::{count, rounded};

impl Answered {
    /// Accepted commands a second.
    fn rate(&self) -> f64 {
        count(self.acknowledged.all()) / self.took.as_secs_f64()
    }

    fn json(&self) -> Value {
        json!({
            "per_second_wanted": self.per_second.round(),
            "per_second": self.rate().round(),
            "seconds": rounded(self.took.as_secs_f64(), 1),
            "answered_201": self.acknowledged.stored,
            "answered_202": self.acknowledged.queued,
            "not_accepted": self.refused,
            "answer_ms": {
                "p50": rounded(self.times.percentile(50), 3),
                "p99": rounded(self.times.percentile(99), 3),
                "max": rounded(self.times.percentile(100), 3),
            },
        })
    }
}

impl Report {
    fn p99_ratio(&self) -> f64 {
        self.peak.times.percentile(99) / self.normal.times.percentile(99)
    }

    /// The most memory of a node, in megabytes: at a normal rate, in the peak, while it drained.
    fn memory(&self) -> [f64; 3] {
        let marks = &self.marks;
        let spans = [
            (marks.start, marks.peak.0),
            marks.peak,
            (marks.peak.1, marks.end),
        ];
        let most = |(from, until)| count(self.samples.most_memory(from, until)) / 1e6;
        spans.map(|span| most(span).round())
    }
}

impl Findings for Report {
    fn json(&self) -> Value {
        let verdict = self.verdict;
        let [normal, peak, draining] = self.memory();
        json!({
            "times": TIMES,
            "throttled_per_second": rounded(self.capacity, 1),
            "normal": self.normal.json(),
            "peak": self.peak.json(),
            "p99_ratio": rounded(self.p99_ratio(), 2),
            "committed_per_second_while_throttled": rounded(self.rate_out, 1),
            "queue_most": self.samples.deepest().round(),
            "drained_seconds_after_peak": rounded(self.draining.as_secs_f64(), 1),
            "memory_mb": { "normal": normal, "peak": peak, "draining": draining },
            "nodes": NODES,
            "accepted": verdict.accepted,
            "lost": verdict.lost,
            "duplicated": verdict.duplicated,
            "reordered": verdict.reordered,
            "logs_with_gaps": verdict.with_gaps,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Postgres throttled by a trigger: it commits {:.0} messages a second.",
            self.capacity
        )?;
        for (name, answered) in [("normal", &self.normal), ("peak", &self.peak)] {
            let at = |percent| answered.times.percentile(percent);
            writeln!(
                f,
                "{name:>8}: {:.0} a second for {:.0} s; {} answered 201, {} 202, {} not accepted; \
                 answers p50 {:.2} ms, p99 {:.2} ms",
                answered.rate(),
                answered.took.as_secs_f64(),
                answered.acknowledged.stored,
                answered.acknowledged.queued,
                answered.refused,
                at(50),
                at(99)
            )?;
        }
        writeln!(
            f,
            "{:>8}: × {:.2} of p99; {:.0} a second committed meanwhile; {:.0} waited at most, and all \
             were stored {:.0} s after the peak",
            "",
            self.p99_ratio(),
            self.rate_out,
            self.samples.deepest(),
            self.draining.as_secs_f64()
        )?;
        let [normal, peak, draining] = self.memory();
        writeln!(
            f,
            "  memory: a node held {normal:.0} MB at most before, {peak:.0} MB in the peak, \
             {draining:.0} MB after it"
        )?;
        let verdict = self.verdict;
        writeln!(
            f,
            "accepted {}, lost {}, duplicated {}, reordered {}, logs with gaps {}",
            verdict.accepted,
            verdict.lost,
            verdict.duplicated,
            verdict.reordered,
            verdict.with_gaps
        )
    }
}
