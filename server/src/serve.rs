//! Starts everything in order, and stops it in order.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::accounts::{HashFailed, Passwords, Throttle};
use crate::app_state::{App, AppState, database, put_together};
use crate::clock::Clock;
use crate::config::Config;
use crate::demo;
use crate::http;
use crate::random::Random;
use crate::site::{Site, SiteError};
use crate::store::{OpenError, Store, StoreError};

/// How often sessions are compared with the database, which `zspchat admin` may have changed.
const SESSIONS_EVERY: Duration = Duration::from_secs(10);

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
    /// The site is not whole.
    #[error(transparent)]
    Site(#[from] SiteError),
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
            "this needs more rights; choose a port from 1024 on".to_owned()
        }
        _ => cause.to_string(),
    }
}

/// A server that runs.
pub struct Running {
    app: AppState,
    address: SocketAddr,
    stop_accepting: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

/// Opens the database, starts the chat, and answers requests from here on.
///
/// # Errors
/// See [`StartError`].
pub async fn start(config: Config, with_demo: bool) -> Result<Running, StartError> {
    start_at(config, with_demo, Clock::system()).await
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
    let listener = listen(config.listen).await?;
    let address = listener.local_addr().unwrap_or(config.listen);
    let metrics_listener = match config.metrics.listen {
        Some(address) => Some(listen(address).await?),
        None => None,
    };
    let metrics_address = metrics_listener
        .as_ref()
        .and_then(|listener| listener.local_addr().ok());
    let store = Store::open(&database(&config), &clock, &random).await?;
    let metrics = crate::telemetry::metrics::start();
    let passwords = Passwords::new()?;
    if with_demo {
        demo::seed(&config, &store, &clock, &random, &passwords).await?;
    }
    let (chat, accounts) = put_together(&config, &store, &clock, &random, passwords);
    let app = AppState::new(App {
        site: site.unwrap_or_else(|| {
            tracing::warn!("there is no site: pages have neither styles nor script");
            Site::none()
        }),
        commands: Throttle::new(
            config.limits.commands_per_window,
            config.limits.command_window,
        ),
        config,
        store,
        clock,
        random,
        chat,
        accounts,
        metrics,
        stopping: AtomicBool::new(false),
    });

    let (stop_accepting, stopped) = watch::channel(false);
    let mut tasks = vec![
        tokio::spawn(http::accept(
            listener,
            http::router(app.clone()),
            app.config.patience,
            stopped.clone(),
        )),
        tokio::spawn(tidy(app.clone(), stopped.clone())),
    ];
    if let Some(listener) = metrics_listener {
        tasks.push(tokio::spawn(http::accept(
            listener,
            http::metrics_router(app.clone()),
            app.config.patience,
            stopped,
        )));
    }
    let url = match &app.config.public_url {
        Some(url) => url.origin().to_owned(),
        None => format!("http://{address}"),
    };
    println!("zspchat is at {url}");
    tracing::info!(
        %address,
        metrics = metrics_address.map(tracing::field::display),
        data = %app.config.data.display(),
        "serving"
    );
    Ok(Running {
        app,
        address,
        stop_accepting,
        tasks,
    })
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What its handlers use.
    pub fn app(&self) -> &AppState {
        &self.app
    }

    /// Stops: says so at `/readyz`, commits and answers what was accepted, says `bye` to streams,
    /// lets requests under way end, closes the database.
    pub async fn stop(self) {
        self.app.stopping.store(true, Ordering::SeqCst);
        self.app.chat.stop().await;
        self.stop_accepting.send_replace(true);
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::warn!(%error, "a task did not end well");
            }
        }
        self.app.store.close().await;
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address)
        .await
        .map_err(|cause| StartError::Listen { address, cause })
}

async fn tidy(app: AppState, mut stopped: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(SESSIONS_EVERY) => app.accounts.sessions.tidy().await,
            _ = stopped.changed() => return,
        }
    }
}
