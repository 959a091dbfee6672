//! `logs`: how long a message takes while Kafka, to which every request is logged, is gone.
//!
//! Messages go from person to person by a timetable: for a time with the broker there, and then for as
//! long with it cut off, so that the buffer fills and lines are dropped. Nobody who chats is to notice.

mod report;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use services::{Kafka, KafkaOptions};

use crate::Bench;
use crate::counters::total;
use crate::figures::Times;
use crate::latency;
use crate::people::{self, Pair};
use crate::server::Server;
use crate::timetable::Timetable;
use crate::usage;

/// How many people send, each in a conversation of their own.
const SENDERS: usize = 16;

/// How many messages are sent a second, over all.
const MESSAGES: f64 = 200.0;

/// How long the broker is there, and then gone.
const SIDE: Duration = Duration::from_mins(5);

/// In how many parts each is measured.
const ROUNDS: u32 = 5;

/// How long it may take until what waited is sent.
const BACK: Duration = Duration::from_mins(2);

/// How long messages took, what became of log lines, and how much memory the server held.
#[derive(Default)]
pub struct Report {
    there: Vec<Times>,
    gone: Vec<Times>,
    /// Lines that the broker got, before it was gone and after it was back.
    sent: f64,
    /// Lines that did not fit into the buffer meanwhile.
    dropped: f64,
    /// Most lines that waited.
    waited: f64,
    /// Most bytes that the server held with the broker there, and without.
    memory: [u64; 2],
}

/// # Errors
/// When a message does not arrive, or what waited is not sent once the broker is back.
pub fn measure(bench: &Bench) -> Result<Report> {
    let topics = ["zspchat.logs", "zspchat.audit"].map(str::to_owned);
    let broker = Kafka::start(&KafkaOptions {
        topics: topics.into(),
        proxy: true,
        ..KafkaOptions::default()
    })?;
    let proxy = broker.proxy().context("it was asked for")?;
    let settings = [
        ("KAFKA_BROKERS", broker.address().to_string()),
        ("LOG_LEVEL", "warn,server::http=debug".to_owned()),
    ];
    let log = bench.folder.join("log");
    let data = bench.folder.join("data");
    let server = Server::start_logging(&bench.server, &data, &settings, &log)?;
    let address = server.address();
    let pairs = bench.runtime.block_on(people::pairs(&[address], SENDERS))?;
    let side = bench.seconds.unwrap_or(SIDE);
    let mut report = Report::default();
    let round = |report: &mut Report, gone: bool, number: u32| -> Result<()> {
        let timetable = Timetable {
            per_second: MESSAGES,
            time: side / ROUNDS,
        };
        let times = measured(bench, &pairs, timetable)?;
        let memory = &mut report.memory[usize::from(gone)];
        *memory = usage::memory(server.process())?.max(*memory);
        let waiting = bench.runtime.block_on(lines(address, "buffered"))?;
        report.waited = waiting.max(report.waited);
        let state = if gone { "gone" } else { "there" };
        let p99 = times.percentile(99);
        eprintln!("  … round {number} of {ROUNDS}, Kafka {state}: p99 {p99:.2} ms");
        if gone {
            report.gone.push(times);
        } else {
            report.there.push(times);
        }
        Ok(())
    };
    for number in 1..=ROUNDS {
        round(&mut report, false, number)?;
    }
    proxy.cut();
    for number in 1..=ROUNDS {
        round(&mut report, true, number)?;
    }
    proxy.restore();
    let began = Instant::now();
    while bench.runtime.block_on(lines(address, "buffered"))? > 0.0 {
        ensure!(
            began.elapsed() < BACK,
            "the lines that waited were not sent within {} s",
            BACK.as_secs()
        );
    }
    report.sent = bench.runtime.block_on(lines(address, "sent_total"))?;
    report.dropped = bench.runtime.block_on(lines(address, "dropped_total"))?;
    Ok(report)
}

fn measured(bench: &Bench, pairs: &[Pair], timetable: Timetable) -> Result<Times> {
    let measured = bench.runtime.block_on(latency::measure(pairs, timetable))?;
    Ok(measured.times)
}

/// What the server counts of its lines. To ask is logged too, so that it is not asked at once again.
async fn lines(server: SocketAddr, what: &str) -> Result<f64> {
    // The server sets it once a second.
    tokio::time::sleep(Duration::from_secs(2)).await;
    total(&[server], &format!("zspchat_log_lines_{what}")).await
}
