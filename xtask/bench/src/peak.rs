//! `peak`: ten times as many sends as Postgres commits, for a minute.
//!
//! Two nodes with RabbitMQ and Redis, on a Postgres that takes only so many rows a second (see
//! [`throttle`]). First it is measured how many; then people send at half that rate, then at ten
//! times it. Postgres stays slow for as long again, then it is let go, and the queue drains. At last
//! the database is compared with every answer that was given.

mod check;
mod load;
mod picture;
mod report;
mod samples;
mod throttle;

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::Bench;
use crate::cluster::{Cluster, addresses};
use crate::people;
use crate::timetable::Timetable;
use check::Verdict;
use load::{Answered, Load};
use picture::Marks;
use samples::{Samples, Watch};
use throttle::Throttle;

/// How many people send, each in a conversation of their own.
const SENDERS: usize = 64;

/// How many nodes there are.
const NODES: usize = 2;

/// How many rows a second Postgres is let take.
const ROWS: f64 = 200.0;

/// How many times that rate a peak is.
const TIMES: f64 = 10.0;

/// How long a peak takes, unless it was said.
const PEAK: Duration = Duration::from_mins(1);

/// What people send first to measure how much Postgres takes: for how long, and how many times as
/// much as it is let take.
const MEASURING: (Duration, f64) = (Duration::from_secs(10), 2.0);

/// How long to look on once all is stored, so that the picture shows it.
const AFTER: Duration = Duration::from_secs(4);

/// How long a queue may take to drain once Postgres is let go.
const DRAIN: Duration = Duration::from_mins(5);

pub struct Report {
    /// Rows a second that the throttled Postgres was measured to commit.
    capacity: f64,
    normal: Answered,
    peak: Answered,
    /// Rows a second that it committed on the whole in the peak and as long after it.
    rate_out: f64,
    /// From the end of the peak until all was stored.
    draining: Duration,
    samples: Samples,
    marks: Marks,
    verdict: Verdict,
}

/// # Errors
/// When something fails; what was lost, or came out of order, is a finding and no error.
pub fn measure(bench: &Bench) -> Result<Report> {
    let time = bench.seconds.unwrap_or(PEAK);
    let runtime = &bench.runtime;
    let cluster = Cluster::start(bench.server.clone(), bench.folder.clone())?;
    cluster.postgres.create_database("peak")?;
    let nodes = (1..=NODES).map(|number| cluster.node(runtime, "peak", number, &[]));
    let nodes = nodes.collect::<Result<Vec<_>>>()?;
    let pairs = runtime.block_on(people::pairs(&addresses(&nodes), SENDERS))?;
    let throttle = Throttle::set(&cluster.postgres, "peak", ROWS)?;
    let load = Load::new(pairs);
    let watch = Watch::start(&nodes, &load)?;

    runtime.block_on(async {
        let run = |per_second, time| load.run(Timetable { per_second, time });
        eprintln!("  … measure what the throttled Postgres commits");
        let from = Instant::now();
        run(ROWS * MEASURING.1, MEASURING.0).await?;
        let capacity = watch.rate_out(from, Instant::now())?;
        watch.drained(DRAIN).await?;

        eprintln!("  … {capacity:.0} a second; send at half that rate");
        let start = Instant::now();
        let normal = run(capacity / 2.0, time / 2).await?;

        eprintln!("  … send at {TIMES} times that rate");
        let peak_from = Instant::now();
        let peak = run(capacity * TIMES, time).await?;
        let peak_until = Instant::now();
        eprintln!("  … the peak is over, and Postgres as slow as before");
        tokio::time::sleep(time).await;
        let let_go = Instant::now();
        throttle.lift()?;
        eprintln!("  … Postgres is let go");
        watch.drained(DRAIN).await?;
        let drained = Instant::now();
        tokio::time::sleep(AFTER).await;
        let end = Instant::now();

        let samples = watch.stop().await?;
        let rate_out = samples.mean_out(peak_from, let_go);
        let verdict = check::check(&cluster.postgres, "peak", &load.accepted())?;
        let report = Report {
            capacity,
            normal,
            peak,
            rate_out,
            draining: drained - peak_until,
            marks: Marks {
                start,
                peak: (peak_from, peak_until),
                let_go,
                end,
            },
            samples,
            verdict,
        };
        draw(bench, &report)?;
        Ok(report)
    })
}

fn draw(bench: &Bench, report: &Report) -> Result<()> {
    let Some(file) = &bench.picture else {
        return Ok(());
    };
    let picture = picture::draw(&report.samples, &report.marks, report.capacity);
    if picture.is_empty() {
        bail!("there is nothing to draw");
    }
    fs::write(file, picture).with_context(|| format!("{} cannot be written", file.display()))
}
