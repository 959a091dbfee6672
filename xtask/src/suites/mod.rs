//! `cargo xtask test`: the suites, in the order in which a mistake is found soonest.

mod bundle;
mod chaos;
mod counts;
mod dependencies;
mod end_to_end;
mod host;
mod openapi;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::command::elapsed;
use crate::project::Project;
use crate::{tidy, toolchain};
pub use counts::Counts;
pub use end_to_end::{NEEDS as BROWSER, packages};

#[derive(Args)]
pub struct Options {
    /// Which suites; all when none is named
    #[arg(value_enum)]
    suites: Vec<Suite>,
    /// Passed on to the tests of the named suites, such as a part of a name
    #[arg(last = true)]
    arguments: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Suite {
    /// The import rules of the architecture and other rules about files
    Tidy,
    /// rustfmt
    Fmt,
    /// Lints as errors, natively and for browsers
    Clippy,
    /// Licences, origins and kinds of what the product is made of
    Dependencies,
    /// Unit and property tests of every package
    Unit,
    /// The whole server over HTTP
    Server,
    /// What every route answers to everybody, by a table: a part of `server`
    Authorization,
    /// Many browsers and a server on a bad network, reproducible by seed
    Simulation,
    /// Every answer of the interface, against the OpenAPI document that describes it
    Openapi,
    /// What a first visit downloads, against its budget
    Bundle,
    /// People in real browsers
    EndToEnd,
    /// The promises, while parts of a cluster fail
    Chaos,
}

/// What runs when nothing is named.
const ALL: &[Suite] = &[
    Suite::Tidy,
    Suite::Fmt,
    Suite::Clippy,
    Suite::Dependencies,
    Suite::Unit,
    Suite::Server,
    Suite::Simulation,
    Suite::Openapi,
    Suite::Bundle,
    Suite::EndToEnd,
    Suite::Chaos,
];

/// Runs the suites; one that fails does not keep the next from running.
pub fn run(options: &Options) -> ExitCode {
    let suites = if options.suites.is_empty() {
        ALL
    } else {
        &options.suites
    };
    let mut results = Vec::new();
    match toolchain::ready().and_then(Project::locate) {
        Ok(project) => {
            for &suite in suites {
                let start = Instant::now();
                eprintln!("\n━━ {} ━━", suite.name());
                let counts = suite
                    .run(&project, &options.arguments)
                    .unwrap_or_else(|error| {
                        eprintln!("error: {error:#}");
                        Counts::FAILED
                    });
                results.push((suite.name(), counts, elapsed(start.elapsed())));
            }
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            results.extend(
                suites
                    .iter()
                    .map(|suite| (suite.name(), Counts::FAILED, "not run".to_owned())),
            );
        }
    }
    report(&results)
}

fn report(results: &[(String, Counts, String)]) -> ExitCode {
    println!();
    for (name, counts, time) in results {
        println!("{name:>12}: {counts} ({time})");
    }
    let total: Counts = results.iter().map(|(_, counts, _)| *counts).sum();
    println!("{total}");
    if total.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

impl Suite {
    fn name(self) -> String {
        self.to_possible_value()
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    }

    /// # Errors
    /// When it could not run to its end, which counts as one failure.
    fn run(self, project: &Project, arguments: &[String]) -> Result<Counts> {
        match self {
            Self::Tidy => tidy::check(project),
            Self::Fmt => Ok(host::fmt(project)),
            Self::Clippy => Ok(host::clippy(project)),
            Self::Dependencies => dependencies::check(project),
            Self::Unit => host::unit(project, arguments),
            Self::Server => host::server(project, arguments),
            Self::Authorization => host::authorization(project, arguments),
            Self::Simulation => host::simulation(project, arguments),
            Self::Openapi => openapi::run(project, arguments),
            Self::Bundle => bundle::check(project),
            Self::EndToEnd => end_to_end::run(project, arguments),
            Self::Chaos => chaos::run(project, arguments),
        }
    }
}
