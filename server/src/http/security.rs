//! What keeps other sites out: the `Origin` check, and headers that tell browsers what is allowed.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::response::{IntoResponse as _, Response};
use protocol::Code;

use super::caller::bearer;
use super::problem::Failure;
use crate::app_state::AppState;
use crate::config::PublicUrl;

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// For answers that are not pages: nothing may be loaded or run.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";

/// For the service worker, which goes by the policy of its own script: it asks this site, no other.
/// Images are those of its notifications.
pub const WORKER_POLICY: &str =
    "default-src 'none'; connect-src 'self'; img-src 'self'; script-src 'self'";

/// Refuses changes asked for by other sites, and sets the headers of every answer.
pub async fn guard<F>(
    app: &AppState,
    request: Request,
    answer: impl FnOnce(Request) -> F,
) -> Response
where
    F: Future<Output = Response>,
{
    let may = is_safe(request.method()) || is_own(app, request.headers()) || is_program(&request);
    let response = if may {
        answer(request).await
    } else {
        Failure::new(
            Code::ForeignOrigin,
            "A change needs an Origin header that names this site.",
        )
        .into_response()
    };
    tell_browsers(app.config.public_url.as_ref(), response)
}

/// Sets the headers that tell browsers what is allowed, but for those that an answer has set itself.
pub fn tell_browsers(url: Option<&PublicUrl>, mut response: Response) -> Response {
    let headers = response.headers_mut();
    let mut set = |name, value| {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, NOTHING);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    // Not `no-referrer`: with that, browsers post forms with `Origin: null`.
    set(header::REFERRER_POLICY, "same-origin");
    set(
        PERMISSIONS_POLICY,
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    );
    set(header::CACHE_CONTROL, "no-store");
    // For a configured host only: one that is reached by an address or `localhost` has other servers.
    if url.is_some_and(PublicUrl::is_https) {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    response
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Whether a program asks: a browser adds no token of its own accord, as it does cookies.
fn is_program(request: &Request) -> bool {
    request.uri().path().starts_with("/api/") && bearer(request.headers()).is_some()
}

/// Whether a request's `Origin` is the site itself: the configured one, else whatever host the
/// request was sent to.
fn is_own(app: &AppState, headers: &HeaderMap) -> bool {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    let Some(origin) = text(header::ORIGIN) else {
        return false;
    };
    if let Some(url) = &app.config.public_url {
        return origin.eq_ignore_ascii_case(url.origin());
    }
    let Some((scheme, authority)) = origin.split_once("://") else {
        return false;
    };
    // A page that came by plain http may have been made by anybody on the way.
    if app.config.tls.is_on() && scheme != "https" {
        return false;
    }
    text(header::HOST).is_some_and(|host| host.eq_ignore_ascii_case(authority))
}

/// The policy of a page whose scripts carry `nonce`.
pub fn page_policy(nonce: &str) -> HeaderValue {
    policy(&format!("'nonce-{nonce}'"), &format!("'nonce-{nonce}'"))
}

/// The policy of a page that is kept, so that no nonce can be fresh: its scripts are named by the
/// SHA-256 of their text.
pub fn kept_page_policy(hashes: &[String]) -> HeaderValue {
    policy(&hashes.join(" "), "")
}

/// The policy of a page without any script.
pub fn still_page_policy() -> HeaderValue {
    HeaderValue::from_static(
        "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
         manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    )
}

/// The policy of such a page that has a script of its own, a file of the site.
pub fn scripted_still_page_policy() -> HeaderValue {
    HeaderValue::from_static(
        "default-src 'none'; script-src 'self'; connect-src 'self'; worker-src 'self'; \
         style-src 'self'; img-src 'self' data:; font-src 'self'; manifest-src 'self'; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    )
}

fn policy(scripts: &str, styles: &str) -> HeaderValue {
    let text = format!(
        "default-src 'none'; script-src 'self' {scripts} 'wasm-unsafe-eval'; \
         style-src 'self' {styles}; img-src 'self' data: blob:; connect-src 'self'; \
         font-src 'self'; manifest-src 'self'; media-src 'self'; worker-src 'self'; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(NOTHING))
}
