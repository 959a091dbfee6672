//! What a form without script sends.

use std::collections::BTreeMap;

use axum::extract::{FromRequest, Request};
use axum::http::header;
use protocol::api::pages::RefusedForm;
use protocol::{Code, FieldError};

use super::fields::Fields;
use super::render::PageFailure;
use super::visitor::Visitor;
use crate::app_state::AppState;
use crate::http::body;
use crate::http::problem::Failure;
use crate::http::signed_in::SignedIn;

/// Fields that are not given back to a page: secrets, and what each page makes anew.
const NOT_KEPT: [&str; 8] = [
    "password",
    "current",
    "code",
    "number",
    "proof",
    "token",
    "user",
    "client_id",
];

/// A form that was posted.
#[derive(Debug)]
pub struct Form {
    /// The path it was posted to.
    pub action: String,
    fields: Fields,
}

impl FromRequest<AppState> for Form {
    type Rejection = PageFailure;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, PageFailure> {
        let action = request.uri().path().to_owned();
        let is_form = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"));
        let plain = body::must_be_plain(request.headers());
        // One byte of text may take three in a form.
        let limit = app.limits().body_bytes * 3;
        let bytes = body::read(request.into_body(), limit, app.config.patience.body).await?;
        if !is_form {
            return Err(Failure::new(Code::UnsupportedMediaType, "Send a form.").into());
        }
        plain?;
        let fields = Fields::read(&bytes);
        Ok(Self { action, fields })
    }
}

impl Form {
    /// A field's value; empty if it is not there.
    pub fn get(&self, name: &str) -> &str {
        self.fields.get(name)
    }

    /// All values of a field that may be there several times.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.all(name)
    }

    /// A field's value, read as what it stands for.
    ///
    /// # Errors
    /// Names the field where it cannot be.
    pub fn parsed<T: std::str::FromStr>(&self, name: &str) -> Result<T, Failure> {
        self.get(name).parse().map_err(|_| {
            let fault = protocol::problem::Fault::Malformed;
            Failure::invalid(vec![FieldError::new(name, fault)])
        })
    }

    /// Refuses a form that is not from a page of this browser.
    ///
    /// # Errors
    /// `403 foreign_origin`.
    pub fn must_be_from(&self, visitor: &Visitor) -> Result<(), Failure> {
        if self.get("token") == visitor.form_token() {
            Ok(())
        } else {
            Err(Failure::new(
                Code::ForeignOrigin,
                "The page was too old. Try again.",
            ))
        }
    }

    /// Who sends it; refuses one that is meant for another user, or not from a page of theirs.
    ///
    /// # Errors
    /// `401`, `403 foreign_origin`, `409 wrong_account`.
    pub fn signed_in<'a>(&self, visitor: &'a Visitor) -> Result<&'a SignedIn, Failure> {
        let Some(user) = &visitor.user else {
            return Err(Code::Unauthenticated.into());
        };
        user.must_be(self.get("user"))?;
        self.must_be_from(visitor)?;
        Ok(user)
    }

    /// Why it was refused, with what was typed.
    pub fn refused(&self, code: Code, fields: Vec<FieldError>) -> RefusedForm {
        let mut values: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in self.fields.iter() {
            if NOT_KEPT.contains(&name) {
                continue;
            }
            values
                .entry(name.to_owned())
                .and_modify(|all| {
                    all.push(',');
                    all.push_str(value);
                })
                .or_insert_with(|| value.to_owned());
        }
        RefusedForm {
            action: self.action.clone(),
            code: Some(code),
            fields,
            values: values.into_iter().collect(),
        }
    }
}
