//! RabbitMQ, by Debian's `rabbitmq-server`.

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use rustix::process::Signal;

use crate::account::Account;
use crate::call::call;
use crate::certificates::Certificates;
use crate::epmd::Epmd;
use crate::folder::{Data, Folder, give};
use crate::keeper;
use crate::port::Port;
use crate::process::{Process, Recipe};
use crate::service::Service;

/// Where Debian keeps the scripts that start it as whoever calls them.
const PROGRAMS: &str = "/usr/lib/rabbitmq/bin";
/// It is ready after 4 to 7 s on an idle machine.
const READY: Duration = Duration::from_mins(2);
/// What the nodes of a cluster, and the tool, show each other.
const COOKIE: &str = "zspchat-services";

#[derive(Clone, Debug, Default)]
pub struct RabbitMqOptions {
    /// Where to put the data: for a file system of its own, which a test can fill.
    pub folder: Option<PathBuf>,
    /// The free space below which it takes no more messages, such as `"50MB"`, its default.
    pub disk_free_limit: Option<String>,
    /// Further lines of `rabbitmq.conf`, such as `"consumer_timeout = 10000"`.
    pub config: Vec<String>,
    /// Speak only TLS, with a certificate made on the spot.
    pub tls: bool,
}

/// A RabbitMQ node of our own on a free port, with user and password `guest`.
pub struct RabbitMq {
    // Dropped first: the folders are removed when nothing writes to them.
    process: Process,
    port: Port,
    node: String,
    environment: Environment,
    certificates: Option<Certificates>,
    _data: Data,
    _distribution: Port,
    _folder: Folder,
}

impl RabbitMq {
    /// Starts a node by itself and waits until it answers.
    ///
    /// # Errors
    /// When it is not installed, ends, or does not answer in time.
    pub fn start(options: &RabbitMqOptions) -> Result<Self> {
        let node = Self::prepare(options, &Arc::new(Epmd::start()?), None)?;
        node.start_again()?;
        Ok(node)
    }

    /// Makes a node's folder and settings, but does not start it. With `first`, it will join the
    /// cluster of that node when it starts for the first time.
    pub(crate) fn prepare(
        options: &RabbitMqOptions,
        epmd: &Arc<Epmd>,
        first: Option<&str>,
    ) -> Result<Self> {
        let folder = Folder::new("rabbitmq")?;
        let account = Account::of_service("rabbitmq")?;
        let owner = account.as_ref();
        let port = Port::free()?;
        let distribution = Port::free()?;
        let node = format!("rabbit{}@localhost", port.number());
        let certificates = options
            .tls
            .then(|| Certificates::make(&folder.path().join("tls"), owner))
            .transpose()?;
        let home = folder.room("home", owner)?;
        let parent = options.folder.as_deref().unwrap_or(folder.path());
        let data = Data::make(
            parent,
            &format!("rabbitmq-{}", port.number()),
            account.as_ref(),
        )?;

        let write = |path: PathBuf, text: &str, mode| {
            fs::write(&path, text)?;
            give(&path, owner, mode)?;
            anyhow::Ok(path)
        };
        write(home.join(".erlang.cookie"), COOKIE, 0o400)?;
        let config = configuration(options, port.address(), certificates.as_ref(), &node, first);
        let environment = Environment(vec![
            ("HOME", home.display().to_string()),
            ("RABBITMQ_NODENAME", node.clone()),
            ("RABBITMQ_NODE_PORT", port.number().to_string()),
            ("RABBITMQ_DIST_PORT", distribution.number().to_string()),
            ("ERL_EPMD_PORT", epmd.port().to_string()),
            ("ERL_EPMD_ADDRESS", "127.0.0.1".to_owned()),
            ("RABBITMQ_MNESIA_BASE", data.path().display().to_string()),
            ("RABBITMQ_LOG_BASE", home.display().to_string()),
            // All of its log goes where ours goes.
            ("RABBITMQ_LOGS", "-".to_owned()),
            (
                "RABBITMQ_CONFIG_FILE",
                write(home.join("rabbitmq.conf"), &config, 0o600)?
                    .display()
                    .to_string(),
            ),
            (
                "RABBITMQ_ENABLED_PLUGINS_FILE",
                write(home.join("plugins"), "[].\n", 0o600)?
                    .display()
                    .to_string(),
            ),
            ("RABBITMQ_CONF_ENV_FILE", "/dev/null".to_owned()),
            ("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", LOCAL.to_owned()),
            ("RABBITMQ_CTL_ERL_ARGS", LOCAL.to_owned()),
            // So that the script becomes the broker, and does not stand between it and us.
            ("RUNNING_UNDER_SYSTEMD", "true".to_owned()),
        ]);
        let recipe = Recipe {
            name: format!("RabbitMQ on port {}", port.number()),
            command: Box::new({
                let (environment, epmd) = (environment.clone(), Arc::clone(epmd));
                move || {
                    let _ = &epmd; // Lives as long as its node may be started.
                    environment.command("rabbitmq-server", account.as_ref())
                }
            }),
            log: folder.path().join("log"),
            stop: Signal::TERM,
            patience: READY,
        };
        Ok(Self {
            process: Process::new(recipe),
            port,
            node,
            environment,
            certificates,
            _data: data,
            _distribution: distribution,
            _folder: folder,
        })
    }

