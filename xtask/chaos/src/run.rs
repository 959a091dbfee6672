//! A run, from the first account to the last comparison.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::task::block_in_place;
use tokio::time::{Instant, sleep, timeout};

use crate::browsers::Browsers;
use crate::checker::{self, Findings};
use crate::dice::Dice;
use crate::field::Field;
use crate::options::Options;
use crate::people::{People, Plan};
use crate::quiet;
use crate::report::Report;
use crate::storm::Storm;
use crate::workload::Workload;

/// How long all may take to be connected at first.
const CONNECTED: Duration = Duration::from_mins(1);
/// A quorum queue that is younger does not survive a broker that is killed.
const AGE: Duration = Duration::from_secs(15);

/// Runs it all on a cluster that has just been started.
///
/// # Errors
/// When a part of the cluster does not do what is asked of it: what is found wrong is no error.
pub async fn run(field: &Field, options: &Options, seed: u64) -> Result<Report> {
    let mut dice = Dice::new(seed);
    let started = Instant::now();
    let addresses = field.addresses();
    eprintln!("▸ {} people get to know each other", options.clients);
    let plan = Plan {
        count: options.clients,
        // One at each address, and a second at the balancer.
        probes: addresses.len() + 1,
        in_browsers: options.browsers,
        addresses: &addresses,
        origin: &field.cluster.url(),
        shards: field.sql("SELECT shards FROM installation")?.parse()?,
    };
    let people = Arc::new(People::meet(&plan, &mut dice).await?);
    for client in &people.clients {
        client.open();
    }
    let live = async {
        while !people.clients.iter().all(|client| client.is_live()) {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(CONNECTED, live)
        .await
        .context("not everybody could connect")?;
    let workload = Workload::begin(&people, options.clients, &mut dice);
    let mut browsers = if options.browsers == 0 {
        None
    } else {
        eprintln!("▸ {} browsers log in", options.browsers);
        Some(block_in_place(|| Browsers::start(options, field, &people))?)
    };
    sleep(AGE.saturating_sub(started.elapsed())).await;

    let mut storm = Storm::new(field, &people, plan.probes);
    let rounds = storm.rage(options, &mut dice).await?;
    eprintln!("▸ no more faults: everybody catches up");
    workload.end().await;
    if let Some(browsers) = &mut browsers {
        block_in_place(|| browsers.rest())?;
    }
    let unsettled = quiet::settle(field, &people, &mut dice).await?;
    let dumps = browsers.map(|browsers| block_in_place(|| browsers.end()));
    let dumps = dumps.transpose()?.unwrap_or_default();
    let mut violations = storm.end()?;
    violations.extend(unsettled);
    let mut findings: Findings = checker::check(field, &people, &dumps)?;
    findings.violations.splice(0..0, violations);
    Ok(Report {
        seed,
        seconds: options.seconds,
        findings,
        rounds,
    })
}

/// Keeps the logs of all parts, and what was found.
///
/// # Errors
/// When the folder cannot be written.
pub fn keep(field: &Field, report: &Report, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    field.save_logs(folder)?;
    let found = report.findings.violations.iter();
    let lines: Vec<String> = found.map(ToString::to_string).collect();
    std::fs::write(folder.join("violations.txt"), lines.join("\n"))?;
    Ok(())
}
