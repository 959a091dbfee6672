//! Asking a provider: five seconds, no redirects, answers of a bounded size.

use std::error::Error as _;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use hyper::{Method, Request, StatusCode};
use serde_json::Value;

use super::ProviderError;
use crate::https::{self, Schemes};

/// How long a provider may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// How large an answer may be: key sets and profiles are some kilobytes.
const LARGEST: usize = 256 * 1024;

/// Asks over connections that all providers share. Redirects are not followed: none of them has a
/// reason to send this server elsewhere.
#[derive(Clone)]
pub(super) struct Client(https::Client<Full<Bytes>>);

/// One question.
#[derive(Debug, Default)]
pub(super) struct Question<'a> {
    /// Where.
    pub url: &'a str,
    /// What is posted; nothing is `GET`.
    pub form: Option<&'a [(&'a str, &'a str)]>,
    /// Value of the header `Authorization`.
    pub authorization: Option<String>,
    /// What is wanted, if not just JSON.
    pub accept: Option<&'static str>,
}

impl Client {
    pub(super) fn new() -> Self {
        Self(https::client(https::of_system(), Schemes::Http))
    }

    /// Asks, and takes the answer for an error where it is one: by its status or, as some providers
    /// have it, by its body alone.
    pub(super) async fn ask(&self, question: Question<'_>) -> Result<Value, ProviderError> {
        let request = question.request()?;
        let answered = tokio::time::timeout(PATIENCE, self.send(request)).await;
        let (status, body) = answered
            .unwrap_or_else(|_| Err(unavailable("it does not answer within five seconds")))?;
        let answer: Option<Value> = serde_json::from_slice(&body).ok();
        if let Some(error) = answer.as_ref().and_then(error_in) {
            return Err(unavailable(&format!("it answers with the error {error}")));
        }
        if !status.is_success() {
            let status = status.as_u16();
            return Err(unavailable(&format!("it answers with the status {status}")));
        }
        answer.ok_or_else(|| unavailable("its answer is not JSON"))
    }

    async fn send(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<(StatusCode, Bytes), ProviderError> {
        let sent = self.0.request(request).await;
        let answer = sent.map_err(|error| {
            let cause = error.source().map(ToString::to_string);
            let cause = cause.unwrap_or_else(|| error.to_string());
            unavailable(&format!("it cannot be reached: {cause}"))
        })?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), LARGEST).collect().await;
        let body = body.map_err(|_| unavailable("its answer breaks off, or has no end"))?;
        Ok((status, body.to_bytes()))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")
    }
}

impl Question<'_> {
    fn request(self) -> Result<Request<Full<Bytes>>, ProviderError> {
        let mut request = Request::builder()
            .uri(self.url)
            .header(USER_AGENT, concat!("zspchat/", env!("CARGO_PKG_VERSION")))
            .header(ACCEPT, self.accept.unwrap_or("application/json"));
        if let Some(authorization) = self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let body = match self.form {
            Some(fields) => {
                request = request
                    .method(Method::POST)
                    .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
                let form = form_urlencoded::Serializer::new(String::new())
                    .extend_pairs(fields)
                    .finish();
                Bytes::from(form)
            }
            None => Bytes::new(),
        };
        // What cannot be sent may hold a secret, so that it is not named.
        request
            .body(Full::new(body))
            .map_err(|_| unavailable("it cannot be asked as it is configured"))
    }
}

/// What went wrong, as the provider names it: `error` of OAuth2, `errcode` of WeChat, `ret` of QQ.
fn error_in(answer: &Value) -> Option<String> {
    let named = ["error", "errcode", "ret"].iter().find_map(|field| {
        let value = answer.get(field)?;
        match value {
            Value::Number(number) if number.as_i64() == Some(0) => None,
            Value::Null | Value::Bool(false) => None,
            Value::String(name) => Some(name.clone()),
            other => Some(other.to_string()),
        }
    })?;
    let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    Some(named.chars().filter(plain).take(60).collect())
}

fn unavailable(why: &str) -> ProviderError {
    ProviderError::Unavailable(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn errors_are_known_by_the_body_too() {
        for (answer, error) in [
            (
                json!({"error": "bad_verification_code"}),
                Some("bad_verification_code"),
            ),
            (
                json!({"error": 100_019, "error_description": "code to access token error"}),
                Some("100019"),
            ),
            (
                json!({"errcode": 40_029, "errmsg": "invalid code"}),
                Some("40029"),
            ),
            (json!({"ret": 1_002, "msg": ""}), Some("1002")),
            (json!({"ret": 0, "msg": "", "nickname": "error"}), None),
            (json!({"errcode": 0, "openid": "x"}), None),
            (json!({"error": "a\nb c"}), Some("abc")),
            (json!(["error"]), None),
        ] {
            assert_eq!(error_in(&answer).as_deref(), error, "{answer}");
        }
    }
}
