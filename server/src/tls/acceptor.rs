//! The beginning of an encrypted connection.

use std::io;
use std::sync::Arc;

use rustls::ServerConfig;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::presented::{CHALLENGE_PROTOCOL, Presented};

/// An encrypted connection.
pub type Secured = TlsStream<TcpStream>;

/// Agrees on keys with whoever connects. Clones share all.
#[derive(Clone)]
pub struct Acceptor(TlsAcceptor);

impl Acceptor {
    /// With `challenges`, an authority may also look whether a name leads here.
    pub(super) fn new(presented: &Arc<Presented>, challenges: bool) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring knows the versions of TLS that are safe")
            .with_no_client_auth()
            .with_cert_resolver(presented.clone());
        // Not HTTP/2: a browser has one stream of events, whatever the number of its tabs, and what else
        // it asks is short, so that the six connections it makes by HTTP/1.1 are enough.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        if challenges {
            config.alpn_protocols.push(CHALLENGE_PROTOCOL.to_vec());
        }
        // Who comes back, as all do after a start, is spared the most of the work.
        match rustls::crypto::ring::Ticketer::new() {
            Ok(ticketer) => config.ticketer = ticketer,
            Err(error) => tracing::warn!(%error, "connections by TLS are not resumed"),
        }
        Self(TlsAcceptor::from(Arc::new(config)))
    }

    /// Agrees on keys. `None` if that was all the other end wanted to see, as an authority.
    ///
    /// # Errors
    /// The other end wants something else, or there is no certificate yet.
    pub async fn accept(&self, stream: TcpStream) -> io::Result<Option<Secured>> {
        let mut stream = self.0.accept(stream).await?;
        if stream.get_ref().1.alpn_protocol() == Some(CHALLENGE_PROTOCOL) {
            stream.shutdown().await?;
            return Ok(None);
        }
        Ok(Some(stream))
    }
}
