//! Erlang's port mapper: how the nodes and tools of RabbitMQ find each other.

use std::net::TcpStream;
use std::time::Duration;

use anyhow::Result;
use rustix::process::Signal;

use crate::account::Account;
use crate::folder::Folder;
use crate::keeper;
use crate::port::Port;
use crate::process::{Process, Recipe};

const READY: Duration = Duration::from_secs(20);

/// One of our own, since the machine's may be anyone's. It lives through the death of its nodes.
pub struct Epmd {
    _process: Process,
    port: Port,
    _folder: Folder,
}

impl Epmd {
    pub fn start() -> Result<Self> {
        let folder = Folder::new("epmd")?;
        let port = Port::free()?;
        let account = Account::of_service("rabbitmq")?;
        let number = port.number().to_string();
        let process = Process::new(Recipe {
            name: format!("epmd on port {number}"),
            command: Box::new(move || {
                let mut command = keeper::command("epmd", account.as_ref());
                command.current_dir("/");
                // A relaxed check: otherwise it refuses to be ended while nodes are registered.
                command.args(["-port", &number, "-address", "127.0.0.1"]);
                command.arg("-relaxed_command_check");
                command
            }),
            log: folder.path().join("log"),
            stop: Signal::TERM,
            patience: READY,
        });
        process.launch()?;
        process.wait_until(READY, || TcpStream::connect(port.address()).is_ok())?;
        Ok(Self {
            _process: process,
            port,
            _folder: folder,
        })
    }

    pub fn port(&self) -> u16 {
        self.port.number()
    }
}
