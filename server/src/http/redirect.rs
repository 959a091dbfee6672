//! Plain http, where people reach the server by https: they are led there.

use axum::Router;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};

use crate::config::PublicUrl;

/// Answers everything by where the same is over https. That is the configured address, whatever host
/// the request names: nobody is led elsewhere.
pub fn router(to: &PublicUrl) -> Router {
    let origin = to.origin().to_owned();
    Router::new().fallback(move |uri: Uri| {
        let answer = redirect(&origin, &uri);
        async move { answer }
    })
}

fn redirect(origin: &str, uri: &Uri) -> Response {
    // What is no path, such as the `*` of an OPTIONS, would run into the host.
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let path = if path.starts_with('/') { path } else { "/" };
    let location = [(header::LOCATION, format!("{origin}{path}"))];
    (StatusCode::PERMANENT_REDIRECT, location).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_led_to_the_configured_host() {
        for (asked, path) in [
            ("/", "/"),
            ("/chats?q=%E4%BD%A0&x=1", "/chats?q=%E4%BD%A0&x=1"),
            ("//evil.example/", "//evil.example/"),
            ("http://evil.example/login", "/login"),
            ("evil.example:443", "/"),
            ("*", "/"),
        ] {
            let answer = redirect("https://chat.example.org", &asked.parse().unwrap());
            assert_eq!(answer.status(), 308);
            let location = answer.headers()[header::LOCATION].to_str().unwrap();
            assert_eq!(location, format!("https://chat.example.org{path}"));
        }
    }
}
