//! Redis, by Debian's `redis-server`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use rustix::process::Signal;

use crate::call::call;
use crate::certificates::Certificates;
use crate::folder::Folder;
use crate::keeper;
use crate::port::Port;
use crate::process::{Process, Recipe};
use crate::service::Service;

/// It is ready after 0.1 s on an idle machine.
const READY: Duration = Duration::from_secs(20);

#[derive(Clone, Debug, Default)]
pub struct RedisOptions {
    /// Asked of every client.
    pub password: Option<String>,
    /// Speak only TLS, with a certificate made on the spot.
    pub tls: bool,
    /// Write every change to the disk before it is answered. Without it, what Redis holds is lost
    /// when it ends, in whatever way.
    pub keep: bool,
    /// Further settings, such as `("maxmemory", "1mb")`.
    pub settings: Vec<(String, String)>,
}

/// A Redis of our own on a free port.
pub struct Redis {
    // Dropped first: the folder is removed when nothing writes to it.
    process: Process,
    port: Port,
    options: RedisOptions,
    certificates: Option<Certificates>,
    _folder: Folder,
}

impl Redis {
    /// Starts one and waits until it answers.
    ///
    /// # Errors
    /// When it is not installed, ends, or does not answer in time.
    pub fn start(options: &RedisOptions) -> Result<Self> {
        let folder = Folder::new("redis")?;
        let port = Port::free()?;
        let certificates = options
            .tls
            .then(|| Certificates::make(&folder.path().join("tls"), None))
            .transpose()?;
        let data = folder.room("data", None)?;
        let arguments = arguments(options, port.number(), &data, certificates.as_ref());
        let process = Process::new(Recipe {
            name: format!("Redis on port {}", port.number()),
            command: Box::new(move || {
                let mut command = keeper::command("redis-server", None);
                command.args(&arguments);
                command
            }),
            log: folder.path().join("log"),
            stop: Signal::TERM,
            patience: READY,
        });
        let redis = Self {
            process,
            port,
            options: options.clone(),
            certificates,
            _folder: folder,
        };
        redis.start_again()?;
        Ok(redis)
    }

    /// `redis://127.0.0.1:P`, or `rediss://` with TLS, with the password if there is one.
    pub fn url(&self) -> String {
        self.url_at(self.port.address())
    }

    /// The same at another address, such as a proxy's.
    pub fn url_at(&self, address: std::net::SocketAddr) -> String {
        let scheme = if self.options.tls { "rediss" } else { "redis" };
        match &self.options.password {
            Some(password) => format!("{scheme}://:{password}@{address}"),
            None => format!("{scheme}://{address}"),
        }
    }

    pub fn address(&self) -> std::net::SocketAddr {
        self.port.address()
    }

    /// The authority its clients should trust, where it speaks TLS.
    pub fn authority(&self) -> Option<&Path> {
        self.certificates.as_ref().map(|made| &*made.authority)
    }

    /// Runs one command by `redis-cli`, such as `["CLIENT", "KILL", "TYPE", "pubsub"]`.
    ///
    /// # Errors
    /// When it is refused, or there is no answer within 5 s.
    pub fn run(&self, command: &[&str]) -> Result<String> {
        let mut cli = keeper::command("redis-cli", None);
        cli.args([
            "-e",
            "-h",
            "127.0.0.1",
            "-p",
            &self.port.number().to_string(),
        ]);
        if let Some(certificates) = &self.certificates {
            cli.arg("--tls")
                .arg("--cacert")
                .arg(&certificates.authority);
        }
        if let Some(password) = &self.options.password {
            cli.env("REDISCLI_AUTH", password);
        }
        cli.args(command);
        call("redis-cli", cli, "", Duration::from_secs(5))
    }
}

impl Service for Redis {
    fn process(&self) -> &Process {
        &self.process
    }

    fn wait_until_ready(&self) -> Result<()> {
        self.process.wait_until(READY, || {
            self.run(&["PING"]).is_ok_and(|answer| answer == "PONG")
        })
    }
}

fn arguments(
    options: &RedisOptions,
    port: u16,
    data: &Path,
    certificates: Option<&Certificates>,
) -> Vec<String> {
    let path = |path: &PathBuf| path.to_string_lossy().into_owned();
    let port = port.to_string();
    let mut settings = vec![
        ("bind", "127.0.0.1".to_owned()),
        ("daemonize", "no".to_owned()),
        ("dir", data.to_string_lossy().into_owned()),
        ("save", String::new()),
        (
            "appendonly",
            if options.keep { "yes" } else { "no" }.to_owned(),
        ),
        ("appendfsync", "always".to_owned()),
    ];
    match certificates {
        None => settings.push(("port", port)),
        Some(made) => settings.extend([
            ("port", "0".to_owned()),
            ("tls-port", port),
            ("tls-ca-cert-file", path(&made.authority)),
            ("tls-cert-file", path(&made.certificate)),
            ("tls-key-file", path(&made.key)),
            ("tls-auth-clients", "no".to_owned()),
        ]),
    }
    if let Some(password) = &options.password {
        settings.push(("requirepass", password.clone()));
    }
    let extra = options.settings.iter();
    settings
        .iter()
        .map(|(key, value)| (*key, value))
        .chain(extra.map(|(key, value)| (key.as_str(), value)))
        .flat_map(|(key, value)| [format!("--{key}"), value.clone()])
        .collect()
}
