//! Asking the authority: half a minute each, answers of a bounded size.

use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{Request, Response};
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};

use crate::https::{self, Schemes};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How large it may be: a chain of certificates is some kilobytes.
const LARGEST: usize = 256 * 1024;

/// Asks by https only.
#[derive(Clone)]
pub(super) struct Client(https::Client<BodyWrapper<Bytes>>);

impl Client {
    /// Trusts the authorities of the system, or those in a PEM file instead.
    ///
    /// # Errors
    /// The file cannot be read, or holds none.
    pub fn new(authorities: Option<&Path>) -> Result<Self, String> {
        let authorities = authorities.map_or_else(|| Ok(https::of_system()), https::of_file)?;
        Ok(Self(https::client(authorities, Schemes::Https)))
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
