//! Asking the authority: half a minute each, answers of a bounded size.

use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{Request, Response};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How large it may be: a chain of certificates is some kilobytes.
const LARGEST: usize = 256 * 1024;

/// Asks by https only.
#[derive(Clone)]
pub(super) struct Client(legacy::Client<HttpsConnector<HttpConnector>, BodyWrapper<Bytes>>);

impl Client {
    /// Trusts the authorities of the system, or those in a PEM file instead.
    ///
    /// # Errors
    /// The file cannot be read, or holds none.
    pub fn new(authorities: Option<&Path>) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        if let Some(file) = authorities {
            let text = std::fs::read(file)
                .map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
            let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
            roots.add_parsable_certificates(found.unwrap_or_default());
            if roots.is_empty() {
                return Err(format!("{} holds no certificate", file.display()));
            }
        } else {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if roots.is_empty() {
                tracing::warn!("the system has no certificate authorities: none can be asked");
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring knows the versions of TLS that are safe")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(config)
            .https_only()
            .enable_http1()
            .build();
        Ok(Self(
            legacy::Client::builder(TokioExecutor::new()).build(connector),
        ))
    }

    pub fn boxed(&self) -> Box<dyn HttpClient> {
        Box::new(self.clone())
    }

    async fn ask(&self, request: Request<BodyWrapper<Bytes>>) -> Result<BytesResponse, Error> {
        let to = request.uri().clone();
        let failed = |what: &str| Error::Other(format!("{to} {what}").into());
        let answered = tokio::time::timeout(PATIENCE, async {
            let answer =
                self.0.request(request).await.map_err(|error| {
                    failed(&format!("cannot be reached: {}", innermost(&error)))
                })?;
            let (head, body) = answer.into_parts();
            let body = Limited::new(body, LARGEST).collect().await;
            let body = body.map_err(|_| failed("breaks off, or has no end"))?;
            Ok::<_, Error>(Response::from_parts(head, Full::new(body.to_bytes())))
        });
        let answer = answered.await.map_err(|_| failed("does not answer"))??;
        Ok(BytesResponse::from(answer))
    }
}

/// What is at the bottom of an error: the others only say that there is one.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

impl HttpClient for Client {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let client = self.clone();
        Box::pin(async move { client.ask(request).await })
    }
}
