//! `durable`: what waits for Postgres's disk, against `pgbench` on the same Postgres in the same run.
//!
//! In rounds by turns, with 64 clients each:
//! - single rows that `pgbench` commits, each of the size of what a send stores;
//! - sends to one node that stores them straight in Postgres;
//! - sends to one node by way of RabbitMQ, and the same in arrays of 16.
//!
//! Then how long a message takes from being sent at one node to arriving on a stream of another.

mod plain;
mod report;

use std::time::Duration;

use anyhow::Result;

use crate::Bench;
use crate::cluster::Cluster;
use crate::latency::{self, Latency};
use crate::people::{self, Pair};
use crate::sends::{self, Round};
use crate::timetable::Timetable;
use plain::Plain;

/// How many clients there are on each side; each sender sends in a conversation of their own.
const CLIENTS: usize = 64;

/// How often each side is measured.
const ROUNDS: usize = 5;

/// How long a round takes, unless it was said.
const ROUND: Duration = Duration::from_secs(5);

/// How long each side runs first, without being counted.
const WARM_UP: Duration = Duration::from_secs(2);

/// How many commands there are in an array: the most that the server takes.
const ARRAY: usize = 16;

/// At how many messages a second their way is timed.
const RATES: [f64; 2] = [200.0, 1_000.0];

/// For how many rounds' time.
const TIMED: u32 = 4;

/// How long two nodes may take to share the queues: they look every three seconds.
const SHARED: Duration = Duration::from_secs(8);

pub struct Report {
    rounds: Rounds,
    /// Bytes of what one send stores, and of a row of `pgbench`.
    row: u64,
    latencies: Vec<Latency>,
}

/// What each round found.
#[derive(Default)]
struct Rounds {
    /// Rows a second that `pgbench` commits.
    plain: Vec<f64>,
    /// Sends straight into Postgres.
    direct: Vec<Round>,
    /// Sends by way of RabbitMQ.
    broker: Vec<Round>,
    /// The same in arrays.
    arrays: Vec<Round>,
}

/// # Errors
/// When something is not acknowledged, or other than what was is stored.
pub fn measure(bench: &Bench) -> Result<Report> {
    let round = bench.seconds.unwrap_or(ROUND);
    let runtime = &bench.runtime;
    let cluster = Cluster::start(bench.server.clone(), bench.folder.clone())?;
    for database in ["direct", "queued", "plain"] {
        cluster.postgres.create_database(database)?;
    }
    let single = cluster.single("direct")?;
    let first = cluster.node(runtime, "queued", 1, &[])?;
    let direct = runtime.block_on(people::pairs(&[single.address()], CLIENTS))?;
    let mut queued = runtime.block_on(people::pairs(&[first.address()], CLIENTS))?;

    eprintln!("  … warm up");
    for (pairs, commands) in [(&direct, 1), (&queued, 1), (&queued, ARRAY)] {
        runtime.block_on(sends::round(pairs, WARM_UP, commands))?;
    }
    let row = plain::bytes_of_a_send(&cluster.postgres, "direct")?;
    let plain = Plain::prepare(&cluster.postgres, "plain", row)?;
    plain.round(CLIENTS, WARM_UP)?;
    let rounds = by_turns(bench, &plain, &direct, &queued, round)?;
    drop(single);

    let second = cluster.node(runtime, "queued", 2, &[])?;
    for pair in &mut queued {
        pair.receiver.at = second.address();
    }
    runtime.block_on(sends::round(&queued, SHARED, 1))?;
    let mut latencies = Vec::new();
    for per_second in RATES {
        eprintln!("  … from one node to another, {per_second:.0} messages a second");
        let time = round * TIMED;
        let timetable = Timetable { per_second, time };
        latencies.push(runtime.block_on(latency::measure(&queued, timetable))?);
    }
    Ok(Report {
        rounds,
        row,
        latencies,
    })
}

/// What slows the machine down for a while slows all.
fn by_turns(
    bench: &Bench,
    plain: &Plain,
    direct: &[Pair],
    queued: &[Pair],
    time: Duration,
) -> Result<Rounds> {
    let ours = |pairs, commands| bench.runtime.block_on(sends::round(pairs, time, commands));
    let mut rounds = Rounds::default();
    for number in 1..=ROUNDS {
        let rows = plain.round(CLIENTS, time)?;
        let straight = ours(direct, 1)?;
        let broker = ours(queued, 1)?;
        let arrays = ours(queued, ARRAY)?;
        eprintln!(
            "  … round {number} of {ROUNDS}: {rows:.0} rows, {:.0} sends, {:.0} by RabbitMQ, {:.0} in arrays a second",
            straight.per_second(),
            broker.per_second(),
            arrays.per_second()
        );
        rounds.plain.push(rows);
        rounds.direct.push(straight);
        rounds.broker.push(broker);
        rounds.arrays.push(arrays);
    }
    Ok(rounds)
}
