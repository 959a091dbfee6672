//! Measures the embedded form: `bench SERVER PARENT [--json]`.
//!
//! It starts the program SERVER with its data in a new folder in PARENT, and prints
//! - how many sends a second are acknowledged over HTTP, and how many rows a second plain SQLite
//!   commits one by one on the same file system, in rounds by turns;
//! - how long a message takes from being sent to arriving on another person's stream.
//!
//! All times are of this one run: on another machine only the ratio says something.

mod connection;
mod latency;
mod people;
mod report;
mod sends;
mod server;
mod sqlite;

use std::env;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};

use people::Pair;
use report::{Report, Rounds};
use server::Server;
use sqlite::Plain;

/// How many people send, each in a conversation of their own.
const SENDERS: usize = 64;

/// How often each side is measured.
const ROUNDS: usize = 5;

/// How long a round takes.
const ROUND: Duration = Duration::from_secs(4);

/// How long each side runs first, without being counted.
const WARM_UP: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let measured = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [server, parent] => {
            measure(Path::new(server), Path::new(parent)).map(|found| (found, false))
        }
        [server, parent, "--json"] => {
            measure(Path::new(server), Path::new(parent)).map(|found| (found, true))
        }
        _ => Err(anyhow::anyhow!("usage: bench SERVER PARENT [--json]")),
    };
    match measured {
        Ok((report, json)) => {
            print!("{report}");
            if json {
                println!("{}", report.json());
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn measure(server: &Path, parent: &Path) -> Result<Report> {
    // One thread for all clients: they take as little of the machine from the server as they can.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let folder = tempfile::Builder::new()
        .prefix("bench-")
        .tempdir_in(parent)
        .with_context(|| format!("{} cannot be written to", parent.display()))?;
    let server = Server::start(server, &folder.path().join("data"))?;
    eprintln!("  … {SENDERS} pairs of people get to know each other");
    let pairs = runtime.block_on(people::pairs(server.address(), SENDERS))?;
    let rounds = by_turns(&runtime, &pairs, &folder.path().join("plain.db"))?;
    eprintln!("  … messages a person at a time");
    let latency = runtime.block_on(latency::measure(&pairs))?;
    server.stop()?;
    Ok(Report { rounds, latency })
}

/// Ours, SQLite, ours, SQLite …: what slows the machine down for a while slows both.
fn by_turns(runtime: &tokio::runtime::Runtime, pairs: &[Pair], file: &Path) -> Result<Rounds> {
    let plain = Plain::open(file)?;
    runtime.block_on(sends::round(pairs, WARM_UP))?;
    plain.round(WARM_UP)?;
    let mut rounds = Rounds::default();
    for round in 1..=ROUNDS {
        let ours = runtime.block_on(sends::round(pairs, ROUND))?;
        let sqlite = plain.round(ROUND)?;
        eprintln!("  … round {round} of {ROUNDS}: {ours:.0} sends, {sqlite:.0} rows a second");
        rounds.ours.push(ours);
        rounds.sqlite.push(sqlite);
    }
    Ok(rounds)
}
