//! `chaos --server PROGRAM`: a cluster under a workload with faults, and the checker of what it
//! promises. A part of `cargo xtask chaos`, which builds the server first.
//!
//! Ends with 1 where a promise was broken; with `--mistake`, where the one that it breaks was not.

mod browsers;
mod checker;
mod client;
mod clock;
mod dice;
mod faults;
mod field;
mod mistakes;
mod options;
mod people;
mod probe;
mod pulse;
mod quiet;
mod report;
mod room;
mod run;
mod storm;
mod violation;
mod workload;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use protocol::mistakes::{Maker, make_everywhere};

use field::Field;
use options::Options;

/// How many violations are printed; all are in the folder of logs.
const PRINTED: usize = 10;

fn main() -> ExitCode {
    let options = Options::parse();
    room::with_own_mounts();
    match perform(&options) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(options: &Options) -> Result<ExitCode> {
    if let Some(mistake) = options.mistake
        && mistake.maker() == Maker::Browser
    {
        make_everywhere(mistake);
    }
    let seed = options
        .seed
        .unwrap_or_else(|| clock::now().unsigned_abs() % 1_000_000);
    let server = std::path::absolute(&options.server)?;
    eprintln!(
        "▸ start the services and {} nodes; the seed is {seed}",
        options.nodes
    );
    let field = Field::start(options, &server)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let folder = std::env::temp_dir().join(format!("zspchat-chaos-{seed}"));
    let ran = runtime.block_on(run::run(&field, options, seed));
    // Nobody asks for anything any more.
    drop(runtime);
    let report = match ran {
        Ok(report) => report,
        Err(error) => {
            std::fs::create_dir_all(&folder)?;
            field.save_logs(&folder)?;
            eprintln!("The logs are in {}", folder.display());
            return Err(error);
        }
    };
    if !report.is_clean() {
        for violation in report.findings.violations.iter().take(PRINTED) {
            println!("{violation}");
        }
        run::keep(&field, &report, &folder)?;
        println!(
            "The logs, and all that was found, are in {}",
            folder.display()
        );
    }
    print!("{report}");
    if options.json {
        println!("{}", report.json());
    }
    let as_expected = match options.mistake {
        None => report.is_clean(),
        Some(mistake) => mistakes::is_noticed(mistake, &report),
    };
    Ok(if as_expected {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
