//! Kafka: the broker of `xtask/kafka`, which keeps everything in memory.

use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::Signal;

use crate::call::call;
use crate::folder::Folder;
use crate::keeper;
use crate::port::Port;
use crate::process::{Process, Recipe};
use crate::proxy::Proxy;
use crate::service::Service;

/// It is ready after some milliseconds on an idle machine.
const READY: Duration = Duration::from_secs(20);

#[derive(Clone, Debug, Default)]
pub struct KafkaOptions {
    /// Topics to make, of one partition each.
    pub topics: Vec<String>,
    /// Put a proxy in front, where its clients can be cut off.
    pub proxy: bool,
    /// Where it tells its clients that it is, if something else stands in front.
    pub advertised: Option<SocketAddr>,
}

/// A broker of our own on a free port. What it holds is lost when it ends.
pub struct Kafka {
    // Dropped first: the folder is removed when nothing writes to it.
    process: Process,
    proxy: Option<Proxy>,
    port: Port,
    _folder: Folder,
}

impl Kafka {
    /// Where its program is, below the target folder that the running program is in.
    pub fn program() -> Option<PathBuf> {
        let running = std::env::current_exe().ok()?;
        let folders = running.ancestors();
        folders
            .map(|folder| folder.join("tools/kafka/kafka"))
            .find(|program| program.exists())
    }

    /// Starts one, waits until it answers, and makes its topics.
    ///
    /// # Errors
    /// When it was not built, ends, or does not answer in time.
    pub fn start(options: &KafkaOptions) -> Result<Self> {
        let program = Self::program().context(
            "the Kafka broker for tests is not built yet; `cargo xtask test server` does it",
        )?;
        let folder = Folder::new("kafka")?;
        let port = Port::free()?;
        let proxy = if options.proxy {
            Some(Proxy::start(port.address())?)
        } else {
            None
        };
        let url = |address: SocketAddr| format!("tcp://{address}");
        let in_front = proxy.as_ref().map(Proxy::address).or(options.advertised);
        let advertised = url(in_front.unwrap_or(port.address()));
        let (listener, room) = (url(port.address()), folder.room("work", None)?);
        let kafka = Self {
            process: Process::new(Recipe {
                name: format!("Kafka on port {}", port.number()),
                command: Box::new({
                    let program = program.clone();
                    move || {
                        let mut command = keeper::command(&program, None);
                        // It reads a file `.env` where it is.
                        command.current_dir(&room).arg("broker").arg("--silent");
                        command.args(["--listener-url", &listener]);
                        command.args(["--advertised-listener-url", &advertised]);
                        command.args(["--storage-engine", "memory://zspchat/"]);
                        command
                    }
                }),
                log: folder.path().join("log"),
                stop: Signal::TERM,
                patience: READY,
            }),
            proxy,
            port,
            _folder: folder,
        };
        kafka.start_again()?;
        for topic in &options.topics {
            let mut create = keeper::command(&program, None);
            create.args(["topic", "create", topic, "--partitions", "1"]);
            create.args(["--broker", &url(kafka.port.address())]);
            call("kafka topic create", create, "", READY)?;
        }
        Ok(kafka)
    }

    /// Where its clients find it.
    pub fn address(&self) -> SocketAddr {
        self.proxy
            .as_ref()
            .map_or(self.port.address(), Proxy::address)
    }

    /// Where it listens itself.
    pub fn port(&self) -> SocketAddr {
        self.port.address()
    }

    /// What stands in front of it, where that was asked for.
    pub fn proxy(&self) -> Option<&Proxy> {
        self.proxy.as_ref()
    }
}

impl Service for Kafka {
    fn process(&self) -> &Process {
        &self.process
    }

    fn wait_until_ready(&self) -> Result<()> {
        self.process
            .wait_until(READY, || TcpStream::connect(self.port.address()).is_ok())
    }
}
