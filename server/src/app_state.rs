//! What every handler may use.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use metrics_exporter_prometheus::PrometheusHandle;
use protocol::{Millis, UserId};

use crate::accounts::{Accounts, Bounds, Lasting, Passwords, Sessions, Throttle};
use crate::chat::{Chat, Settings};
use crate::clock::Clock;
use crate::config::Config;
use crate::network::Network;
use crate::providers::Providers;
use crate::push::Push;
use crate::random::Random;
use crate::redis::{RateLimits, SessionCache};
use crate::site::Site;
use crate::store::{DatabaseConfig, PostgresConfig, SqliteConfig, Store};

/// Over which time requests are counted, in milliseconds.
const WINDOW: Millis = 10_000;

/// The parts of the server, shared by all requests.
#[derive(Clone)]
pub struct AppState(Arc<App>);

/// See [`AppState`].
pub struct App {
    /// What was configured.
    pub config: Config,
    /// The database.
    pub store: Store,
    /// What time it is.
    pub clock: Clock,
    /// Randomness, for ids and secrets.
    pub random: Random,
    /// The path of commands and events.
    pub chat: Chat,
    /// Who people are and whom they know.
    pub accounts: Accounts,
    /// How those who are away are told.
    pub push: Push,
    /// What browsers download besides pages and data.
    pub site: Site,
    /// How much is asked for.
    pub rates: Rates,
    /// What has been counted; `None` where another server of this process counts.
    pub metrics: Option<PrometheusHandle>,
    /// The id of the next request: counted from a random start, so that those of two servers, or of
    /// one started again, differ.
    pub next_request: AtomicU64,
    /// Set once the server is to stop.
    pub stopping: AtomicBool,
}

impl AppState {
    /// Shares the parts.
    pub fn new(app: App) -> Self {
        Self(Arc::new(app))
    }

    /// Limits in force.
    pub fn limits(&self) -> &protocol::Limits {
        &self.config.limits
    }

    /// Whether people reach the server by https.
    pub fn is_https(&self) -> bool {
        self.config.is_https()
    }

    /// Whether the server is about to stop.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }
}

impl Deref for AppState {
    type Target = App;

    fn deref(&self) -> &App {
        &self.0
    }
}

/// Counts what is asked for, so that nobody takes all of the server. Commands are counted for all nodes
/// together; the others, of which there are many more, at each node for itself, without a trip.
#[derive(Debug)]
pub struct Rates {
    /// Commands by user.
    pub commands: Throttle<UserId>,
    /// What else is changed, by user.
    pub changes: Throttle<UserId>,
    /// What is read, by user.
    pub reads: Throttle<UserId>,
    /// What is asked by nobody who is logged in, by address.
    pub visits: Throttle<String>,
}

impl Rates {
    /// As configured.
    pub fn new(config: &Config, shared: Option<RateLimits>) -> Self {
        let (limits, throttle) = (&config.limits, &config.throttle);
        Self {
            commands: Throttle::new(limits.commands_per_window, limits.command_window)
                .shared(shared, "commands"),
            changes: Throttle::new(throttle.changes_per_user, WINDOW),
            reads: Throttle::new(throttle.reads_per_user, WINDOW),
            visits: Throttle::new(throttle.visits_per_address, WINDOW),
        }
    }
}

/// The database that a configuration names.
pub fn database(config: &Config) -> DatabaseConfig {
    match &config.database.url {
        Some(url) => DatabaseConfig::Postgres(PostgresConfig {
            url: url.reveal().to_owned(),
            readers: config.database.readers,
            writers: config.database.writers,
        }),
        None => DatabaseConfig::Sqlite(database_file(config)),
    }
}

/// The file in the data folder, whether or not it is the database that is used.
pub fn database_file(config: &Config) -> SqliteConfig {
    SqliteConfig::file(config.data.join("zspchat.db"))
}

/// The chat and the accounts over one database, and the limits that all nodes share. `proofs` are what
/// people log in by, and `push` tells those who are away.
pub fn put_together(
    config: &Config,
    network: Option<Network>,
    store: &Store,
    clock: &Clock,
    random: &Random,
    proofs: (Passwords, Providers),
    push: Option<&Push>,
) -> (Chat, Accounts, Option<RateLimits>) {
    let redis = network.as_ref().map(|network| network.redis.clone());
    let shared = redis.clone().map(RateLimits::new);
    let sessions = Sessions::new(
        store.clone(),
        clock.clone(),
        random.clone(),
        Lasting::new(&config.session),
        redis.map(SessionCache::new),
    );
    let settings = Settings {
        limits: config.limits.clone(),
        retention_days: config.retention.days,
        offline_jobs: push.and_then(Push::woken_by),
    };
    let chat = Chat::start(
        store.clone(),
        clock.clone(),
        random.clone(),
        settings,
        sessions.checker(),
        sessions.forgetter(),
        network,
    );
    let accounts = Accounts::new(
        store.clone(),
        clock.clone(),
        random.clone(),
        proofs,
        chat.clone(),
        sessions,
        Bounds::new(config, shared.as_ref()),
    );
    (chat, accounts, shared)
}
