//! Every route, on one page.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::{Next, from_fn_with_state, map_response};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{MethodRouter, get};
use metrics_exporter_prometheus::PrometheusHandle;
use protocol::Code;

use super::problem::Failure;
use super::routes::Routes;
use super::{
    access_tokens, accounts, commands, contacts, conversations, docs, events, health, identities,
    openapi, pages, push, redirect, request, security, site, stream, users,
};
use crate::app_state::AppState;
use crate::config::{Config, Role};

/// What is answered at each address.
pub struct Routers {
    /// Where people ask.
    pub people: Router,
    /// Where Prometheus asks.
    pub metrics: Router,
    /// Where people are led to https.
    pub redirect: Option<Router>,
}

impl Routers {
    /// While the server waits for its database.
    pub fn starting(config: &Config, counted: Option<&PrometheusHandle>) -> Self {
        Self::around(starting(config, counted), config, counted)
    }

    /// From then on.
    pub fn serving(app: &AppState) -> Self {
        let people = match app.config.role {
            Role::Web | Role::All => router(app.clone()),
            Role::Writer => writer_router(app.clone()),
        };
        Self::around(people, &app.config, app.metrics.as_ref())
    }

    fn around(people: Router, config: &Config, counted: Option<&PrometheusHandle>) -> Self {
        Self {
            people,
            metrics: Router::new().route(METRICS, metrics(counted)),
            redirect: config.public_url.as_ref().map(redirect::router),
        }
    }
}

/// The interface for programs, which the OpenAPI document describes.
fn api() -> Routes {
    Routes::new()
        // Accounts
        .post("/api/v1/accounts", accounts::register)
        .get("/api/v1/session", accounts::who_am_i)
        .post("/api/v1/session", accounts::log_in)
        .delete("/api/v1/session", accounts::log_out)
        .get("/api/v1/me", accounts::me)
        .patch("/api/v1/me", accounts::change_me)
        .put("/api/v1/me/password", accounts::change_password)
        .get("/api/v1/me/sessions", accounts::sessions)
        .delete("/api/v1/me/sessions", accounts::end_other_sessions)
        .delete("/api/v1/me/sessions/{session}", accounts::end_session)
        .get("/api/v1/me/identities", identities::list)
        .delete("/api/v1/me/identities/{provider}", identities::unlink)
        .get("/api/v1/me/access_tokens", access_tokens::list)
        .post("/api/v1/me/access_tokens", access_tokens::make)
        .delete("/api/v1/me/access_tokens/{token}", access_tokens::end)
        .get("/api/v1/me/push", push::get)
        .put("/api/v1/me/push/settings", push::change)
        .post("/api/v1/me/push/subscriptions", push::subscribe)
        .delete(
            "/api/v1/me/push/subscriptions/{subscription}",
            push::unsubscribe,
        )
        .get("/api/v1/limits", accounts::limits)
        // People
        .get("/api/v1/users", users::find)
        .post("/api/v1/users/lookup", users::lookup)
        .get("/api/v1/users/{user}", users::get)
        .get("/api/v1/contacts", contacts::list)
        .patch("/api/v1/contacts/{user}", contacts::change)
        .delete("/api/v1/contacts/{user}", contacts::remove)
        .get("/api/v1/contact_requests", contacts::requests)
        .post("/api/v1/contact_requests", contacts::ask)
        .post(
            "/api/v1/contact_requests/{request}/accept",
            contacts::accept,
        )
        .post(
            "/api/v1/contact_requests/{request}/decline",
            contacts::decline,
        )
        // Conversations
        .get("/api/v1/conversations", conversations::list)
        .get("/api/v1/conversations/{conversation}", conversations::get)
        .put(
            "/api/v1/conversations/{conversation}",
            conversations::create_group,
        )
        .put(
            "/api/v1/conversations/direct/{user}",
            conversations::open_direct,
        )
        .get(
            "/api/v1/conversations/{conversation}/members",
            conversations::members,
        )
        .put(
            "/api/v1/conversations/{conversation}/read",
            conversations::read,
        )
        .put(
            "/api/v1/conversations/{conversation}/preferences",
            conversations::change_preferences,
        )
        .post(
            "/api/v1/conversations/{conversation}/typing",
            conversations::typing,
        )
        .post(
            "/api/v1/conversations/{conversation}/commands",
            commands::post,
        )
        // Logs
        .get("/api/v1/conversations/{conversation}/events", events::page)
        .post("/api/v1/pull", events::pull)
        .post("/api/v1/calibrate", events::calibrate)
        .get("/api/v1/stream", stream::open)
        .put("/api/v1/stream/{stream}/watch", stream::watch)
}

/// Method and path of each route of the interface.
pub fn api_routes() -> Vec<(Method, &'static str)> {
    api().listed().to_vec()
}

/// Method and path of every route, but for `/metrics`, which may have an address of its own.
pub fn all_routes() -> Vec<(Method, &'static str)> {
    let all = [api(), about_the_api(), pages(), health()];
    all.iter().flat_map(Routes::listed).cloned().collect()
}

/// What the interface is, for programs and people.
fn about_the_api() -> Routes {
    Routes::new()
        .get("/api/openapi.json", openapi::document)
        .get("/api/docs", docs::page)
}