    /// `amqp://guest:guest@127.0.0.1:P/%2f`, or `amqps://` with TLS.
    pub fn url(&self) -> String {
        self.url_at(self.port.address())
    }

    /// The same at another address, such as a proxy's.
    pub fn url_at(&self, address: SocketAddr) -> String {
        let scheme = match self.certificates {
            Some(_) => "amqps",
            None => "amqp",
        };
        format!("{scheme}://guest:guest@{address}/%2f")
    }

    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// Its Erlang name, such as `rabbit15037@localhost`.
    pub fn node(&self) -> &str {
        &self.node
    }

    /// The authority its clients should trust, where it speaks TLS.
    pub fn authority(&self) -> Option<&Path> {
        self.certificates.as_ref().map(|made| &*made.authority)
    }

    /// Runs `rabbitmqctl` on it, such as `["delete_queue", "name"]`. It takes a second or two.
    ///
    /// # Errors
    /// When it is refused, or takes more than 60 s.
    pub fn ctl(&self, arguments: &[&str]) -> Result<String> {
        let account = Account::of_service("rabbitmq")?;
        let mut command = self.environment.command("rabbitmqctl", account.as_ref());
        command.arg("--quiet").args(arguments);
        call("rabbitmqctl", command, "", Duration::from_mins(1))
    }
}

impl Service for RabbitMq {
    fn process(&self) -> &Process {
        &self.process
    }

    fn wait_until_ready(&self) -> Result<()> {
        self.process.wait_until(READY, || {
            self.process.log_of_this_run().contains("completed with")
        })
    }
}

/// Nodes and tools hear each other on this machine only, and start no daemon of their own.
const LOCAL: &str = "-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}";

#[derive(Clone)]
struct Environment(Vec<(&'static str, String)>);

impl Environment {
    fn command(&self, program: &str, account: Option<&Account>) -> Command {
        let mut command = keeper::command(format!("{PROGRAMS}/{program}"), account);
        command.current_dir("/");
        command.envs(self.0.iter().map(|(name, value)| (name, value)));
        command
    }
}

fn configuration(
    options: &RabbitMqOptions,
    address: SocketAddr,
    certificates: Option<&Certificates>,
    node: &str,
    first: Option<&str>,
) -> String {
    let mut text = match certificates {
        None => format!("listeners.tcp.1 = {address}\n"),
        Some(made) => format!(
            "listeners.tcp = none\nlisteners.ssl.1 = {address}\n\
             ssl_options.cacertfile = {}\nssl_options.certfile = {}\nssl_options.keyfile = {}\n\
             ssl_options.verify = verify_none\nssl_options.fail_if_no_peer_cert = false\n",
            made.authority.display(),
            made.certificate.display(),
            made.key.display(),
        ),
    };
    if let Some(first) = first {
        let _ = write!(
            text,
            "cluster_formation.peer_discovery_backend = classic_config\n\
             cluster_formation.classic_config.nodes.1 = {first}\n\
             cluster_formation.classic_config.nodes.2 = {node}\n"
        );
    }
    if let Some(limit) = &options.disk_free_limit {
        let _ = writeln!(text, "disk_free_limit.absolute = {limit}");
    }
    for line in &options.config {
        let _ = writeln!(text, "{line}");
    }
    text
}
