//! One request: its id, its log lines, its counts.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use crate::accounts::Origin;
use crate::app_state::AppState;
use crate::telemetry::metrics::{HTTP_REQUESTS, HTTP_SECONDS};

/// Names a request in log lines, problems and this header of its answer.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The address at the other end of the connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

tokio::task_local! {
    static CURRENT: String;
}

/// The id of the request that is being answered.
pub fn current_id() -> Option<String> {
    CURRENT.try_with(Clone::clone).ok()
}

/// Names the request, and logs and counts its answer.
pub async fn name(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let id = format!("{:016x}", u64::from_le_bytes(app.random.bytes()));
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "other".to_owned(), |path| path.as_str().to_owned());
    let method = request.method().clone();
    let span = tracing::info_span!("request", %id, %method, %route);
    let started = tokio::time::Instant::now();
    let answer = async {
        let mut response = next.run(request).await;
        let status = response.status();
        let seconds = started.elapsed().as_secs_f64();
        if status.is_server_error() {
            tracing::warn!(status = status.as_u16(), seconds, "answered");
        } else {
            tracing::debug!(status = status.as_u16(), seconds, "answered");
        }
        let labels = [
            ("method", method.as_str().to_owned()),
            ("route", route.clone()),
            ("status", status.as_str().to_owned()),
        ];
        metrics::counter!(HTTP_REQUESTS, &labels).increment(1);
        metrics::histogram!(HTTP_SECONDS, "route" => route.clone()).record(seconds);
        if let Ok(value) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(REQUEST_ID, value);
        }
        response
    };
    let answer = answer.instrument(span.clone());
    CURRENT.scope(id.clone(), answer).await
}

/// Where a request came from: the connection's other end or, behind a trusted proxy, whom that names.
pub fn origin(app: &AppState, peer: Option<Peer>, headers: &HeaderMap) -> Origin {
    let connected = peer.map(|Peer(address)| address.ip().to_canonical());
    let trusted = |address: &IpAddr| app.config.trusted_proxies.contains(address);
    let forwarded = || {
        let all = headers.get_all("x-forwarded-for").iter();
        all.filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(|one| one.trim().parse::<IpAddr>().ok())
            .rfind(|address| !trusted(address))
    };
    let address = match connected {
        Some(proxy) if trusted(&proxy) => forwarded().or(Some(proxy)),
        connected => connected,
    };
    Origin {
        address: address.map_or_else(String::new, counted_as),
        agent: headers
            .get(header::USER_AGENT)
            .and_then(|agent| agent.to_str().ok())
            .unwrap_or_default()
            .to_owned(),
    }
}

/// Whoever has one IPv6 address has the whole /64 around it.
fn counted_as(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// The connection's other end, where it is known: not in tests that call the router directly.
#[derive(Debug, Clone, Copy)]
pub struct Connected(pub Option<Peer>);

impl<S: Sync> axum::extract::FromRequestParts<S> for Connected {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        _: &S,
    ) -> Result<Self, Self::Rejection> {
        Ok(Self(parts.extensions.get().copied()))
    }
}
