//! `/security`: the password, and where one is logged in.

use app::{Done, Security, StillPage};
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use protocol::api::accounts::ChangePassword;
use protocol::api::pages::RefusedForm;
use serde::Deserialize;

use super::boot::{Shown, boot};
use super::form::Form;
use super::render::still;
use super::visitor::Visitor;
use super::{Page, forms};
use crate::app_state::AppState;
use crate::http::extract::Query;
use crate::http::problem::Failure;

/// `GET /security?done=`: what a form on the page has done.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct After {
    done: String,
}

/// What a form leads to, by its name in the query.
const DONE: [(&str, Done); 3] = [
    ("password", Done::PasswordChanged),
    ("device", Done::DeviceEnded),
    ("others", Done::OthersEnded),
];

/// `GET /security`.
pub async fn page(
    State(app): State<AppState>,
    visitor: Visitor,
    Query(After { done }): Query<After>,
) -> Page {
    if visitor.user.is_none() {
        return Ok(Redirect::to("/login").into_response());
    }
    let done = DONE.into_iter().find(|(name, _)| *name == done);
    Ok(shown(&app, &visitor, done.map(|(_, done)| done), None).await?)
}

/// `POST /security/password`: fields `current`, where there is a password, and `password`.
pub async fn change_password(State(app): State<AppState>, visitor: Visitor, form: Form) -> Page {
    let done = async {
        let user = form.signed_in(&visitor)?;
        let change = ChangePassword {
            current: form.get("current").to_owned(),
            password: form.get("password").to_owned(),
        };
        app.accounts.change_password(&user.session, change).await?;
        Ok("password")
    };
    answer(&app, &visitor, &form, done.await).await
}

/// `POST /security/sessions/end`: field `session`.
pub async fn end_session(State(app): State<AppState>, visitor: Visitor, form: Form) -> Page {
    let done = async {
        let user = form.signed_in(&visitor)?;
        let session = form.get("session");
        app.accounts.end_session(&user.session, session).await?;
        Ok("device")
    };
    answer(&app, &visitor, &form, done.await).await
}

/// `POST /security/sessions/end-others`.
pub async fn end_other_sessions(State(app): State<AppState>, visitor: Visitor, form: Form) -> Page {
    let done = async {
        let user = form.signed_in(&visitor)?;
        app.accounts.end_other_sessions(&user.session).await?;
        Ok("others")
    };
    answer(&app, &visitor, &form, done.await).await
}

async fn answer(
    app: &AppState,
    visitor: &Visitor,
    form: &Form,
    done: Result<&'static str, Failure>,
) -> Page {
    let failure = match done {
        Ok(done) => return Ok(Redirect::to(&format!("/security?done={done}")).into_response()),
        Err(failure) => failure,
    };
    forms::refused(form, failure, async |refused| {
        shown(app, visitor, None, Some(refused)).await
    })
    .await
}

async fn shown(
    app: &AppState,
    visitor: &Visitor,
    done: Option<Done>,
    refused: Option<RefusedForm>,
) -> Result<Response, Failure> {
    let Some(user) = &visitor.user else {
        return Ok(Redirect::to("/login").into_response());
    };
    let (_, mut boot) = boot(app, visitor, &Shown::Nothing).await?;
    boot.me = app.store.me(user.id).await?;
    boot.form = refused;
    let page = StillPage::Security(Security {
        sessions: app.accounts.list_sessions(&user.session).await?,
        has_password: app.store.password(user.id).await?.is_some(),
        done,
    });
    Ok(still(app, boot, page))
}
