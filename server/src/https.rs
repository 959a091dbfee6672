//! Asking other servers: the client that all who do so share, and whom it trusts.

use std::path::Path;
use std::sync::Arc;

use bytes::Buf;
use hyper::body::Body;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

/// Asks over connections that are kept. It follows no redirects and sets no limits of time or size:
/// whoever asks does.
pub type Client<B> = legacy::Client<HttpsConnector<HttpConnector>, B>;

/// How others may be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schemes {
    /// By https only.
    Https,
    /// Also by http.
    Http,
}

/// A client that trusts these authorities.
pub fn client<B>(authorities: RootCertStore, schemes: Schemes) -> Client<B>
where
    B: Body<Data: Buf + Send> + Send,
{
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring knows the versions of TLS that are safe")
        .with_root_certificates(authorities)
        .with_no_client_auth();
    let connector = HttpsConnectorBuilder::new().with_tls_config(config);
    let connector = match schemes {
        Schemes::Https => connector.https_only(),
        Schemes::Http => connector.https_or_http(),
    };
    let connector = connector.enable_http1().build();
    legacy::Client::builder(TokioExecutor::new()).build(connector)
}

/// The authorities that the system trusts.
pub fn of_system() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        tracing::warn!("the system has no certificate authorities: no server can be trusted");
    }
    roots
}

/// The authorities in a PEM file.
///
/// # Errors
/// The file cannot be read, or holds none.
pub fn of_file(file: &Path) -> Result<RootCertStore, String> {
    let text = std::fs::read(file)
        .map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.unwrap_or_default());
    if roots.is_empty() {
        return Err(format!("{} holds no certificate", file.display()));
    }
    Ok(roots)
}
