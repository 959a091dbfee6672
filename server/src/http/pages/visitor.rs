//! Who looks at a page, and how they want it shown.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use protocol::UserId;
use protocol::api::OFFERED_COOKIE;
use protocol::api::pages::Display;

use super::display;
use super::render::PageFailure;
use crate::accounts::Token;
use crate::app_state::AppState;
use crate::http::cookie;
use crate::http::problem::Failure;
use crate::http::rates;
use crate::http::request::Connected;
use crate::http::signed_in::{self, Cookies, SignedIn};

/// How long the forms of a log-in page work, in seconds.
const FORM_SECONDS: i64 = 24 * 60 * 60;

/// Who looks at a page.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// Who, if anybody is logged in.
    pub user: Option<SignedIn>,
    /// Who was, until another device ended that.
    pub gone: Option<UserId>,
    /// How they want it shown.
    pub display: Display,
    /// Whether notifications were offered in this browser.
    pub was_offered_notifications: bool,
    /// What the forms of those who are not logged in are bound to.
    form: Token,
    /// Whether the browser does not have that yet.
    form_is_new: bool,
}

impl Visitor {
    /// Reads it from a request's headers.
    ///
    /// # Errors
    /// `503` where nobody can say who it is.
    pub async fn find(app: &AppState, headers: &HeaderMap) -> Result<Self, Failure> {
        let user = signed_in::find(app, headers).await?;
        let gone = match user {
            Some(_) => None,
            None => signed_in::ended_for(app, headers).await?,
        };
        let kept = cookie::value(headers, Cookies::of(app).form).and_then(Token::from_cookie);
        Ok(Self {
            user,
            gone,
            display: display::of(headers, app.clock.now()),
            was_offered_notifications: cookie::value(headers, OFFERED_COOKIE).is_some(),
            form_is_new: kept.is_none(),
            form: kept.unwrap_or_else(|| Token::new(&app.random)),
        })
    }

    /// What each form on the page repeats in its field `token`.
    pub fn form_token(&self) -> String {
        match &self.user {
            Some(user) => user.token.form_token(),
            None => self.form.form_token(),
        }
    }

    /// Gives the browser what its forms are bound to, if it has not got it.
    pub fn keep_form(&self, app: &AppState, headers: &mut HeaderMap) {
        if self.user.is_none() && self.form_is_new {
            let cookies = Cookies::of(app);
            let cookie = cookies.secret(cookies.form, self.form.as_str(), Some(FORM_SECONDS));
            headers.append(header::SET_COOKIE, cookie);
        }
    }
}

impl FromRequestParts<AppState> for Visitor {
    type Rejection = PageFailure;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, PageFailure> {
        let visitor = Self::find(app, &parts.headers).await?;
        match &visitor.user {
            Some(user) => rates::take(app, &app.rates.reads, "reads", &user.id, 1).await?,
            None => rates::visit(app, Connected::of(parts), &parts.headers).await?,
        }
        Ok(visitor)
    }
}
