//! `/security`: the password, and where one is logged in.

use app::{Done, Factor, MadeToken, Security, StillPage};
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use protocol::Code;
use protocol::api::access_tokens::{NewAccessToken, Scope};
use protocol::api::accounts::ChangePassword;
use protocol::api::pages::RefusedForm;
use qrcode::QrCode;
use qrcode::render::svg;
use serde::Deserialize;

use super::boot::{Shown, boot};
use super::form::Form;
use super::log_ins::Refused;
use super::render::still;
use super::visitor::Visitor;
use super::{Page, forms};
use crate::accounts::Standing;
use crate::app_state::AppState;
use crate::http::extract::Query;
use crate::http::problem::Failure;

/// `GET /security?done=`: what a form on the page has done; `?refused=`, why an account elsewhere was
/// not linked or unlinked.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct After {
    done: String,
    #[serde(flatten)]
    refused: Refused,
}

/// What a form leads to, by its name in the query.
const DONE: [(&str, Done); 7] = [
    ("password", Done::PasswordChanged),
    ("device", Done::DeviceEnded),
    ("others", Done::OthersEnded),
    ("factor", Done::FactorRemoved),
    ("token", Done::TokenEnded),
    ("linked", Done::Linked),
    ("unlinked", Done::Unlinked),
];

/// `GET /security`.
pub async fn page(
    State(app): State<AppState>,
    visitor: Visitor,
    Query(After { done, refused }): Query<After>,
) -> Page {
    if visitor.user.is_none() {
        return Ok(Redirect::to("/login").into_response());
    }
    let mut all = DONE.into_iter().chain(super::letting_in::DONE);
    let done = all.find(|(name, _)| *name == done);
    let (done, refused) = (
        done.map(|(_, done)| done),
        refused.form("/security/identities"),
    );
    let show = Show {
        done,
        refused,
        ..Show::default()
    };
    Ok(shown(&app, &visitor, show).await?)
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

/// `POST /security/second-factor/offer`.
pub async fn offer_second_factor(
    State(app): State<AppState>,
    visitor: Visitor,
    form: Form,
) -> Page {
    let done = async {
        let user = form.signed_in(&visitor)?;
        app.accounts.offer_second_factor(user.id).await?;
        Ok("")
    };
    answer(&app, &visitor, &form, done.await).await
}

/// `POST /security/second-factor/confirm`: field `code`. The page that follows shows the recovery
/// codes, once.
pub async fn confirm_second_factor(
    State(app): State<AppState>,
    visitor: Visitor,
    form: Form,
) -> Page {
    let codes = async {
        let user = form.signed_in(&visitor)?;
        let code = form.get("code");
        Ok(app.accounts.confirm_second_factor(user.id, code).await?)
    };
    match codes.await {
        Ok(codes) => {
            let show = Show {
                factor: Some(Factor::Begun(codes)),
                ..Show::default()
            };
            Ok(shown(&app, &visitor, show).await?)
        }
        Err(failure) => answer(&app, &visitor, &form, Err(failure)).await,
    }
}

/// `POST /security/second-factor/remove`: field `code`.
pub async fn remove_second_factor(
    State(app): State<AppState>,
    visitor: Visitor,
    form: Form,
) -> Page {
    let done = async {
        let user = form.signed_in(&visitor)?;
        let code = form.get("code");
        app.accounts.remove_second_factor(user.id, code).await?;
        Ok("factor")
    };
    answer(&app, &visitor, &form, done.await).await
}

/// `POST /security/access-tokens/make`: fields `name`, `scope`, `days` and, where there is a password,
/// `current`. The page that follows shows the token, once.
pub async fn make_access_token(State(app): State<AppState>, visitor: Visitor, form: Form) -> Page {
    let made = async {
        let user = form.signed_in(&visitor)?;
        let new = NewAccessToken {
            name: form.get("name").to_owned(),
            scope: Scope::from_name(form.get("scope")),
            days: form.parsed("days")?,
            current: form.get("current").to_owned(),
        };
        Ok(app.accounts.make_access_token(&user.session, new).await?)
    };
    match made.await {
        Ok(made) => {
            let show = Show {
                made: Some(MadeToken {
                    name: made.access_token.name,
                    token: made.token,
                }),
                ..Show::default()
            };
            Ok(shown(&app, &visitor, show).await?)
        }
        Err(failure) => answer(&app, &visitor, &form, Err(failure)).await,
    }
}

/// `POST /security/access-tokens/end`: field `access_token`.
pub async fn end_access_token(State(app): State<AppState>, visitor: Visitor, form: Form) -> Page {
    let done = async {
        let user = form.signed_in(&visitor)?;
        let token = form.get("access_token");
        app.accounts.end_access_token(user.id, token).await?;
        Ok("token")
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
        again(app, visitor, refused).await
    })
    .await
}

/// What the page shows besides how things stand.
#[derive(Default)]
struct Show {
    done: Option<Done>,
    /// Instead of how the second step stands.
    factor: Option<Factor>,
    made: Option<MadeToken>,
    refused: Option<RefusedForm>,
}

/// The page, after a form on it was refused.
pub(super) async fn again(
    app: &AppState,
    visitor: &Visitor,
    refused: RefusedForm,
) -> Result<Response, Failure> {
    let show = Show {
        refused: Some(refused),
        ..Show::default()
    };
    shown(app, visitor, show).await
}

async fn shown(app: &AppState, visitor: &Visitor, show: Show) -> Result<Response, Failure> {
    let Some(user) = &visitor.user else {
        return Ok(Redirect::to("/login").into_response());
    };
    let (_, mut boot) = boot(app, visitor, &Shown::Nothing).await?;
    boot.me = app.store.me(user.id).await?;
    boot.form = show.refused;
    let factor = match show.factor {
        Some(factor) => factor,
        None => of(app.accounts.second_factor(user.id).await?)?,
    };
    let page = StillPage::Security(Security {
        factor,
        sessions: app.accounts.list_sessions(&user.session).await?,
        has_password: app.store.password(user.id).await?.is_some(),
        identities: app.accounts.identities(user.id).await?,
        access_tokens: app.accounts.access_tokens(user.id).await?,
        made_token: show.made,
        done: show.done,
    });
    Ok(still(app, boot, page))
}

/// As the page shows it.
fn of(standing: Standing) -> Result<Factor, Failure> {
    Ok(match standing {
        Standing::Off => Factor::Off,
        Standing::On { recovery_codes } => Factor::On(recovery_codes),
        Standing::Offered { url, secret } => Factor::Offered {
            picture: picture(&url)?,
            secret,
        },
    })
}

/// A QR code, as SVG without its prologue.
pub(super) fn picture(text: &str) -> Result<String, Failure> {
    let code = QrCode::new(text).map_err(|error| {
        tracing::error!(%error, "a QR code could not be made");
        Failure::from(Code::Internal)
    })?;
    let picture = code
        .render::<svg::Color<'_>>()
        .min_dimensions(180, 180)
        .build();
    let start = picture.find("<svg").unwrap_or(0);
    Ok(picture[start..].to_owned())
}
