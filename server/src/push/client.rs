//! Handing a message to a push service: RFC 8030.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, RETRY_AFTER, USER_AGENT,
};
use hyper::{Request, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use protocol::Millis;
use rustls::{ClientConfig, RootCertStore};

/// How long a push service may take to answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// How much of an answer is read, so that its connection can be used again.
const LARGEST: usize = 16 * 1024;

/// Sends over connections that are kept for a while. Redirects are not followed: an address that was
/// checked would lead to one that was not.
#[derive(Clone)]
pub(super) struct Client(legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

/// What is handed over.
pub(super) struct Message<'a> {
    /// Where.
    pub(super) to: &'a Uri,
    /// Who sends.
    pub(super) authorization: String,
    /// For how many seconds it is to be kept while the browser is away.
    pub(super) ttl: u64,
    /// Replaces what has the same topic, and has not reached the browser.
    pub(super) topic: &'a str,
    /// It, encrypted.
    pub(super) body: Vec<u8>,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Handed {
    /// The service has it.
    Taken,
    /// The browser has unsubscribed.
    Gone,
    /// It may be tried again, in so many milliseconds if the service says so.
    Later(Option<Millis>),
    /// This message is not taken, for a reason that will not change.
    Refused(u16),
}

impl Client {
    pub(super) fn new() -> Self {
        let mut roots = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            tracing::warn!(
                "the system has no certificate authorities: no push service can be trusted"
            );
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring knows the versions of TLS that are safe")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(config)
            .https_or_http()
            .enable_http1()
            .build();
        Self(legacy::Client::builder(TokioExecutor::new()).build(connector))
    }

    /// Hands a message over, within ten seconds. `now` is what a date to come back at is compared with.
    pub(super) async fn hand(&self, message: Message<'_>, now: Millis) -> Handed {
        let request = Request::post(message.to)
            .header(USER_AGENT, concat!("zspchat/", env!("CARGO_PKG_VERSION")))
            .header(AUTHORIZATION, message.authorization)
            .header(CONTENT_TYPE, "application/octet-stream")
            .header(CONTENT_ENCODING, "aes128gcm")
            .header("ttl", message.ttl)
            .header("urgency", "high")
            .header("topic", message.topic)
            .body(Full::new(Bytes::from(message.body)));
        let Ok(request) = request else {
            return Handed::Refused(0);
        };
        let answered = async {
            let answer = self.0.request(request).await.ok()?;
            let (status, headers) = (answer.status(), answer.headers().clone());
            // Whatever it says besides, this is what became of it.
            let _ = Limited::new(answer.into_body(), LARGEST).collect().await;
            Some((status, headers))
        };
        match tokio::time::timeout(PATIENCE, answered).await {
            Ok(Some((status, headers))) => read(status, &headers, now),
            Ok(None) | Err(_) => Handed::Later(None),
        }
    }
}

fn read(status: StatusCode, headers: &HeaderMap, now: Millis) -> Handed {
    match status {
        status if status.is_success() => Handed::Taken,
        StatusCode::NOT_FOUND | StatusCode::GONE => Handed::Gone,
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
            Handed::Later(retry_after(headers, now))
        }
        status if status.is_server_error() => Handed::Later(retry_after(headers, now)),
        status => Handed::Refused(status.as_u16()),
    }
}

/// In how many milliseconds to come back: the header has seconds, or a date.
fn retry_after(headers: &HeaderMap, now: Millis) -> Option<Millis> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(Millis::from(seconds) * 1_000);
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?;
    Some((date.timestamp().as_millisecond() - now).max(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    #[test]
    fn what_became_of_it_follows_from_the_answer() {
        let of = |status: u16, retry: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_static(retry));
            read(
                StatusCode::from_u16(status).unwrap(),
                &headers,
                784_111_777_000 - 5_000,
            )
        };
        assert_eq!(of(201, ""), Handed::Taken);
        assert_eq!(of(404, ""), Handed::Gone);
        assert_eq!(of(410, ""), Handed::Gone);
        assert_eq!(of(429, "7"), Handed::Later(Some(7_000)));
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(of(503, date), Handed::Later(Some(5_000)));
        assert_eq!(of(500, "soon"), Handed::Later(None));
        assert_eq!(of(302, ""), Handed::Refused(302));
        assert_eq!(of(413, ""), Handed::Refused(413));
    }
}
