//! `cargo xtask bench`: how fast it is.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::build::{self, Profile};
use crate::cluster;
use crate::command;
use crate::kafka;
use crate::project::{PRODUCT, Project};

#[derive(Args)]
pub struct Options {
    /// What to measure
    #[arg(value_enum)]
    form: Form,
    /// Print one JSON object as the last line
    #[arg(long)]
    json: bool,
    /// How long a round takes; of `peak`, how long the peak; of `logs`, how long Kafka is gone
    #[arg(long)]
    seconds: Option<u32>,
    /// Measure this program instead of building one
    #[arg(long)]
    server: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// One process and one SQLite file, against plain SQLite on the same file system
    Embedded,
    /// Sends into Postgres, straight and by way of RabbitMQ, against pgbench on the same Postgres
    Durable,
    /// Ten times as many sends as a slow Postgres commits; drawn in docs/peak.svg
    Peak,
    /// Messages to groups of 50, 500 and 5,000 members over three nodes
    Group,
    /// How long a message takes while 200 log-ins are on their way, against how long it takes without
    LogIns,
    /// How long a message takes while Kafka, to which every request is logged, is gone
    Logs,
}

impl Form {
    fn name(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Durable => "durable",
            Self::Peak => "peak",
            Self::Group => "group",
            Self::LogIns => "log-ins",
            Self::Logs => "logs",
        }
    }
}

/// Builds the optimised product, and measures it.
///
/// # Errors
/// When a step fails, or the server does something wrong meanwhile.
pub fn run(project: &Project, options: &Options) -> Result<()> {
    match options.form {
        Form::Embedded | Form::LogIns => {}
        Form::Logs => kafka::provide(project)?,
        Form::Durable | Form::Peak | Form::Group => cluster::provide()?,
    }
    let server = match &options.server {
        Some(server) => server.clone(),
        None => build::product(project, Profile::Release)?.server,
    };
    let mut cargo = project.cargo(["build", "--release", "--bin", "bench"]);
    command::run("build the bench", cargo.args(PRODUCT))?;
    let mut bench = Command::new(project.target.join("release/bench"));
    bench.arg(options.form.name());
    bench.arg(server).arg(&project.target);
    if options.json {
        bench.arg("--json");
    }
    if let Some(seconds) = options.seconds {
        bench.arg("--seconds").arg(seconds.to_string());
    }
    if options.form == Form::Peak {
        let picture = project.root.join("docs/peak.svg");
        bench.arg("--picture").arg(picture);
    }
    command::run("measure", &mut bench)
}
