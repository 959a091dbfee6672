//! What can be set, and where it comes from: one TOML file, overridden by `ZSPCHAT_*` variables,
//! overridden by flags. Keys that do not exist are errors, wherever they stand.

mod load;
mod login;
mod public_url;
mod push;
mod secret;
mod services;
mod tls;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use protocol::Limits;
#[cfg(debug_assertions)]
use protocol::mistakes::Mistake;
use serde::{Deserialize, Serialize};

pub use load::{ConfigError, Flags};
pub use login::{Login, Provider, ProviderKind, is_safe};
pub use public_url::PublicUrl;
pub use push::Push;
pub use secret::Secret;
pub use services::{Amqp, Database, QueueType, Redis, Role, SecretUrl};
pub use tls::{Acme, Tls};

/// Everything that can be set, with the defaults.
///
/// A key `section.key` of the file is the variable `ZSPCHAT_SECTION_KEY`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Address and port to answer at.
    pub listen: SocketAddr,
    /// Where people reach the server, such as `https://chat.example.org`: what the `Origin` of
    /// their requests must be, and whether cookies are for https only. Without it, a request's
    /// origin must name the host that the request was sent to, and cookies are for https only where
    /// this server speaks it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_url: Option<PublicUrl>,
    /// What this node does, where there are several.
    pub role: Role,
    /// The folder of the database; made if it does not exist.
    pub data: PathBuf,
    /// The folder of what browsers download, with its `site.json`. Without it, what is built into
    /// the binary, or the folder `site` beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<PathBuf>,
    /// Proxies whose `X-Forwarded-For` is believed when requests are counted by address.
    pub trusted_proxies: Vec<IpAddr>,
    /// https without a proxy.
    pub tls: Tls,
    /// The database server, instead of a file in the data folder.
    pub database: Database,
    /// The message broker, in front of the database.
    pub amqp: Amqp,
    /// What nodes tell each other by, and know together.
    pub redis: Redis,
    /// How long events are kept.
    pub retention: Retention,
    /// How long people stay logged in.
    pub session: Session,
    /// Whose accounts one may log in with.
    pub login: Login,
    /// How those who are away are told of what comes.
    pub push: Push,
    /// How often one may try to log in or register.
    pub throttle: Throttle,
    /// Where metrics are shown.
    pub metrics: Metrics,
    /// What is logged, and how.
    pub log: Log,
    /// What is refused by size or rate.
    #[serde(deserialize_with = "protocol::limits::configured")]
    pub limits: Limits,
    /// The mistake that this node makes, so that a test can show that it would notice. No release
    /// has this key.
    #[cfg(debug_assertions)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mistake: Option<Mistake>,
    /// How long others may take. Nobody has to set it; tests wait for less.
    #[serde(skip)]
    pub patience: Patience,
}

/// How long the other end of a connection may take, and what it shows may be out of date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// To agree on keys, where it is by TLS; then to say what it wants, at first and after each answer.
    pub head: Duration,
    /// To send the body that it has announced.
    pub body: Duration,
    /// How often it is looked whether certificate files have changed, or a certificate is to be renewed.
    pub certificate: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(15),
            body: Duration::from_secs(30),
            certificate: Duration::from_secs(5),
        }
    }
}

/// `retention`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Events older than this many days are deleted.
    pub days: u32,
}

/// `session`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Session {
    /// A session ends when it was not used for this many days.
    pub days: u32,
    /// It ends this many days after its log-in, however it is used.
    pub most_days: u32,
    /// On a computer that others use too, it ends when it was not used for this many hours.
    pub shared_hours: u32,
}

/// `throttle`: beyond it, `429` until the time is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Throttle {
    /// Failed log-ins to one account, in ten minutes.
    pub log_ins_per_account: u32,
    /// Failed log-ins from one address, in ten minutes.
    pub log_ins_per_address: u32,
    /// New accounts from one address, in ten minutes.
    pub registrations_per_address: u32,
    /// What one user reads, pages too, in ten seconds at each node.
    pub reads_per_user: u32,
    /// What one user changes, besides commands, which have a limit of their own, in ten seconds at each
    /// node.
    pub changes_per_user: u32,
    /// What is asked from one address by nobody who is logged in, in ten seconds at each node.
    pub visits_per_address: u32,
}

/// `metrics`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Metrics {
    /// Address and port of `/metrics`. Without it, `/metrics` is on the main address, but never for
    /// requests that came through a proxy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
}

/// `log`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// Lines for people or for programs.
    pub format: LogFormat,
    /// `error`, `warn`, `info`, `debug`, `trace`, or a filter such as `info,server::http=debug`.
    pub level: String,
}

/// `log.format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// One line of text an entry.
    Text,
    /// One JSON object an entry.
    Json,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 3000)),
            public_url: None,
            role: Role::All,
            data: PathBuf::from("data"),
            site: None,
            trusted_proxies: Vec::new(),
            tls: Tls::default(),
            database: Database::default(),
            amqp: Amqp::default(),
            redis: Redis::default(),
            retention: Retention::default(),
            session: Session::default(),
            login: Login::default(),
            push: Push::default(),
            throttle: Throttle::default(),
            metrics: Metrics::default(),
            log: Log::default(),
            limits: Limits::default(),
            #[cfg(debug_assertions)]
            mistake: None,
            patience: Patience::default(),
        }
    }
}

impl Default for Retention {
    fn default() -> Self {
        Self { days: 3 }
    }
}

impl Default for Session {
    fn default() -> Self {
        Self {
            days: 30,
            most_days: 365,
            shared_hours: 12,
        }
    }
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            log_ins_per_account: 10,
            log_ins_per_address: 100,
            registrations_per_address: 100,
            reads_per_user: 1_000,
            changes_per_user: 300,
            visits_per_address: 500,
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self {
            format: LogFormat::Text,
            level: "info".to_owned(),
        }
    }
}
