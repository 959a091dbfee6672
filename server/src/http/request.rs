//! One request: its id, its log lines, its counts.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use metrics::{Counter, Histogram};
use protocol::{ConversationId, UserId};
use tracing::Instrument as _;

use super::problem::Failure;
use crate::accounts::Origin;
use crate::app_state::AppState;
use crate::telemetry::audit;
use crate::telemetry::metrics::{HTTP_REQUESTS, HTTP_SECONDS};
use crate::telemetry::traces::{self, About, Trace, TraceId, names};

/// Names a request in log lines, problems and this header of its answer.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The address at the other end of the connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

tokio::task_local! {
    static CURRENT: (TraceId, Option<Trace>);
}

/// The id of the request that is being answered.
pub fn current_id() -> Option<String> {
    CURRENT.try_with(|(id, _)| id.to_string()).ok()
}

/// The request that is being answered, if it is traced.
pub fn trace() -> Option<Trace> {
    CURRENT.try_with(|(_, trace)| *trace).ok().flatten()
}

/// The trace that a proxy began with this request. Others are not asked: whoever could choose ids could
/// mix up what happened to whom.
fn given(app: &AppState, request: &Request) -> Option<Trace> {
    let Peer(peer) = request.extensions().get()?;
    if !app
        .config
        .trusted_proxies
        .contains(&peer.ip().to_canonical())
    {
        return None;
    }
    request
        .headers()
        .get("traceparent")?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

/// Names the request, and logs and counts its answer.
pub async fn name<F>(
    app: &AppState,
    request: Request,
    answer: impl FnOnce(Request) -> F,
) -> Response
where
    F: Future<Output = Response>,
{
    let given = given(app, &request);
    let id = given.map_or_else(|| app.request_ids.take(), |trace| trace.id);
    let step = traces::begin(id, given).map(|trace| trace.step(names::REQUEST));
    let path = request.extensions().get::<MatchedPath>().cloned();
    let peer = request.extensions().get::<Peer>().copied();
    let address = address(app, peer, request.headers());
    let method = request.method().clone();
    let route = path.as_ref().map_or(OTHER, MatchedPath::as_str);
    let span = tracing::info_span!(
        "request",
        request = %id,
        %method,
        route,
        user = tracing::field::Empty,
        conversation = tracing::field::Empty
    );
    let started = tokio::time::Instant::now();
    let answer = answer(request);
    let answer = async {
        let mut response = answer.await;
        let status = response.status();
        let seconds = started.elapsed().as_secs_f64();
        if status.is_server_error() {
            tracing::warn!(status = status.as_u16(), seconds, "answered");
        } else {
            tracing::debug!(status = status.as_u16(), seconds, "answered");
        }
        if status == StatusCode::FORBIDDEN {
            audit::Entry::new(audit::Act::Ask)
                .detail(route)
                .refused("forbidden");
        }
        count(route, &method, status, seconds);
        if let Some(step) = step {
            step.end(&About {
                route: Some(route),
                outcome: Some(status.as_str()),
                failed: status.is_server_error(),
                ..About::default()
            });
        }
        if let Ok(value) = HeaderValue::try_from(id.to_string()) {
            response.headers_mut().insert(REQUEST_ID, value);
        }
        response
    };
    let answer = audit::from(address, answer.instrument(span.clone()));
    let trace = step.map(|step| step.trace());
    CURRENT.scope((id, trace), answer).await
}

/// Notes on the request's log lines who asks, once that is known.
pub fn is_of(user: UserId) {
    tracing::Span::current().record("user", tracing::field::display(user));
}

/// Notes on the request's log lines which conversation it is about.
pub fn is_about(conversation: ConversationId) {
    tracing::Span::current().record("conversation", tracing::field::display(conversation));
}

/// Where what is asked has no name of its own.
const OTHER: &str = "other";

/// What the answers of a route are counted by. To find it by its labels takes longer than many a
/// request, so that each thread keeps what it has found.
struct Counts {
    seconds: Histogram,
    /// By method, where that has a name, and status.
    requests: HashMap<(Option<Method>, StatusCode), Counter>,
}

thread_local! {
    static COUNTS: RefCell<HashMap<String, Counts>> = RefCell::default();
}

fn count(route: &str, method: &Method, status: StatusCode, seconds: f64) {
    COUNTS.with_borrow_mut(|routes| {
        let counts = match routes.get_mut(route) {
            Some(counts) => counts,
            None => routes.entry(route.to_owned()).or_insert_with(|| Counts {
                seconds: metrics::histogram!(HTTP_SECONDS, "route" => route.to_owned()),
                requests: HashMap::new(),
            }),
        };
        counts.seconds.record(seconds);
        // Whoever asks may make up methods, but no counters.
        let named = METHODS.contains(method).then(|| method.clone());
        let counter =
            counts
                .requests
                .entry((named, status))
                .or_insert_with_key(|(named, status)| {
                    let method = named.as_ref().map_or(OTHER, Method::as_str);
                    let labels = [
                        ("method", method.to_owned()),
                        ("route", route.to_owned()),
                        ("status", status.as_str().to_owned()),
                    ];
                    metrics::counter!(HTTP_REQUESTS, &labels)
                });
        counter.increment(1);
    });
}

/// Methods that are counted by name.
const METHODS: [Method; 7] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::OPTIONS,
];

/// Where a request came from: the connection's other end or, behind a trusted proxy, whom that names.
pub fn origin(app: &AppState, peer: Option<Peer>, headers: &HeaderMap) -> Origin {
    Origin {
        address: address(app, peer, headers).map_or_else(String::new, counted_as),
        agent: headers
            .get(header::USER_AGENT)
            .and_then(|agent| agent.to_str().ok())
            .unwrap_or_default()
            .to_owned(),
    }
}

fn address(app: &AppState, peer: Option<Peer>, headers: &HeaderMap) -> Option<IpAddr> {
    let connected = peer.map(|Peer(address)| address.ip().to_canonical());
    let trusted = |address: &IpAddr| app.config.trusted_proxies.contains(address);
    let forwarded = || {
        let all = headers.get_all("x-forwarded-for").iter();
        all.filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(|one| one.trim().parse::<IpAddr>().ok())
            .rfind(|address| !trusted(address))
    };
    match connected {
        Some(proxy) if trusted(&proxy) => forwarded().or(Some(proxy)),
        connected => connected,
    }
}

/// Where people reach this site: as configured, else whatever host the request was sent to.
///
/// # Errors
/// `400` where neither says so.
pub fn site_origin(app: &AppState, headers: &HeaderMap) -> Result<String, Failure> {
    if let Some(url) = &app.config.public_url {
        return Ok(url.origin().to_owned());
    }
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .filter(|host| !host.contains('@') && host.parse::<hyper::http::uri::Authority>().is_ok())
        .ok_or_else(|| Failure::malformed("A request names its host."))?;
    let scheme = if app.is_https() { "https" } else { "http" };
    Ok(format!("{scheme}://{host}"))
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

impl Connected {
    /// Of a request.
    pub fn of(parts: &axum::http::request::Parts) -> Self {
        Self(parts.extensions.get().copied())
    }
}

impl<S: Sync> axum::extract::FromRequestParts<S> for Connected {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        _: &S,
    ) -> Result<Self, Self::Rejection> {
        Ok(Self::of(parts))
    }
}
