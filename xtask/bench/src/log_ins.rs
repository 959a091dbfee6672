//! `log-ins`: how long a message takes while a crowd is at the door.
//!
//! Messages go from person to person by a timetable, in rounds by turns without log-ins and with
//! them. Those have a wrong password each, for as many accounts, and whoever is refused tries again
//! at once: there are always so many on their way. Nothing is counted against them, so that every one
//! that the server takes costs it a whole hash of argon2id.

mod report;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
use tokio::task::JoinSet;

use crate::Bench;
use crate::connection::Connection;
use crate::figures::Times;
use crate::latency;
use crate::people::{self, Pair};
use crate::server::Server;
use crate::timetable::Timetable;

/// How many log-ins are always on their way.
const AT_ONCE: usize = 200;

/// How many people send, each in a conversation of their own.
const SENDERS: usize = 16;

/// How many messages are sent a second, over all.
const MESSAGES: f64 = 200.0;

/// How often each side is measured.
const ROUNDS: usize = 5;

/// How long a round takes.
const ROUND: Duration = Duration::from_secs(8);

/// How many log-ins were answered by each status.
type Answers = BTreeMap<u16, u64>;

/// How long messages took, of each round.
#[derive(Default)]
pub struct Report {
    idle: Vec<Times>,
    loaded: Vec<Times>,
    /// Over all rounds that had log-ins.
    log_ins: Answers,
    /// How long those rounds took.
    time: Duration,
}

/// # Errors
/// When a message does not arrive, or a log-in is let in.
pub fn measure(bench: &Bench) -> Result<Report> {
    let settings =
        ["LOG_INS_PER_ACCOUNT", "LOG_INS_PER_ADDRESS"].map(|name| format!("THROTTLE_{name}"));
    let settings = settings
        .each_ref()
        .map(|name| (name.as_str(), "4000000000".to_owned()));
    let server = Server::start(&bench.server, &bench.folder.join("data"), &settings)?;
    let address = server.address();
    let pairs = bench.runtime.block_on(people::pairs(&[address], SENDERS))?;
    let timetable = Timetable {
        per_second: MESSAGES,
        time: bench.seconds.unwrap_or(ROUND),
    };
    let mut report = Report::default();
    for round in 1..=ROUNDS {
        let idle = bench
            .runtime
            .block_on(latency::measure(&pairs, timetable))?
            .times;
        let loaded =
            bench
                .runtime
                .block_on(at_the_door(address, &pairs, timetable, &mut report.log_ins))?;
        let (without, with) = (idle.percentile(99), loaded.percentile(99));
        eprintln!("  … round {round} of {ROUNDS}: p99 {without:.2} ms, with log-ins {with:.2} ms");
        report.idle.push(idle);
        report.loaded.push(loaded);
        report.time += timetable.time;
    }
    Ok(report)
}

/// Measures while there is a crowd.
async fn at_the_door(
    server: SocketAddr,
    pairs: &[Pair],
    timetable: Timetable,
    answers: &mut Answers,
) -> Result<Times> {
    let (over, is_over) = tokio::sync::watch::channel(false);
    let mut crowd = JoinSet::new();
    for number in 0..AT_ONCE {
        let is_over = is_over.clone();
        crowd.spawn(async move {
            let mut answers = Answers::new();
            let mut connection = Connection::open(server).await?;
            // All but these are handles of nobody, which cost the same.
            let handle = format!("sender{number}");
            let body = json!({ "handle": handle, "password": "a wrong password" }).to_string();
            while !*is_over.borrow() {
                let answer = connection.ask("POST", "/api/v1/session", "", &body).await?;
                *answers.entry(answer.status).or_default() += 1;
            }
            anyhow::Ok(answers)
        });
    }
    let measured = latency::measure(pairs, timetable).await?;
    over.send_replace(true);
    while let Some(one) = crowd.join_next().await {
        for (status, count) in one?? {
            ensure!(
                [401, 503].contains(&status),
                "a log-in was answered {status}"
            );
            *answers.entry(status).or_default() += count;
        }
    }
    Ok(measured.times)
}
