//! Handing out the site.

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::{security, tagged};
use crate::app_state::AppState;

/// The service worker's script.
const WORKER: &str = "/sw.js";

/// The file of that path, compressed where the browser takes it so.
pub fn file(app: &AppState, request: &Parts) -> Option<Response> {
    if !matches!(request.method, Method::GET | Method::HEAD) {
        return None;
    }
    let file = app.site.file(request.uri.path())?;
    let cached = if file.immutable {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let tag = HeaderValue::from_str(&file.tag).ok()?;
    let headers = [
        (header::CACHE_CONTROL, HeaderValue::from_static(cached)),
        (header::ETAG, tag),
        (header::VARY, HeaderValue::from_static("accept-encoding")),
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static(file.media_type),
        ),
    ];
    if tagged::has(&request.headers, &file.tag) {
        return Some((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let mut response = match &file.compressed {
        Some(compressed) if takes_brotli(&request.headers) => {
            let encoding = [(header::CONTENT_ENCODING, HeaderValue::from_static("br"))];
            (headers, encoding, compressed.clone()).into_response()
        }
        _ => (headers, file.content.clone()).into_response(),
    };
    if request.uri.path() == WORKER {
        let policy = HeaderValue::from_static(security::WORKER_POLICY);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Some(response)
}

fn takes_brotli(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|one| one.split_once(';').unwrap_or((one, "")))
        .any(|(name, weight)| {
            name.trim().eq_ignore_ascii_case("br") && !matches!(weight.trim(), "q=0" | "q=0.0")
        })
}
