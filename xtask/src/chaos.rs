//! `cargo xtask chaos`: a cluster under a workload while its parts fail, and the checker of what it
//! promises.

use std::path::Path;
use std::process::Command;

use anyhow::Result;
use clap::Args;

use crate::project::Project;
use crate::{apt, build, cluster, command, suites};

#[derive(Args)]
pub struct Options {
    /// What the program takes: `--help` lists it
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Builds the product and the program, and runs it.
///
/// # Errors
/// When a step of the build fails, or a promise was broken.
pub fn run(project: &Project, options: &Options) -> Result<()> {
    let server = build::product(project, build::Profile::Dev)?.server;
    let mut chaos = program(project, &server)?;
    command::run("let parts fail", chaos.args(&options.arguments))
}

/// The program, ready to be run against this server.
///
/// # Errors
/// When it cannot be built, or what it needs cannot be installed.
pub fn program(project: &Project, server: &Path) -> Result<Command> {
    cluster::provide()?;
    apt::provide(&suites::BROWSER, "chaos")?;
    suites::packages(&project.root.join("end2end"))?;
    command::run(
        "build the program",
        &mut project.cargo(["build", "-p", "chaos"]),
    )?;
    let mut chaos = Command::new(project.target.join("debug/chaos"));
    chaos.current_dir(&project.root).arg("--server").arg(server);
    Ok(chaos)
}
