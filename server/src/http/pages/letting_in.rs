//! Logging in by a QR code: where a device that is logged in lets the new one in. The code stands in the
//! query, so that it can be typed as well as scanned; request logs name routes only.

use app::{ConfirmLogIn, Done, StillPage};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Redirect, Response};
use protocol::Code;
use protocol::api::pages::RefusedForm;
use serde::Deserialize;

use super::boot::{Shown, boot};
use super::form::Form;
use super::render::still;
use super::visitor::Visitor;
use super::{Page, forms, next, security};
use crate::accounts::{Asking, Confirming, QrCode};
use crate::app_state::AppState;
use crate::http::extract::Query;
use crate::http::problem::Failure;
use crate::http::request::{self, Connected};

/// Where a code is asked about, and the form that lets its device in.
pub const CONFIRM: &str = "/security/qr";

/// `GET /security/qr?code=`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Scanned {
    code: String,
}

/// `GET /security/qr`: who asks by that code. Whoever is not logged in does that first.
pub async fn asked(
    State(app): State<AppState>,
    visitor: Visitor,
    peer: Connected,
    headers: HeaderMap,
    Query(Scanned { code }): Query<Scanned>,
) -> Page {
    let Some(user) = &visitor.user else {
        let door = Redirect::to("/login");
        return Ok(match QrCode::read(&code) {
            Some(code) => {
                let path = format!("{CONFIRM}?code={}", code.grouped());
                (next::keep(&app, &path), door).into_response()
            }
            None => door.into_response(),
        });
    };
    let origin = request::origin(&app, peer.0, &headers);
    let asking = app.accounts.asking_device(user.id, &code, &origin).await;
    match asking.map_err(Failure::from) {
        Ok(asking) => Ok(confirming(&app, &visitor, asking, None).await?),
        Err(failure) => {
            forms::refused_at(CONFIRM, failure, async |refused| {
                security::again(&app, &visitor, refused).await
            })
            .await
        }
    }
}

/// `POST /security/qr`: fields `code`, `number` and, for another network than one's own, `elsewhere`.
pub async fn confirm(
    State(app): State<AppState>,
    visitor: Visitor,
    peer: Connected,
    headers: HeaderMap,
    form: Form,
) -> Page {
    let origin = request::origin(&app, peer.0, &headers);
    let done = async {
        let user = form.signed_in(&visitor)?;
        let confirming = Confirming {
            code: form.get("code"),
            number: form.get("number"),
            elsewhere: !form.get("elsewhere").is_empty(),
        };
        let confirmed = app
            .accounts
            .confirm_qr_log_in(&user.session, confirming, &origin);
        Ok(confirmed.await?)
    };
    let failure = match done.await {
        Ok(()) => return Ok(done_on_security("let-in")),
        Err(failure) => failure,
    };
    forms::refused(&form, failure, async |refused| {
        if refused.code == Some(Code::Invalid)
            && let Some(user) = &visitor.user
        {
            let code = form.get("code");
            let asking = app.accounts.asking_device(user.id, code, &origin).await?;
            return confirming(&app, &visitor, asking, Some(refused)).await;
        }
        security::again(&app, &visitor, refused).await
    })
    .await
}

/// `POST /security/qr/refuse`: field `code`.
pub async fn refuse(
    State(app): State<AppState>,
    visitor: Visitor,
    peer: Connected,
    headers: HeaderMap,
    form: Form,
) -> Page {
    let done = async {
        let user = form.signed_in(&visitor)?;
        let origin = request::origin(&app, peer.0, &headers);
        let refused = app
            .accounts
            .refuse_qr_log_in(user.id, form.get("code"), &origin);
        Ok(refused.await?)
    };
    match done.await {
        Ok(()) => Ok(done_on_security("turned-away")),
        Err(failure) => {
            forms::refused(&form, failure, async |refused| {
                // It is said where codes are typed.
                let action = CONFIRM.to_owned();
                let refused = RefusedForm { action, ..refused };
                security::again(&app, &visitor, refused).await
            })
            .await
        }
    }
}

/// What the forms above lead to, by its name in the query of `/security`.
pub const DONE: [(&str, Done); 2] = [
    ("let-in", Done::DeviceLetIn),
    ("turned-away", Done::DeviceTurnedAway),
];

fn done_on_security(name: &str) -> Response {
    Redirect::to(&format!("/security?done={name}")).into_response()
}

/// Asks whether to let a device in.
async fn confirming(
    app: &AppState,
    visitor: &Visitor,
    asking: Asking,
    refused: Option<RefusedForm>,
) -> Result<Response, Failure> {
    let (_, mut boot) = boot(app, visitor, &Shown::Nothing).await?;
    if let Some(user) = &visitor.user {
        boot.me = app.store.me(user.id).await?;
    }
    boot.form = refused;
    let page = StillPage::ConfirmLogIn(ConfirmLogIn {
        code: asking.code.grouped(),
        agent: asking.agent,
        address: asking.address,
        elsewhere: asking.elsewhere,
        at: asking.at,
        shared: asking.shared,
    });
    Ok(still(app, boot, page))
}
