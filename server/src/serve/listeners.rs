//! Where the server listens, and what it answers there.

use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::StartError;
use crate::app_state::AppState;
use crate::config::{Config, Role};
use crate::http;
use crate::tls::Tls;

/// Bound, but not yet answered at.
pub(super) struct Listeners {
    people: TcpListener,
    metrics: Option<TcpListener>,
    redirect: Option<TcpListener>,
}

/// The addresses of listeners.
#[derive(Debug, Clone, Copy)]
pub(super) struct Addresses {
    pub people: SocketAddr,
    pub metrics: Option<SocketAddr>,
    pub redirect: Option<SocketAddr>,
}

impl Listeners {
    pub async fn bind(config: &Config) -> Result<Self, StartError> {
        Ok(Self {
            people: listen(config.listen).await?,
            metrics: maybe(config.metrics.listen).await?,
            redirect: maybe(config.tls.redirect).await?,
        })
    }

    pub fn addresses(&self, config: &Config) -> Addresses {
        let bound = |listener: &Option<TcpListener>| listener.as_ref()?.local_addr().ok();
        Addresses {
            people: self.people.local_addr().unwrap_or(config.listen),
            metrics: bound(&self.metrics),
            redirect: bound(&self.redirect),
        }
    }

    /// Answers until it is told to stop; by TLS only where people ask.
    pub fn serve(
        self,
        app: &AppState,
        tls: Option<&Tls>,
        stopped: &watch::Receiver<bool>,
    ) -> Vec<JoinHandle<()>> {
        let serve = |listener, router, acceptor| {
            let patience = app.config.patience;
            tokio::spawn(http::accept(
                listener,
                router,
                patience,
                acceptor,
                stopped.clone(),
            ))
        };
        let router = match app.config.role {
            Role::Web | Role::All => http::router(app.clone()),
            Role::Writer => http::writer_router(app.clone()),
        };
        let mut tasks = vec![serve(self.people, router, tls.map(Tls::acceptor))];
        if let Some(listener) = self.metrics {
            tasks.push(serve(listener, http::metrics_router(app.clone()), None));
        }
        if let (Some(listener), Some(url)) = (self.redirect, &app.config.public_url) {
            tasks.push(serve(listener, http::redirect_router(url), None));
        }
        tasks
    }
}

async fn maybe(address: Option<SocketAddr>) -> Result<Option<TcpListener>, StartError> {
    match address {
        Some(address) => Ok(Some(listen(address).await?)),
        None => Ok(None),
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address)
        .await
        .map_err(|cause| StartError::Listen { address, cause })
}
