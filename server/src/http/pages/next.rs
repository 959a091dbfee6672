//! What a log-in leads to, where something was asked for before it: a cookie keeps it, since there are
//! many ways to log in.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::AppendHeaders;

use crate::accounts::own_path;
use crate::app_state::AppState;
use crate::http::cookie;
use crate::http::signed_in::Cookies;

/// How long it is kept, in seconds: as long as the code can be used that asked for it.
const SECONDS: i64 = 2 * 60;

/// Where one goes otherwise.
const CHATS: &str = "/chats";

type SetCookie = AppendHeaders<[(HeaderName, HeaderValue); 1]>;

/// Keeps a path for after the log-in.
pub fn keep(app: &AppState, path: &str) -> SetCookie {
    let cookies = Cookies::of(app);
    set(cookies.secret(cookies.next, path, Some(SECONDS)))
}

/// The path that is kept, or the chats.
pub fn kept<'a>(app: &AppState, headers: &'a HeaderMap) -> &'a str {
    cookie::value(headers, Cookies::of(app).next)
        .and_then(own_path)
        .unwrap_or(CHATS)
}

/// Keeps none: somebody is logged in.
pub fn forget(app: &AppState) -> SetCookie {
    let cookies = Cookies::of(app);
    set(cookies.secret(cookies.next, "", Some(0)))
}

fn set(cookie: HeaderValue) -> SetCookie {
    AppendHeaders([(header::SET_COOKIE, cookie)])
}
