//! Starts everything in order, and stops it in order.

mod listeners;

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use crate::accounts::{HashFailed, Passwords};
use crate::app_state::{App, AppState, Rates, database, put_together};
use crate::clock::Clock;
use crate::config::{Config, Role};
use crate::demo;
use crate::http::Routers;
use crate::network::{Network, NetworkError};
use crate::providers::Providers;
use crate::push::{KeyError, Push, Telling};
use crate::random::Random;
use crate::site::{Site, SiteError};
use crate::store::{Claim, OpenError, Seen, Share, Store, StoreError};
use crate::telemetry::traces::{self, NoExport, RequestIds};
use crate::tls::{Tls, TlsError};

use listeners::{Addresses, Listeners};

/// How often sessions are compared with the database, which `zspchat admin` may have changed.
const SESSIONS_EVERY: Duration = Duration::from_secs(10);

/// How often it is looked whether the database is still this server's, or can be had.
const CLAIM_EVERY: Duration = Duration::from_millis(500);

/// How long to wait before a database server that does not answer is tried again.
const DATABASE_AGAIN: Duration = Duration::from_secs(1);

/// Why the server did not start, in one sentence.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be had.
    #[error("cannot listen at {address}: {}", listen_cause(.cause))]
    Listen {
        /// Which.
        address: SocketAddr,
        /// What the system says.
        cause: io::Error,
    },
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The broker or Redis cannot be used as configured.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// There is no certificate to speak https by.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Traces cannot be told as configured.
    #[error(transparent)]
    Traces(#[from] NoExport),
    /// The site is not whole.
    #[error(transparent)]
    Site(#[from] SiteError),
    /// A provider cannot be used as configured.
    #[error("{0}")]
    Providers(String),
    /// There is no key for Web Push where one is configured.
    #[error("push.key_file: {0}")]
    Push(#[from] KeyError),
    /// No password can be hashed.
    #[error(transparent)]
    Hash(#[from] HashFailed),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The demonstration could not be set up.
    #[error("the demonstration could not be set up: {0}")]
    Demo(#[from] demo::DemoError),
}

fn listen_cause(cause: &io::Error) -> String {
    match cause.kind() {
        io::ErrorKind::AddrInUse => {
            "another program uses this port; stop it or choose another one with --listen".to_owned()
        }
        io::ErrorKind::PermissionDenied => {
            "this needs more rights; choose a port from 1024 on, or give the program the capability \
             CAP_NET_BIND_SERVICE"
                .to_owned()
        }
        _ => cause.to_string(),
    }
}

/// A server that runs.
pub struct Running {
    app: AppState,
    addresses: Addresses,
    /// Where people reach it.
    url: String,
    setup_code: Option<String>,
    stop_accepting: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    /// Where those who are away are told from here.
    telling: Option<Telling>,
    /// Ends when `release` is dropped.
    holding: JoinHandle<()>,
    release: oneshot::Sender<()>,
}

/// Opens the database, starts the chat, and answers requests from here on. Until the database can be
/// opened, and where another server has it, until that one has ended, they are answered `503`.
///
/// # Errors
/// See [`StartError`].
pub async fn start(config: Config, with_demo: bool) -> Result<Running, StartError> {
    // Nodes of one database go by its clock.
    let clock = if config.database.url.is_some() {
        Clock::steered()
    } else {
        Clock::system()
    };
    start_at(config, with_demo, clock).await
}

/// As [`start`], by a clock of one's own.
///
/// # Errors
/// See [`StartError`].
pub async fn start_at(
    config: Config,
    with_demo: bool,
    clock: Clock,
) -> Result<Running, StartError> {
    // Fails only where it is set already, as in tests with several servers.
    let _ = any_spawner::Executor::init_tokio();
    let random = Random::system();
    let site = Site::load(config.site.as_deref())?;
    let metrics = crate::telemetry::metrics::start();
    let logged = !config.kafka.brokers.is_empty();
    traces::start(&config.traces, logged, &clock, &random)?;
    let tls = Tls::new(&config, &clock, &random)?;
    let listeners = Listeners::bind(&config).await?;
    let addresses = listeners.addresses(&config);
    let (opened, starting) = watch::channel(false);
    let meanwhile = || {
        let routers = Routers::starting(&config, metrics.as_ref());
        drop(listeners.serve(&config, routers, tls.as_ref(), &starting));
        let address = addresses.people;
        tracing::info!(%address, "answering 503 until there is a database");
    };
    let store = open(&config, &clock, &random, meanwhile).await?;
    opened.send_replace(true);
    store.steer(&clock).await?;
    let network = Network::start(&config, store.installation().shards, &random)?;
    let passwords = Passwords::new(&random)?;
    let providers = Providers::new(&config.login, &clock).map_err(StartError::Providers)?;
    let push = Push::new(&config, &store, &clock, &random)?;
    if with_demo {
        demo::seed(&config, &store, &clock, &random, &passwords).await?;
    }
    let rabbitmq = network.as_ref().filter(|network| network.writes);
    let rabbitmq = rabbitmq.map(|network| network.rabbitmq.clone());
    let mut claim = store.claim(match network {
        Some(_) => Share::Several,
        None => Share::Alone,
    });
    store.note_claim(claim.look().await);
    let (chat, accounts, shared) = put_together(
        &config,
        network,
        &store,
        &clock,
        &random,
        (passwords, providers),
        Some(&push),
    );
    let telling = push.start(chat.presence.clone(), rabbitmq);
    let app = AppState::new(App {
        site: site.unwrap_or_else(|| {
            tracing::warn!("there is no site: pages have neither styles nor script");
            Site::none()
        }),
        rates: Rates::new(&config, shared),
        config,
        store,
        clock,
        request_ids: RequestIds::new(&random),
        random,
        chat,
        accounts,
        push,
        metrics,
        stopping: AtomicBool::new(false),
    });

    let (release, released) = oneshot::channel();
    let holding = tokio::spawn(hold(claim, app.clone(), released));
    let (stop_accepting, stopped) = watch::channel(false);
    let mut tasks = listeners.serve(&app.config, Routers::serving(&app), tls.as_ref(), &stopped);
    tasks.push(tokio::spawn(tidy(app.clone(), stopped.clone())));
    let url = match (&app.config.public_url, &tls) {
        (Some(url), _) => url.origin().to_owned(),
        (None, Some(_)) => format!("https://{}", addresses.people),
        (None, None) => format!("http://{}", addresses.people),
    };
    if let Some(tls) = tls {
        tasks.push(tokio::spawn(
            tls.keep(app.config.patience.certificate, stopped),
        ));
    }
    let setup_code = match app.config.role {
        Role::Web | Role::All => setup_code(&app).await,
        Role::Writer => None,
    };
    tracing::info!(
        address = %addresses.people,
        metrics = addresses.metrics.map(tracing::field::display),
        redirect = addresses.redirect.map(tracing::field::display),
        data = %app.config.data.display(),
        "serving"
    );
    Ok(Running {
        app,
        addresses,
        url,
        setup_code,
        stop_accepting,
        tasks,
        telling,
        holding,
        release,
    })
}

/// By what one becomes the administrator, while there is none. The log tells it too.
async fn setup_code(app: &AppState) -> Option<String> {
    match app.accounts.setup_code().await {
        Ok(code) => {
            if let Some(code) = &code {
                tracing::info!(
                    code,
                    "there is no administrator yet: make the account at /setup"
                );
            }
            code
        }
        Err(error) => {
            tracing::warn!(%error, "whether there is an administrator is not known");
            None
        }
    }
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.addresses.people
    }

    /// What whoever started it wants to know: where it is, and how to become the administrator, while
    /// there is none.
    pub fn greeting(&self) -> String {
        let url = &self.url;
        let invited = self.setup_code.as_ref().map_or_else(String::new, |code| {
            format!("There is no administrator yet: make the account at {url}/setup?code={code}\n")
        });
        format!("zspchat is at {url}\n{invited}")
    }

    /// Where it leads people from plain http to https.
    pub fn redirect_address(&self) -> Option<SocketAddr> {
        self.addresses.redirect
    }

    /// What its handlers use.
    pub fn app(&self) -> &AppState {
        &self.app
    }

    /// Stops: says so at `/readyz`, commits and answers what was accepted, says `bye` to streams,
    /// lets requests under way end, closes the database and lets the next server have it.
    pub async fn stop(self) {
        self.app.stopping.store(true, Ordering::SeqCst);
        if let Some(telling) = self.telling {
            telling.stop().await;
        }
        self.app.chat.stop().await;
        self.stop_accepting.send_replace(true);
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::warn!(%error, "a task did not end well");
            }
        }
        self.app.store.close().await;
        drop(self.release);
        if let Err(error) = self.holding.await {
            tracing::warn!(%error, "the database was not let go of well");
        }
    }
}

/// Opens the database. A server that does not answer yet is waited for, and something done meanwhile.
async fn open(
    config: &Config,
    clock: &Clock,
    random: &Random,
    meanwhile: impl FnOnce(),
) -> Result<Store, OpenError> {
    let mut meanwhile = Some(meanwhile);
    loop {
        match Store::open(&database(config), clock, random).await {
            Err(error) if error.is_transient() && config.database.url.is_some() => {
                tracing::warn!(%error, "waiting for the database");
                if let Some(begin) = meanwhile.take() {
                    begin();
                }
                tokio::time::sleep(DATABASE_AGAIN).await;
            }
            opened => return opened,
        }
    }
}

/// Keeps the database for this server, or waits for it, until it is released.
async fn hold(mut claim: Claim, app: AppState, mut released: oneshot::Receiver<()>) {
    let mut interval = tokio::time::interval(CLAIM_EVERY);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = interval.tick() => {}
            _ = &mut released => break,
        }
        let seen = claim.look().await;
        if seen == Seen::Held && app.store.is_taken() {
            // The other server may have ended some.
            app.accounts.sessions.tidy().await;
        }
        app.store.note_claim(seen);
        if app.store.is_taken() {
            app.chat.hub.end_streams();
        }
    }
    claim.release().await;
}

async fn tidy(app: AppState, mut stopped: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(SESSIONS_EVERY) => {
                app.accounts.sessions.tidy().await;
                if let Some(metrics) = &app.metrics {
                    // Adds up what was measured, which would lie in memory until somebody asks.
                    metrics.run_upkeep();
                }
            }
            _ = stopped.changed() => return,
        }
    }
}