/// Pages, and forms that work without script.
fn pages() -> Routes {
    Routes::new()
        .get("/", pages::start)
        .get("/setup", pages::setup::page)
        .post("/setup", pages::setup::set_up)
        .get("/login", pages::log_in)
        .post("/login", pages::forms::log_in)
        .post("/login/code", pages::forms::log_in_by_code)
        .get("/login/qr", pages::qr::show)
        .post("/login/qr", pages::qr::show_another)
        .get("/login/qr/wait", pages::qr::wait)
        .get("/login/{provider}", pages::log_ins::start)
        .post("/login/{provider}", pages::log_ins::start_or_link)
        .get("/login/{provider}/callback", pages::log_ins::come_back)
        .get("/register", pages::register)
        .post("/register", pages::forms::register)
        .get("/register/identity", pages::log_ins::newcomer)
        .post("/register/identity", pages::log_ins::join)
        .post("/logout", pages::forms::log_out)
        .get("/chats", pages::chats)
        .get("/chats/new", pages::new_group)
        .post("/chats/new", pages::forms::create_group)
        .get("/chats/{conversation}", pages::chat)
        .get("/chats/{conversation}/details", pages::details)
        .post("/chats/{conversation}/send", pages::forms::send)
        .post("/chats/{conversation}/leave", pages::forms::leave)
        .get("/contacts", pages::contacts)
        .get("/contacts/add", pages::add_contact)
        .post("/contacts/add", pages::forms::ask)
        .get("/contacts/requests", pages::requests)
        .post("/contacts/requests/{request}/accept", pages::forms::accept)
        .post(
            "/contacts/requests/{request}/decline",
            pages::forms::decline,
        )
        .get("/contacts/groups", pages::groups)
        .get("/contacts/{user}", pages::card)
        .get("/settings", pages::settings)
        .post("/settings/profile", pages::forms::change_profile)
        .post("/settings/display", pages::forms::change_display)
        .get("/security", pages::security::page)
        .post("/security/password", pages::security::change_password)
        .post(
            "/security/second-factor/offer",
            pages::security::offer_second_factor,
        )
        .post(
            "/security/second-factor/confirm",
            pages::security::confirm_second_factor,
        )
        .post(
            "/security/second-factor/remove",
            pages::security::remove_second_factor,
        )
        .get("/security/qr", pages::letting_in::asked)
        .post("/security/qr", pages::letting_in::confirm)
        .post("/security/qr/refuse", pages::letting_in::refuse)
        .post("/security/sessions/end", pages::security::end_session)
        .post(
            "/security/sessions/end-others",
            pages::security::end_other_sessions,
        )
        .post(
            "/security/access-tokens/make",
            pages::security::make_access_token,
        )
        .post(
            "/security/access-tokens/end",
            pages::security::end_access_token,
        )
        .post(
            "/security/identities/{provider}/unlink",
            pages::log_ins::unlink,
        )
        .get("/notifications", pages::notifications::page)
        .post("/notifications/settings", pages::notifications::change)
        .post("/notifications/remove", pages::notifications::remove)
        .get("/offline", pages::offline)
}

/// For whoever runs the server.
fn health() -> Routes {
    Routes::new()
        .get("/healthz", health::alive)
        .get("/readyz", health::ready)
}

const METRICS: &str = "/metrics";

/// Everything the server answers at its main address.
fn router(app: AppState) -> Router {
    let mut router = Router::new()
        .merge(api().into_router())
        .merge(about_the_api().into_router())
        .merge(pages().into_router())
        .merge(health().into_router());
    if app.config.metrics.listen.is_none() {
        router = router.route(METRICS, metrics(app.metrics.as_ref()));
    }
    router = router
        .fallback(elsewhere)
        .method_not_allowed_fallback(wrong_method);
    router
        .layer(from_fn_with_state(app.clone(), around))
        .with_state(app)
}

/// What every request goes through. In one layer: for each, axum sets a service and a future aside.
async fn around(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let (app, ours) = (&app, |request| health::wait_for_others(&app, request, next));
    request::name(app, request, |request| security::guard(app, request, ours)).await
}

/// What a node answers that only stores what is queued.
fn writer_router(app: AppState) -> Router {
    let mut router = Router::new().merge(health().into_router());
    if app.config.metrics.listen.is_none() {
        router = router.route(METRICS, metrics(app.metrics.as_ref()));
    }
    router
        .layer(from_fn_with_state(app.clone(), named))
        .with_state(app)
}

async fn named(State(app): State<AppState>, request: Request, next: Next) -> Response {
    request::name(&app, request, |request| next.run(request)).await
}

fn metrics<S>(counted: Option<&PrometheusHandle>) -> MethodRouter<S> {
    get(health::metrics).with_state(counted.cloned())
}

/// What a server answers that waits for its database.
fn starting(config: &Config, counted: Option<&PrometheusHandle>) -> Router {
    let mut router = Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::starting));
    if config.metrics.listen.is_none() {
        router = router.route(METRICS, metrics(counted));
    }
    let url = config.public_url.clone();
    router
        .fallback(health::unavailable)
        .layer(map_response(move |response| {
            let response = security::tell_browsers(url.as_ref(), response);
            async move { response }
        }))
}

/// A file of the site, or nothing.
async fn elsewhere(State(app): State<AppState>, request: Request) -> Response {
    let (head, _) = request.into_parts();
    if head.uri.path().starts_with("/api") {
        return Failure::not_found().into_response();
    }
    match site::file(&app, &head) {
        Some(file) => file,
        None => pages::nothing_here(&app, &head.headers, &head.uri).await,
    }
}

/// The path exists, but not for this method. Whoever reloads a page that a form has led to lands on
/// the page the form stands on.
async fn wrong_method(request: Request) -> Response {
    let page = pages::page_of(request.uri().path());
    if request.method() == Method::GET && page != request.uri().path() {
        return Redirect::to(&page).into_response();
    }
    Failure::new(Code::MethodNotAllowed, "Use another method here.").into_response()
}
