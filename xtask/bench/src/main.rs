//! Measures the server: `bench FORM SERVER FOLDER [--json] [--seconds N] [--picture FILE]`.
//!
//! FORM is `embedded`, `durable`, `peak`, `group`, `log-ins` or `logs`; each starts the program SERVER,
//! with its data in a new folder in FOLDER. All times are of one run: on another machine only the ratios say
//! something.

mod cluster;
mod connection;
mod counters;
mod durable;
mod embedded;
mod figures;
mod group;
mod latency;
mod log_ins;
mod logs;
mod peak;
mod people;
mod sends;
mod server;
mod sqlite;
mod timetable;
mod usage;

use std::env;
use std::fmt::Display;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tokio::runtime::Runtime;

const USAGE: &str = "usage: bench embedded|durable|peak|group|log-ins|logs SERVER FOLDER [--json] [--seconds N] [--picture FILE]";

/// What was found, for people and, by `json`, for programs.
trait Findings: Display {
    fn json(&self) -> Value;
}

/// What a measurement is made with.
struct Bench {
    /// The program that is measured.
    server: PathBuf,
    /// A new folder for all data.
    folder: PathBuf,
    /// How long to measure, where it was said; of what, each form says.
    seconds: Option<Duration>,
    /// Where to draw a picture.
    picture: Option<PathBuf>,
    /// One thread for all clients: they take as little of the machine from the server as they can.
    runtime: Runtime,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let mut given = || arguments.next().context(USAGE);
    let (form, server, parent) = (given()?, given()?, PathBuf::from(given()?));
    let (mut json, mut seconds, mut picture) = (false, None, None);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().context(USAGE);
        match argument.as_str() {
            "--json" => json = true,
            "--seconds" => seconds = Some(Duration::from_secs(value()?.parse()?)),
            "--picture" => picture = Some(PathBuf::from(value()?)),
            _ => bail!(USAGE),
        }
    }
    let folder = tempfile::Builder::new()
        .prefix("bench-")
        .tempdir_in(&parent)
        .with_context(|| format!("{} cannot be written to", parent.display()))?;
    let bench = Bench {
        server: server.into(),
        folder: folder.path().to_owned(),
        seconds,
        picture,
        runtime: tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?,
    };
    let found: Box<dyn Findings> = match form.as_str() {
        "embedded" => Box::new(embedded::measure(&bench)?),
        "durable" => Box::new(durable::measure(&bench)?),
        "peak" => Box::new(peak::measure(&bench)?),
        "group" => Box::new(group::measure(&bench)?),
        "log-ins" => Box::new(log_ins::measure(&bench)?),
        "logs" => Box::new(logs::measure(&bench)?),
        _ => bail!(USAGE),
    };
    print!("{found}");
    if json {
        println!("{}", found.json());
    }
    Ok(())
}
