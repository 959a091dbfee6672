//! The server that is measured: a process of its own.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

pub struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts it at a free port, with limits that let everybody through, and waits until it serves.
    pub fn start(program: &Path, data: &Path) -> Result<Self> {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            if name
                .to_str()
                .is_some_and(|name| name.starts_with("ZSPCHAT_"))
            {
                command.env_remove(name);
            }
        }
        let mut process = command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .env("ZSPCHAT_LOG_LEVEL", "warn")
            .env("ZSPCHAT_LIMITS_COMMANDS_PER_WINDOW", "4000000000")
            .env("ZSPCHAT_THROTTLE_REGISTRATIONS_PER_ADDRESS", "1000000")
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} cannot be started", program.display()))?;
        let stdout = process
            .stdout
            .take()
            .context("the server's output is piped")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let mut server = Self {
            process,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        let (_, address) = line
            .trim()
            .rsplit_once("//")
            .context("the server did not start")?;
        server.address = address
            .parse()
            .context("where the server is cannot be read")?;
        Ok(server)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends it; its data are no longer wanted.
    pub fn stop(mut self) -> Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails where it has been stopped already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
