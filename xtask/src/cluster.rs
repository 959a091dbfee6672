//! `cargo xtask cluster`: several nodes with their own Postgres, Redis and RabbitMQ behind one
//! address, until Ctrl-C.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use services::{Cluster, ClusterOptions, Interrupt};

use crate::apt;
use crate::build;
use crate::project::Project;

#[derive(Args)]
pub struct Options {
    /// How many nodes of the server
    #[arg(long, default_value_t = 3)]
    nodes: usize,
    /// How many nodes of RabbitMQ, which form one cluster
    #[arg(long, default_value_t = 1)]
    brokers: usize,
    /// Optimised, with the site inside the one binary
    #[arg(long)]
    release: bool,
    /// Run this program instead of building one
    #[arg(long, conflicts_with = "release")]
    server: Option<PathBuf>,
    /// Further arguments for `zspchat serve`
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// Builds the product and runs a cluster of it until it is interrupted.
///
/// # Errors
/// When a step of the build fails, or a part of the cluster does not start or does not stop.
pub fn run(project: &Project, options: &Options) -> Result<()> {
    if let Some(server) = &options.server {
        return cluster(server, options);
    }
    let profile = build::Profile::from_release(options.release);
    cluster(&build::product(project, profile)?.server, options)
}

/// Runs a cluster of this server program until it is interrupted; then everything is stopped in
/// good order, and its data is removed.
///
/// # Errors
/// When a part of the cluster does not start: with the end of its log; or does not stop.
pub fn cluster(server: &Path, options: &Options) -> Result<()> {
    provide()?;
    let interrupt = Interrupt::catch()?;
    let mut plan = ClusterOptions::new(server);
    plan.nodes = options.nodes;
    plan.brokers = options.brokers;
    plan.arguments.extend(options.arguments.iter().cloned());
    eprintln!("▸ start the services and {} nodes", options.nodes);
    let cluster = Cluster::start(&plan)?;
    print(&cluster);
    interrupt.wait();
    eprintln!("▸ stop the nodes, then the services");
    cluster.stop()
}

/// Installs what the services are started from, where it is missing.
///
/// # Errors
/// When it cannot be installed: names the one command that would do it.
pub fn provide() -> Result<()> {
    let missing = services::missing();
    if missing.is_empty() {
        return Ok(());
    }
    apt::install(&missing, "a cluster")
}

fn print(cluster: &Cluster) {
    println!("zspchat   {}", cluster.url());
    for (number, node) in (1..).zip(&cluster.nodes) {
        println!("node {number}    http://{}", node.address());
    }
    println!("Postgres  {}", cluster.database_url());
    println!("Redis     {}", cluster.redis.url());
    for broker in &cluster.brokers {
        println!("RabbitMQ  {}", broker.url());
    }
    println!("Ctrl-C stops it all and removes its data.");
}
