//! One node of zspchat.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use rustix::process::Signal;

use crate::keeper;
use crate::port::Port;
use crate::probe::{Health, health};
use crate::process::{Process, Recipe};
use crate::proxy::Proxy;
use crate::service::Service;

/// How long a node may take to be ready: it may first make the tables.
const READY: Duration = Duration::from_mins(1);
/// How long it may take to end: it answers what it accepted, and lets its streams go.
const STOP: Duration = Duration::from_mins(1);

/// The network between one node and each of its services.
pub struct Links {
    pub postgres: Proxy,
    pub redis: Proxy,
    pub rabbitmq: Proxy,
}

/// A server process that can be killed, paused and started again like any service.
pub struct Node {
    process: Process,
    port: Port,
    data: PathBuf,
    links: Option<Links>,
}

/// What a node is to run, and with what.
pub(crate) struct NodePlan<'a> {
    /// What errors call it.
    pub name: String,
    pub program: &'a Path,
    pub arguments: &'a [String],
    /// `ZSPCHAT_*` variables; those of our own environment do not reach it.
    pub settings: Vec<(String, String)>,
    pub port: Port,
    pub data: PathBuf,
    pub log: PathBuf,
    pub links: Option<Links>,
}

impl Node {
    pub(crate) fn prepare(plan: NodePlan<'_>) -> Self {
        let mut settings = plan.settings;
        let address = plan.port.address();
        settings.push(("ZSPCHAT_LISTEN".to_owned(), address.to_string()));
        settings.push(("ZSPCHAT_DATA".to_owned(), plan.data.display().to_string()));
        let (program, arguments) = (plan.program.to_owned(), plan.arguments.to_vec());
        let process = Process::new(Recipe {
            name: plan.name,
            command: Box::new(move || {
                let mut command = keeper::command_in_our_environment(&program);
                for (name, _) in std::env::vars_os() {
                    if name.to_string_lossy().starts_with("ZSPCHAT_") {
                        command.env_remove(name);
                    }
                }
                command
                    .args(&arguments)
                    .envs(settings.iter().map(|(name, value)| (name, value)));
                command
            }),
            log: plan.log,
            stop: Signal::TERM,
            patience: STOP,
        });
        Self {
            process,
            port: plan.port,
            data: plan.data,
            links: plan.links,
        }
    }

    /// Where it listens; clients of the cluster use the balancer's address instead.
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// The folder of its data.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The network between it and its services, where the cluster was started with proxies.
    pub fn links(&self) -> Option<&Links> {
        self.links.as_ref()
    }

    /// What it says of itself now.
    pub fn health(&self) -> Health {
        health(self.address())
    }
}

impl Service for Node {
    fn process(&self) -> &Process {
        &self.process
    }

    fn wait_until_ready(&self) -> Result<()> {
        self.process
            .wait_until(READY, || self.health() == Health::Ready)
    }
}
