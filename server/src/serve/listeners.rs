//! Where the server listens, and what it answers there.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::StartError;
use crate::config::Config;
use crate::http::{self, Routers};
use crate::tls::Tls;

/// Bound, whether or not answered at.
pub(super) struct Listeners {
    people: Arc<TcpListener>,
    metrics: Option<Arc<TcpListener>>,
    redirect: Option<Arc<TcpListener>>,
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
            people: Arc::new(listen(config.listen).await?),
            metrics: maybe(config.metrics.listen).await?,
            redirect: maybe(config.tls.redirect).await?,
        })
    }

    pub fn addresses(&self, config: &Config) -> Addresses {
        let bound = |listener: &Option<Arc<TcpListener>>| listener.as_ref()?.local_addr().ok();
        Addresses {
            people: self.people.local_addr().unwrap_or(config.listen),
            metrics: bound(&self.metrics),
            redirect: bound(&self.redirect),
        }
    }

    /// Answers until it is told to stop; by TLS only where people ask.
    pub fn serve(
        &self,
        config: &Config,
        routers: Routers,
        tls: Option<&Tls>,
        stopped: &watch::Receiver<bool>,
    ) -> Vec<JoinHandle<()>> {
        let serve = |listener: &Arc<TcpListener>, router, acceptor| {
            tokio::spawn(http::accept(
                Arc::clone(listener),
                router,
                config.patience,
                acceptor,
                stopped.clone(),
            ))
        };
        let acceptor = tls.map(Tls::acceptor);
        let mut tasks = vec![serve(&self.people, routers.people, acceptor)];
        if let Some(listener) = &self.metrics {
            tasks.push(serve(listener, routers.metrics, None));
        }
        if let (Some(listener), Some(router)) = (&self.redirect, routers.redirect) {
            tasks.push(serve(listener, router, None));
        }
        tasks
    }
}

async fn maybe(address: Option<SocketAddr>) -> Result<Option<Arc<TcpListener>>, StartError> {
    match address {
        Some(address) => Ok(Some(Arc::new(listen(address).await?))),
        None => Ok(None),
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address)
        .await
        .map_err(|cause| StartError::Listen { address, cause })
}
