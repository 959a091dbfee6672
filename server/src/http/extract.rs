//! What handlers take out of a request, with a problem where it is not there.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use protocol::api::AFTER_HEADER;
use protocol::{ClientId, Code, ConversationId, UserId};
use serde::de::DeserializeOwned;

use super::body;
use super::problem::Failure;
use super::request::is_about;
use crate::app_state::AppState;
use crate::store::UserKey;

/// A body of JSON.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<AppState> for Json<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, Failure> {
        let JsonBytes(bytes) = JsonBytes::from_request(request, app).await?;
        parse(&bytes).map(Self)
    }
}

/// A body that says it is JSON, as it came.
#[derive(Debug)]
pub struct JsonBytes(pub Bytes);

impl FromRequest<AppState> for JsonBytes {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, Failure> {
        let is_json = is_json(request.headers());
        let plain = body::must_be_plain(request.headers());
        let bytes = body::read(
            request.into_body(),
            app.limits().body_bytes,
            app.config.patience.body,
        )
        .await?;
        if !is_json {
            return Err(Failure::new(
                Code::UnsupportedMediaType,
                "Send JSON, as application/json.",
            ));
        }
        plain?;
        Ok(Self(bytes))
    }
}

/// Reads JSON; structs from objects only, as the interface describes them.
///
/// # Errors
/// `400`, saying where it went wrong.
pub fn parse<'a, T: serde::Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Failure> {
    // Of fields that are not known, serde would not look at it.
    let text = str::from_utf8(bytes).map_err(|_| Failure::malformed("The body is not UTF-8."))?;
    protocol::json::from_str(text).map_err(|error| Failure::malformed(error.to_string()))
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(media_type) = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
    else {
        return false;
    };
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

/// The command that those of this request are to follow, if one is named.
#[derive(Debug)]
pub struct After(pub Option<ClientId>);

impl FromRequestParts<AppState> for After {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Failure> {
        let Some(value) = parts.headers.get(AFTER_HEADER) else {
            return Ok(Self(None));
        };
        let named = value.to_str().ok().and_then(|it| it.parse().ok());
        named.map(|id| Self(Some(id))).ok_or_else(|| {
            Failure::malformed(format!(
                "{AFTER_HEADER} is to name a command by its client_id"
            ))
        })
    }
}

/// What stands in the path. Whatever cannot be read there does not exist.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<AppState> for Path<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Failure> {
        axum::extract::Path::from_request_parts(parts, app)
            .await
            .map(|axum::extract::Path(value)| Self(value))
            .map_err(|_| Failure::not_found())
    }
}

/// What stands in the query.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<AppState> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Failure> {
        axum::extract::Query::from_request_parts(parts, app)
            .await
            .map(|axum::extract::Query(value)| Self(value))
            .map_err(|rejection| Failure::malformed(rejection.body_text()))
    }
}

/// The conversation in the path: by its id, or a group by its number.
#[derive(Debug, Clone, Copy)]
pub struct InPath(pub ConversationId);

impl FromRequestParts<AppState> for InPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Failure> {
        let Path(text) = Path::<String>::from_request_parts(parts, app).await?;
        if let Ok(id) = text.parse() {
            is_about(id);
            return Ok(Self(id));
        }
        let number = text.parse().map_err(|_| Failure::not_found())?;
        let id = app.store.group_by_number(number).await?;
        let id = id.ok_or_else(Failure::not_found)?;
        is_about(id);
        Ok(Self(id))
    }
}

/// The user in the path: by id or number.
#[derive(Debug, Clone, Copy)]
pub struct UserInPath(pub UserId);

impl FromRequestParts<AppState> for UserInPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Failure> {
        let Path(text) = Path::<String>::from_request_parts(parts, app).await?;
        if let Ok(id) = text.parse() {
            return Ok(Self(id));
        }
        let number = text.parse().map_err(|_| Failure::not_found())?;
        let user = app.store.find_user(UserKey::Number(number)).await?;
        user.map(|user| Self(user.id))
            .ok_or_else(Failure::not_found)
    }
}
