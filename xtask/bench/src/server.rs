//! A server that is measured: a process of its own.

use std::fs::File;
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
    /// `settings` are further `ZSPCHAT_*` variables, without that beginning.
    pub fn start(program: &Path, data: &Path, settings: &[(&str, String)]) -> Result<Self> {
        Self::run(program, data, settings, Stdio::inherit())
    }

    /// The same, with its log in a file.
    pub fn start_logging(
        program: &Path,
        data: &Path,
        settings: &[(&str, String)],
        log: &Path,
    ) -> Result<Self> {
        let file =
            File::create(log).with_context(|| format!("{} cannot be made", log.display()))?;
        Self::run(program, data, settings, file.into())
    }

    fn run(program: &Path, data: &Path, settings: &[(&str, String)], log: Stdio) -> Result<Self> {
        let mut command = bound_to_us(program);
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
            .env("ZSPCHAT_THROTTLE_READS_PER_USER", "4000000000")
            .env("ZSPCHAT_THROTTLE_CHANGES_PER_USER", "4000000000")
            .env("ZSPCHAT_THROTTLE_REGISTRATIONS_PER_ADDRESS", "1000000")
            .envs(
                settings
                    .iter()
                    .map(|(name, value)| (format!("ZSPCHAT_{name}"), value)),
            )
            .stdout(Stdio::piped())
            .stderr(log)
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

    /// The number of its process.
    pub fn process(&self) -> u32 {
        self.process.id()
    }
}

/// A command that Linux ends when this program is ended, however that happens, where there is the
/// tool that asks for it.
fn bound_to_us(program: &Path) -> Command {
    let tool = Path::new("/usr/bin/setpriv");
    if !tool.exists() {
        return Command::new(program);
    }
    let mut command = Command::new(tool);
    command.args(["--pdeathsig", "KILL"]).arg(program);
    command
}

impl Drop for Server {
    /// Ends it at once; its data are no longer wanted.
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
