//! Whom or what a page's address names.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::Response;
use serde::de::DeserializeOwned;

use super::nothing_here;
use crate::app_state::AppState;
use crate::http::extract::Path;

/// What stands in the path of a page. Where it cannot be read there is no such page, and that is
/// what is shown.
#[derive(Debug)]
pub struct Named<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<AppState> for Named<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Response> {
        match Path::from_request_parts(parts, app).await {
            Ok(Path(value)) => Ok(Self(value)),
            Err(_) => Err(nothing_here(app, &parts.headers, &parts.uri).await),
        }
    }
}
