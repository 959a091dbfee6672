//! `/notifications`: how the reader is told of what comes while they are away.

use app::{Notifications, NotificationsDone, StillPage};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Redirect, Response};
use protocol::FieldError;
use protocol::api::OFFERED_COOKIE;
use protocol::api::pages::RefusedForm;
use protocol::api::push::{PushSettings, Quiet};
use protocol::problem::Fault;
use serde::Deserialize;

use super::boot::{Shown, boot};
use super::form::Form;
use super::render::still;
use super::visitor::Visitor;
use super::{Page, forms};
use crate::app_state::AppState;
use crate::http::extract::Query;
use crate::http::problem::Failure;
use crate::http::signed_in::Cookies;

/// `GET /notifications?done=`: what a form on the page, or its script, has done.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct After {
    done: String,
}

/// What leads back to the page, by its name in the query.
const DONE: [(&str, NotificationsDone); 3] = [
    ("on", NotificationsDone::TurnedOn),
    ("saved", NotificationsDone::Saved),
    ("removed", NotificationsDone::Removed),
];

/// `GET /notifications`. Whoever was here is not offered notifications again.
pub async fn page(
    State(app): State<AppState>,
    visitor: Visitor,
    Query(After { done }): Query<After>,
) -> Page {
    if visitor.user.is_none() {
        return Ok(Redirect::to("/login").into_response());
    }
    let done = DONE.into_iter().find(|(name, _)| *name == done);
    let mut page = shown(&app, &visitor, done.map(|(_, done)| done), None).await?;
    let offered = Cookies::of(&app).open(OFFERED_COOKIE, "1", Some(forms::YEAR));
    page.headers_mut().append(header::SET_COOKIE, offered);
    Ok(page)
}

/// `POST /notifications/settings`: fields `text`, `mentions_only` and `quiet`, each there or not, and
/// `from`, `to` (as `23:00`) and `time_zone`, of the quiet hours.
pub async fn change(State(app): State<AppState>, visitor: Visitor, form: Form) -> Page {
    let done = async {
        let user = form.signed_in(&visitor)?;
        app.push.set(user.id, settings(&form)?).await?;
        Ok("saved")
    };
    answer(&app, &visitor, &form, done.await).await
}

/// `POST /notifications/remove`: field `subscription`.
pub async fn remove(State(app): State<AppState>, visitor: Visitor, form: Form) -> Page {
    let done = async {
        let user = form.signed_in(&visitor)?;
        let subscription = form.get("subscription");
        app.push.unsubscribe(user.id, subscription).await?;
        Ok("removed")
    };
    answer(&app, &visitor, &form, done.await).await
}

fn settings(form: &Form) -> Result<PushSettings, Failure> {
    let checked = |name| !form.get(name).is_empty();
    let quiet = if checked("quiet") {
        Some(Quiet {
            from: minutes(form, "from")?,
            to: minutes(form, "to")?,
            time_zone: form.get("time_zone").trim().to_owned(),
        })
    } else {
        None
    };
    Ok(PushSettings {
        text: checked("text"),
        mentions_only: checked("mentions_only"),
        quiet,
    })
}

/// A time of day, in minutes since midnight.
fn minutes(form: &Form, field: &str) -> Result<u16, Failure> {
    let read = |text: &str| {
        let (hour, minute) = text.split_once(':')?;
        let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
        (hour < 24 && minute < 60).then_some(hour * 60 + minute)
    };
    let fault = if form.get(field).is_empty() {
        Fault::Missing
    } else {
        Fault::Malformed
    };
    read(form.get(field)).ok_or_else(|| Failure::invalid(vec![FieldError::new(field, fault)]))
}

async fn answer(
    app: &AppState,
    visitor: &Visitor,
    form: &Form,
    done: Result<&'static str, Failure>,
) -> Page {
    let failure = match done {
        Ok(done) => {
            return Ok(Redirect::to(&format!("/notifications?done={done}")).into_response());
        }
        Err(failure) => failure,
    };
    forms::refused(form, failure, async |mut refused| {
        // The interface has them within the quiet hours, the form beside each other.
        for error in &mut refused.fields {
            if let Some(field) = error.field.strip_prefix("quiet.") {
                error.field = field.to_owned();
            }
        }
        shown(app, visitor, None, Some(refused)).await
    })
    .await
}

async fn shown(
    app: &AppState,
    visitor: &Visitor,
    done: Option<NotificationsDone>,
    refused: Option<RefusedForm>,
) -> Result<Response, Failure> {
    let Some(user) = &visitor.user else {
        return Ok(Redirect::to("/login").into_response());
    };
    let (_, mut boot) = boot(app, visitor, &Shown::Nothing).await?;
    boot.me = app.store.me(user.id).await?;
    boot.form = refused;
    let push = app.push.shown(user.id, user.session.key).await?;
    let page = StillPage::Notifications(Notifications { push, done });
    Ok(still(app, boot, page))
}
