//! `embedded`: one process and one SQLite file.
//!
//! - How many sends a second are acknowledged over HTTP, and how many rows a second plain SQLite
//!   commits one by one on the same file system, in rounds by turns;
//! - how long a message takes from being sent to arriving on another person's stream.

mod report;

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use tokio::runtime::Runtime;

use crate::Bench;
use crate::latency::{self, Latency};
use crate::people::{self, Pair};
use crate::sends;
use crate::server::Server;
use crate::sqlite::Plain;
use crate::timetable::Timetable;

/// How many people send, each in a conversation of their own.
const SENDERS: usize = 64;

/// How often each side is measured.
const ROUNDS: usize = 5;

/// How long a round takes.
const ROUND: Duration = Duration::from_secs(4);

/// How long each side runs first, without being counted.
const WARM_UP: Duration = Duration::from_secs(2);

/// When messages are sent whose way is timed.
const MESSAGES: Timetable = Timetable {
    per_second: 200.0,
    time: Duration::from_secs(20),
};

pub struct Report {
    rounds: Rounds,
    latency: Latency,
}

/// Figures a second, of each round.
#[derive(Default)]
struct Rounds {
    /// Sends acknowledged over HTTP.
    ours: Vec<f64>,
    /// Rows committed by SQLite, one by one.
    sqlite: Vec<f64>,
}

/// # Errors
/// When something is not as it should be.
pub fn measure(bench: &Bench) -> Result<Report> {
    let round = bench.seconds.unwrap_or(ROUND);
    let server = Server::start(&bench.server, &bench.folder.join("data"), &[])?;
    let pairs = bench
        .runtime
        .block_on(people::pairs(&[server.address()], SENDERS))?;
    let rounds = by_turns(
        &bench.runtime,
        &pairs,
        &bench.folder.join("plain.db"),
        round,
    )?;
    eprintln!("  … messages a person at a time");
    let latency = bench.runtime.block_on(latency::measure(&pairs, MESSAGES))?;
    Ok(Report { rounds, latency })
}

/// Ours, SQLite, ours, SQLite …: what slows the machine down for a while slows both.
fn by_turns(runtime: &Runtime, pairs: &[Pair], file: &Path, time: Duration) -> Result<Rounds> {
    let plain = Plain::open(file)?;
    runtime.block_on(sends::round(pairs, WARM_UP, 1))?;
    plain.round(WARM_UP)?;
    let mut rounds = Rounds::default();
    for round in 1..=ROUNDS {
        let ours = runtime.block_on(sends::round(pairs, time, 1))?.per_second();
        let sqlite = plain.round(time)?;
        eprintln!("  … round {round} of {ROUNDS}: {ours:.0} sends, {sqlite:.0} rows a second");
        rounds.ours.push(ours);
        rounds.sqlite.push(sqlite);
    }
    Ok(rounds)
}
