//! The description of the interface, made from its own types.

use std::sync::OnceLock;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, Ref, RefOr, Response as Described, ResponseBuilder};

use super::{
    access_tokens, accounts, commands, contacts, conversations, events, identities, push, stream,
    users,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "zspchat",
        description = "REST in, server-sent events out. Times are Unix milliseconds. A request that \
            changes something needs an `Origin` header that names the site; one of a browser names \
            the user it is meant for in `Zspchat-User`. A program sends a personal access token, or a JWT \
            of a configured issuer, as `Authorization: Bearer`, and neither of them. New fields may appear at any time."
    ),
    security(("session" = []), ("access_token" = [])),
    paths(
        accounts::register,
        accounts::who_am_i,
        accounts::log_in,
        accounts::log_out,
        accounts::me,
        accounts::change_me,
        accounts::change_password,
        accounts::sessions,
        accounts::end_session,
        accounts::end_other_sessions,
        access_tokens::list,
        access_tokens::make,
        access_tokens::end,
        push::get,
        push::change,
        push::subscribe,
        push::unsubscribe,
        accounts::limits,
        identities::list,
        identities::unlink,
        users::find,
        users::lookup,
        users::get,
        contacts::list,
        contacts::change,
        contacts::remove,
        contacts::requests,
        contacts::ask,
        contacts::accept,
        contacts::decline,
        conversations::list,
        conversations::get,
        conversations::create_group,
        conversations::open_direct,
        conversations::members,
        conversations::read,
        conversations::change_preferences,
        conversations::typing,
        commands::post,
        events::page,
        events::pull,
        events::calibrate,
        stream::open,
        stream::watch,
    ),
    components(schemas(
        protocol::Problem,
        protocol::stream::Sync,
        protocol::stream::Outcome,
        protocol::stream::Read,
        protocol::stream::Account,
        protocol::stream::Presence,
        protocol::stream::Typing,
        protocol::stream::Heartbeat,
        protocol::stream::Resync,
        protocol::stream::Bye,
    ))
)]
struct Documented;

/// The document.
pub fn described() -> &'static utoipa::openapi::OpenApi {
    static DOCUMENT: OnceLock<utoipa::openapi::OpenApi> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let mut document = Documented::openapi();
        if let Some(components) = &mut document.components {
            let cookie = ApiKeyValue::with_description(
                "session",
                "Set by a log-in. Over https its name is `__Host-session`.",
            );
            components
                .add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
            let token = HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .description(Some(
                    "Made in the settings, or issued by a provider. Its scope may be to read only.",
                ));
            components.add_security_scheme("access_token", SecurityScheme::Http(token.build()));
        }
        for item in document.paths.paths.values_mut() {
            let methods = [
                &mut item.get,
                &mut item.put,
                &mut item.post,
                &mut item.patch,
                &mut item.delete,
            ];
            for operation in methods.into_iter().flatten() {
                let responses = &mut operation.responses.responses;
                for (status, why) in [
                    ("4XX", "Why it was not done (RFC 9457)"),
                    ("5XX", "Why it cannot be done now (RFC 9457)"),
                ] {
                    responses.insert(status.to_owned(), RefOr::T(problem(why)));
                }
            }
        }
        document
    })
}

fn problem(why: &str) -> Described {
    let content = Content::new(Some(Ref::from_schema_name("Problem")));
    ResponseBuilder::new()
        .description(why)
        .content("application/problem+json", content)
        .build()
}

/// The document as JSON.
pub async fn document() -> Response {
    static JSON: OnceLock<String> = OnceLock::new();
    let json = JSON.get_or_init(|| described().to_pretty_json().unwrap_or_default());
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, json.as_str()).into_response()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::http::router;

    #[test]
    fn every_route_is_described_and_nothing_else() {
        let described = serde_json::to_value(described()).unwrap();
        let described: BTreeSet<String> = described["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, item)| {
                let methods = item.as_object().unwrap().keys();
                methods.map(move |method| format!("{method} {path}"))
            })
            .collect();
        let routed: BTreeSet<String> = router::api_routes()
            .iter()
            .map(|(method, path)| format!("{} {path}", method.as_str().to_lowercase()))
            .collect();
        assert_eq!(described, routed);
    }

    #[test]
    fn what_it_refers_to_is_there() {
        let json = described().to_json().unwrap();
        let document: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(document["openapi"], "3.1.0");
        for part in json.split("#/components/schemas/").skip(1) {
            let name = part.split('"').next().unwrap();
            assert!(
                document["components"]["schemas"][name].is_object(),
                "{name}"
            );
        }
    }
}
