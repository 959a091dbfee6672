//! Connections: accepted, served, and ended in good order.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tower::ServiceExt as _;

use super::Peer;
use crate::config::Patience;
use crate::telemetry::metrics::HTTP_CONNECTIONS;
use crate::tls::{Acceptor, Secured};

/// How long requests under way may take once the server stops.
const LAST_REQUESTS: Duration = Duration::from_secs(10);

/// How long sent data may stay unacknowledged before the other end counts as gone.
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

/// Buffer of a connection, in bytes: small, since most are streams that rarely say anything.
const BUFFER: usize = 8 * 1024;

/// Serves connections, by TLS where there is an acceptor, until it is told to stop, then until each has
/// answered what it was asked.
pub async fn accept(
    listener: Arc<TcpListener>,
    router: Router,
    patience: Patience,
    tls: Option<Acceptor>,
    mut stopped: watch::Receiver<bool>,
) {
    let graceful = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(patience.head)
        .max_buf_size(BUFFER);
    let http = Arc::new(http);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.changed() => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of files, most likely: those open must close first.
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        set_options(&stream);
        let connection = Connection {
            http: Arc::clone(&http),
            router: router.clone(),
            peer,
            watcher: graceful.watcher(),
        };
        let tls = tls.clone();
        let stopped = stopped.clone();
        tokio::spawn(async move {
            let open = metrics::gauge!(HTTP_CONNECTIONS);
            open.increment(1);
            match tls {
                None => connection.serve(stream).await,
                Some(tls) => {
                    if let Some(stream) = secure(&tls, stream, patience.head, stopped).await {
                        connection.serve(stream).await;
                    }
                }
            }
            open.decrement(1);
        });
    }
    drop(listener);
    if tokio::time::timeout(LAST_REQUESTS, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some requests did not end in time");
    }
}

/// A connection that requests are about to come by.
struct Connection {
    http: Arc<http1::Builder>,
    router: Router,
    peer: SocketAddr,
    watcher: Watcher,
}

impl Connection {
    async fn serve<S>(self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Self { router, peer, .. } = self;
        let service = hyper::service::service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(Peer(peer));
            router.clone().oneshot(request)
        });
        let connection = self.http.serve_connection(TokioIo::new(stream), service);
        if let Err(error) = self.watcher.watch(connection).await {
            tracing::debug!(%error, "a connection broke");
        }
    }
}

/// Agrees on keys, unless that takes too long or the server stops. `None` if no request comes by this
/// connection.
async fn secure(
    tls: &Acceptor,
    stream: TcpStream,
    patience: Duration,
    mut stopped: watch::Receiver<bool>,
) -> Option<Secured> {
    let agreed = tokio::select! {
        agreed = tokio::time::timeout(patience, tls.accept(stream)) => agreed,
        _ = stopped.changed() => return None,
    };
    match agreed {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            tracing::debug!(%error, "a connection was not secured");
            None
        }
        Err(_) => {
            tracing::debug!("a connection was not secured in time");
            None
        }
    }
}

fn set_options(stream: &TcpStream) {
    let socket = socket2::SockRef::from(stream);
    let set = socket.set_tcp_nodelay(true);
    #[cfg(target_os = "linux")]
    let set = set.and_then(|()| socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED)));
    if let Err(error) = set {
        tracing::debug!(%error, "a connection's options were not set");
    }
}
