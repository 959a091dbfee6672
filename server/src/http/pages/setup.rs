//! `/setup`: the first administrator, while there is none.

use app::{Setup, StillPage};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Redirect};
use serde::Deserialize;

use super::form::Form;
use super::forms::{logged_in, new_account, refused};
use super::visitor::Visitor;
use super::{Page, still_door};
use crate::app_state::AppState;
use crate::http::extract::Query;
use crate::http::problem::Failure;
use crate::http::request::{self, Connected};

/// `GET /setup?code=`, as the server prints it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Invited {
    code: String,
}

/// `GET /setup`.
pub async fn page(
    State(app): State<AppState>,
    visitor: Visitor,
    Query(Invited { code }): Query<Invited>,
) -> Page {
    if app
        .accounts
        .setup_code()
        .await
        .map_err(Failure::from)?
        .is_none()
    {
        return Ok(Redirect::to("/login").into_response());
    }
    let page = StillPage::Setup(Setup { code });
    Ok(still_door(&app, &visitor, page, None).await?)
}

/// `POST /setup`: fields `code`, `handle`, `name`, `password`.
pub async fn set_up(
    State(app): State<AppState>,
    visitor: Visitor,
    peer: Connected,
    headers: HeaderMap,
    form: Form,
) -> Page {
    let code = form.get("code");
    let done = async {
        form.must_be_from(&visitor)?;
        let origin = request::origin(&app, peer.0, &headers);
        let (_, token) = app
            .accounts
            .set_up(code, new_account(&form), &origin)
            .await?;
        Ok(logged_in(&app, &headers, &token, false, None))
    };
    match done.await {
        Ok(done) => Ok(done),
        Err(failure) => {
            refused(&form, failure, async |refused| {
                let page = StillPage::Setup(Setup {
                    code: code.to_owned(),
                });
                still_door(&app, &visitor, page, Some(refused)).await
            })
            .await
        }
    }
}
