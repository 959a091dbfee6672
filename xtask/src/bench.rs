//! `cargo xtask bench`: how fast it is.

use std::process::Command;

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::build::{self, Profile};
use crate::command;
use crate::project::{PRODUCT, Project};

#[derive(Args)]
pub struct Options {
    /// Which form of the server
    #[arg(value_enum)]
    form: Form,
    /// Print one JSON object as the last line
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Form {
    /// One process and one SQLite file, against plain SQLite on the same file system
    Embedded,
}

/// Builds the optimised product, and measures it.
///
/// # Errors
/// When a step fails, or the server does something wrong meanwhile.
pub fn run(project: &Project, options: &Options) -> Result<()> {
    let Form::Embedded = options.form;
    let product = build::product(project, Profile::Release)?;
    let mut cargo = project.cargo(["build", "--release", "--bin", "bench"]);
    command::run("build the bench", cargo.args(PRODUCT))?;
    let mut bench = Command::new(project.target.join("release/bench"));
    bench.arg(product.server).arg(&project.target);
    if options.json {
        bench.arg("--json");
    }
    command::run("measure", &mut bench)
}
