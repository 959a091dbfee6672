//! `cargo xtask run`: from a fresh checkout to a running server.

use std::env;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;

use crate::build;
use crate::project::Project;

#[derive(Args)]
pub struct Options {
    /// Add a few people, a group and a lively history to explore, if the database is empty
    #[arg(long)]
    demo: bool,
    /// Optimised, with the site inside the one binary
    #[arg(long)]
    release: bool,
    /// Listen on this port of 127.0.0.1 instead of 3000
    #[arg(long, conflicts_with = "listen")]
    port: Option<u16>,
    /// Listen on this address and port
    #[arg(long)]
    listen: Option<String>,
    /// Keep the data in this folder instead of ./data
    #[arg(long)]
    data: Option<PathBuf>,
    /// Further arguments for `zspchat serve`
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// Builds the product and becomes its server, which so gets Ctrl-C and every other signal itself.
///
/// # Errors
/// When a step of the build fails; otherwise it does not return.
pub fn run(project: &Project, options: &Options) -> Result<()> {
    let product = build::product(project, build::Profile::from_release(options.release))?;
    let error = server(&product, project, options).exec();
    Err(error).with_context(|| format!("{} cannot be started", product.server.display()))
}

fn server(product: &build::Product, project: &Project, options: &Options) -> Command {
    let mut server = Command::new(&product.server);
    server.arg("serve");
    if options.demo {
        server.arg("--demo");
    }
    let listen = options
        .listen
        .clone()
        .or_else(|| options.port.map(|port| format!("127.0.0.1:{port}")));
    // A flag would override the environment, so only what was asked for becomes one.
    if let Some(listen) = listen.or_else(|| default("ZSPCHAT_LISTEN", "127.0.0.1:3000".to_owned()))
    {
        server.arg("--listen").arg(listen);
    }
    let data = options
        .data
        .clone()
        .or_else(|| default("ZSPCHAT_DATA", project.root.join("data")));
    if let Some(data) = data {
        server.arg("--data").arg(data);
    }
    server.args(&options.arguments);
    server
}

fn default<T>(variable: &str, value: T) -> Option<T> {
    env::var_os(variable).is_none().then_some(value)
}
