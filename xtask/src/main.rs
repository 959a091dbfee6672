//! Builds, runs and tests the whole product: `cargo xtask`.
//!
//! A fresh machine needs a Rust toolchain, node and npm; the rest is set up here when a command
//! first needs it. What is slow to compile (making the bundle) is a program of its own, in
//! `bundler/`, so that this one starts within seconds.

mod apt;
mod bench;
mod build;
mod chaos;
mod cluster;
mod command;
mod fuzz;
mod kafka;
mod project;
mod python;
mod run;
mod sizes;
mod suites;
mod tidy;
mod toolchain;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Builds what is missing and starts the server, with its data in ./data
    Run(run::Options),
    /// Builds the bundle and the server
    Build {
        /// Optimised, with the site inside the one binary
        #[arg(long)]
        release: bool,
    },
    /// Runs several nodes with their own Postgres, Redis and RabbitMQ, until Ctrl-C
    Cluster(cluster::Options),
    /// Lets parts of a cluster fail, and checks that it keeps its promises
    Chaos(chaos::Options),
    /// Runs the given suites, or all; the last line is the count over all of them
    Test(suites::Options),
    /// Prints what a first visit downloads, file by file
    Sizes {
        /// Print one JSON object as the last line
        #[arg(long)]
        json: bool,
    },
    /// Measures how fast the optimised server is
    Bench(bench::Options),
    /// Looks for input of which what must hold does not
    Fuzz(fuzz::Options),
    /// Sets up the compiler only (also done by every command that needs it)
    Setup,
}

fn main() -> ExitCode {
    match perform(Arguments::parse().task) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> anyhow::Result<ExitCode> {
    if let Task::Test(options) = task {
        return Ok(suites::run(&options));
    }
    let compiler = toolchain::ready()?;
    if let Task::Setup = task {
        println!("Everything is built by {compiler}.");
        return Ok(ExitCode::SUCCESS);
    }
    let project = project::Project::locate(compiler)?;
    match task {
        Task::Run(options) => run::run(&project, &options)?,
        Task::Build { release } => {
            let product = build::product(&project, build::Profile::from_release(release))?;
            println!("{}", product.server.display());
        }
        Task::Cluster(options) => cluster::run(&project, &options)?,
        Task::Chaos(options) => chaos::run(&project, &options)?,
        Task::Bench(options) => bench::run(&project, &options)?,
        Task::Fuzz(options) => fuzz::run(&project, &options)?,
        Task::Sizes { json } => sizes::print(&build::bundle(&project, build::Profile::Dev)?, json)?,
        Task::Test(_) | Task::Setup => unreachable!("handled above"),
    }
    Ok(ExitCode::SUCCESS)
}
