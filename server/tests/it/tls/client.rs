//! Clients that speak TLS, and look closely at what they are shown.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Whom a client trusts, and what it speaks.
#[derive(Clone)]
pub struct Trust(ClientConfig);

impl Trust {
    /// Trusts the authorities of a PEM text alone.
    pub fn only(authorities: &[u8]) -> Self {
        let mut roots = RootCertStore::empty();
        for authority in CertificateDer::pem_slice_iter(authorities) {
            roots.add(authority.unwrap()).unwrap();
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        // Who comes back is not shown a certificate.
        config.resumption = Resumption::disabled();
        Self(config)
    }

    /// Offers these protocols (ALPN).
    pub fn speaking(mut self, protocols: &[&str]) -> Self {
        let protocols = protocols.iter().map(|name| name.as_bytes().to_vec());
        self.0.alpn_protocols = protocols.collect();
        self
    }

    pub async fn connect(
        &self,
        address: SocketAddr,
        name: &str,
    ) -> io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let stream = TcpStream::connect(address).await?;
        let connector = TlsConnector::from(Arc::new(self.0.clone()));
        let mut stream = connector.connect(name, stream).await?;
        // By TLS 1.3 a client may be done before the server has said no.
        stream.flush().await?;
        Ok(stream)
    }

    /// The certificate that a server shows for a name.
    pub async fn shown(
        &self,
        address: SocketAddr,
        name: &str,
    ) -> io::Result<CertificateDer<'static>> {
        let stream = self.connect(address, name).await?;
        let shown = stream.get_ref().1.peer_certificates().unwrap();
        Ok(shown[0].clone().into_owned())
    }

    /// Asks for a page by a connection of its own; gives the whole answer.
    pub async fn get(&self, address: SocketAddr, name: &str, path: &str) -> io::Result<String> {
        let mut stream = self.connect(address, name).await?;
        let question = format!("GET {path} HTTP/1.1\r\nhost: {name}\r\nconnection: close\r\n\r\n");
        stream.write_all(question.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer)
    }
}

/// The first certificate of a PEM file.
pub fn in_file(file: &std::path::Path) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(file).unwrap()
}

/// Lets clients that speak plain http reach a server by TLS.
pub struct Tunnel {
    pub base: String,
}

impl Tunnel {
    pub async fn open(server: SocketAddr, name: &'static str, trust: Trust) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let trust = trust.speaking(&["h2", "http/1.1"]);
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let trust = trust.clone();
                tokio::spawn(async move {
                    if let Ok(mut far) = trust.connect(server, name).await {
                        // Either end may close whenever it likes.
                        let _ = copy_bidirectional(&mut near, &mut far).await;
                    }
                });
            }
        });
        Self { base }
    }
}
