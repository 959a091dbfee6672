//! From data to HTML.

use app::StillPage;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use leptos::nonce::Nonce;
use leptos::prelude::{Owner, RenderHtml as _, provide_context};
use protocol::Code;
use protocol::api::pages::{Boot, Language};
use sha2::{Digest as _, Sha256};

use crate::app_state::AppState;
use crate::http::problem::Failure;
use crate::http::security;

/// A page of that data, at that path and query.
///
/// # Errors
/// `500` for a page that cannot be rendered.
pub async fn live(app: &AppState, boot: Boot, path: &str) -> Result<Response, Failure> {
    let nonce = Nonce::new();
    let policy = security::page_policy(&nonce);
    let html = render(app, Some(boot), path, nonce).await?;
    let mut page = Response::new(Body::from(html));
    let headers = page.headers_mut();
    headers.insert(header::CONTENT_TYPE, HTML);
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    Ok(page)
}

/// A page that no script makes live; it may have a small one of its own.
pub fn still(app: &AppState, boot: Boot, page: StillPage) -> Response {
    let css = &app.site.entry().css;
    let policy = match page.script() {
        Some(_) => security::scripted_still_page_policy(),
        None => security::still_page_policy(),
    };
    // Nothing in it is waited for, nor handed to a script.
    let html = Owner::new().with(|| app::still_document(boot, page, css).to_html());
    let mut page = Response::new(Body::from(with_carriage_returns(html)));
    let headers = page.headers_mut();
    headers.insert(header::CONTENT_TYPE, HTML);
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    page
}

/// The shell without data. It is kept by service workers, so its scripts are allowed by the hash of
/// their text instead of a nonce.
///
/// # Errors
/// `500` for a shell that cannot be rendered.
pub async fn kept(app: &AppState) -> Result<Response, PageFailure> {
    // Not a secret: the policy does not name it.
    let html = render(app, None, "/offline", Nonce::new()).await?;
    let policy = security::kept_page_policy(&script_hashes(&html));
    let mut page = Response::new(Body::from(html));
    let headers = page.headers_mut();
    headers.insert(header::CONTENT_TYPE, HTML);
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(page)
}

const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

async fn render(
    app: &AppState,
    boot: Option<Boot>,
    path: &str,
    nonce: Nonce,
) -> Result<String, Failure> {
    let assets = app.site.entry().clone();
    let given = nonce.clone();
    let address = path.to_owned();
    let handler = leptos_axum::render_app_async_with_context(
        move || provide_context(given.clone()),
        move || app::shell(boot.clone(), &address, &assets, &nonce),
    );
    let broken = |error: &dyn std::fmt::Display| {
        tracing::error!(%error, "a page could not be rendered");
        Failure::from(Code::Internal)
    };
    let request = Request::builder()
        .uri(path)
        .body(Body::empty())
        .map_err(|error| broken(&error))?;
    let page = handler(request).await;
    let html = to_bytes(page.into_body(), usize::MAX)
        .await
        .map_err(|error| broken(&error))?;
    let html = String::from_utf8(html.to_vec()).map_err(|error| broken(&error))?;
    Ok(with_carriage_returns(html))
}

/// A carriage return that stands in a page as it is becomes a line feed when it is read: what was
/// written with one would be shown as something else. In scripts, JSON has escaped it.
fn with_carriage_returns(html: String) -> String {
    if html.contains('\r') {
        html.replace('\r', "&#13;")
    } else {
        html
    }
}

/// The SHA-256 of each inline script, as a policy names it.
fn script_hashes(html: &str) -> Vec<String> {
    html.split("<script")
        .skip(1)
        .filter_map(|rest| {
            let (attributes, rest) = rest.split_once('>')?;
            let (script, _) = rest.split_once("</script>")?;
            (!attributes.contains(" src=")).then_some(script)
        })
        .map(|script| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(script))))
        .collect()
}

/// Leads on to another site: the answer to a form may not, since its redirects are held to this one.
pub fn leading_on(language: Language, label: &str, address: &str) -> Response {
    let says = match language {
        Language::Chinese => "正在前往",
        Language::English => "On to",
    };
    let html = format!(
        "<!DOCTYPE html><html lang=\"{}\"><head><meta charset=\"utf-8\"><title>zspchat</title></head>\
         <body><main><p>{says} <a href=\"{}\">{}</a></p></main></body></html>",
        language.tag(),
        escaped(address),
        escaped(label)
    );
    let mut page = ([(header::CONTENT_TYPE, HTML)], html).into_response();
    if let Ok(refresh) = HeaderValue::from_str(&format!("0;url={address}")) {
        page.headers_mut().insert(header::REFRESH, refresh);
    }
    page
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// A page that cannot be shown: says so in few words, without script.
#[derive(Debug)]
pub struct PageFailure(Failure);

impl From<Failure> for PageFailure {
    fn from(failure: Failure) -> Self {
        Self(failure)
    }
}

impl IntoResponse for PageFailure {
    fn into_response(self) -> Response {
        let retry_after = self.0.retry_after();
        let problem = self.0.into_problem();
        let status =
            StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let (chinese, english) = match problem.code {
            Code::NotFound => ("没有这个页面。", "There is no such page."),
            _ => (
                "暂时无法显示，请稍后再试。",
                "This cannot be shown now. Try again in a moment.",
            ),
        };
        let html = format!(
            "<!DOCTYPE html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><title>zspchat</title>\
             </head><body><main><p>{chinese}</p><p lang=\"en\">{english}</p><p><a href=\"/\">zspchat</a></p>\
             <p><small>{}</small></p></main></body></html>",
            problem.request_id.unwrap_or_default()
        );
        let mut page = (status, [(header::CONTENT_TYPE, HTML)], html).into_response();
        if let Some(seconds) = retry_after {
            let seconds = HeaderValue::from(seconds);
            page.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_scripts_are_named_by_their_text() {
        let html =
            "<script src=\"/a.js\"></script><p></p><script type=\"module\">alert(1)</script>";
        assert_eq!(
            script_hashes(html),
            ["'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"]
        );
    }
}
