//! What was found about groups, for people and for programs.

use std::fmt;

use serde_json::{Map, Value, json};

use super::{NODES, ONLINE, Report, Round, SIZES, STREAMS};
use crate::Findings;
use crate::figures::{count, median, rounded};

impl Round {
    /// Milliseconds of processor time of all nodes for one message.
    fn cost(&self) -> f64 {
        self.time.as_secs_f64() * 1_000.0 / count(self.messages)
    }

    fn events_published(&self) -> f64 {
        count(self.events_published) / count(self.messages)
    }

    fn published(&self) -> f64 {
        count(self.published) / count(self.messages)
    }

    fn published_by_nodes(&self) -> f64 {
        self.published_by_nodes / count(self.messages)
    }
}

impl Report {
    /// The median over the rounds with so many members and streams.
    fn middle(&self, members: usize, streams: usize, of: fn(&Round) -> f64) -> f64 {
        let rounds = self.rounds.iter();
        let these = rounds.filter(|one| (one.members, one.streams) == (members, streams));
        median(&these.map(of).collect::<Vec<_>>())
    }

    /// How many times as much a message to the largest group costs as one to the smallest, with each
    /// member who is online on one stream.
    fn cost_ratio(&self) -> f64 {
        let cost = |members| self.middle(members, ONLINE, Round::cost);
        cost(SIZES[2]) / cost(SIZES[0])
    }

    /// Microseconds of processor time for one more stream.
    fn cost_of_a_stream(&self) -> f64 {
        let cost = |streams| self.middle(SIZES[1], streams, Round::cost);
        let more = f64::from(u32::try_from(STREAMS[2] - STREAMS[0]).unwrap_or(1));
        (cost(STREAMS[2]) - cost(STREAMS[0])) / more * 1_000.0
    }
}

impl Findings for Report {
    fn json(&self) -> Value {
        let cells = STREAMS.iter().flat_map(|streams| {
            SIZES.iter().map(move |members| {
                let middle =
                    |of: fn(&Round) -> f64| rounded(self.middle(*members, *streams, of), 3);
                json!({
                    "members": members,
                    "online": ONLINE,
                    "streams": streams,
                    "events_published_per_message": middle(Round::events_published),
                    "published_per_message": middle(Round::published),
                    "published_per_message_by_metrics": middle(Round::published_by_nodes),
                    "processor_ms_per_message": middle(Round::cost),
                })
            })
        });
        let idle = self.idle.iter().map(|(streams, time)| {
            let name = format!("with_{streams}_streams");
            (name, Value::from(rounded(*time, 1)))
        });
        json!({
            "nodes": NODES,
            "cost_ratio_5000_to_50_members": rounded(self.cost_ratio(), 2),
            "processor_us_per_further_stream": rounded(self.cost_of_a_stream(), 2),
            "idle_processor_ms_per_second": idle.collect::<Map<_, _>>(),
            "measured": cells.collect::<Vec<_>>(),
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "A message to a group over {NODES} nodes, of whose members {ONLINE} are online:"
        )?;
        writeln!(
            f,
            "{:>8} {:>8} {:>18} {:>18} {:>22}",
            "members", "streams", "events published", "all published", "processor time (ms)"
        )?;
        for streams in STREAMS {
            for members in SIZES {
                writeln!(
                    f,
                    "{members:>8} {streams:>8} {:>18.2} {:>18.2} {:>22.3}",
                    self.middle(members, streams, Round::events_published),
                    self.middle(members, streams, Round::published),
                    self.middle(members, streams, Round::cost)
                )?;
            }
        }
        for (streams, time) in &self.idle {
            writeln!(
                f,
                "Idle, with {streams} streams, all nodes together take {time:.1} ms a second."
            )?;
        }
        writeln!(
            f,
            "One of {} members costs × {:.2} of one of {}; one more stream costs {:.1} µs.",
            SIZES[2],
            self.cost_ratio(),
            SIZES[0],
            self.cost_of_a_stream()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn costs_are_medians_for_a_message() {
        let round = |members, streams, millis| Round {
            members,
            streams,
            messages: 100,
            events_published: 100,
            published: 200,
            published_by_nodes: 200.0,
            time: Duration::from_millis(millis),
        };
        let report = Report {
            rounds: vec![
                round(50, 50, 100),
                round(50, 50, 900),
                round(50, 50, 200),
                round(5_000, 50, 300),
                round(500, 10, 100),
                round(500, 200, 290),
            ],
            idle: vec![(10, 5.25)],
        };
        assert!((report.cost_ratio() - 1.5).abs() < 1e-9);
        assert!((report.cost_of_a_stream() - 10.0).abs() < 1e-9);
        let json = report.json();
        assert_eq!(json["measured"][3]["events_published_per_message"], 1.0);
        assert_eq!(json["idle_processor_ms_per_second"]["with_10_streams"], 5.3);
        assert_eq!(json["measured"][3]["published_per_message"], 2.0);
    }
}
