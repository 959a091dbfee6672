//! Requests to the server.

use std::fmt::Display;

use js_sys::Reflect;
use protocol::api::{AFTER_HEADER, ROOT, USER_HEADER};
use protocol::sync::Failure;
use protocol::{ClientId, Code, Problem, UserId, json};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, Headers, RequestCache, RequestInit, Response};

use super::time::within;

/// How long an answer may take, in milliseconds.
const PATIENCE: u64 = 30_000;
/// How long the answer to a post of commands may take: the sooner it is given up, the sooner it is
/// repeated.
const POST_PATIENCE: u64 = 15_000;

/// A header's name and value.
type Header<'a> = (&'static str, &'a str);

/// Asks in one user's name.
#[derive(Debug, Clone, Copy)]
pub struct Http {
    user: Option<UserId>,
}

/// An answer of 200 to 299, or 304.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    pub text: String,
    /// The `ETag`.
    pub etag: Option<String>,
}

/// Why there is no such answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The server's reason, or [`Code::Unavailable`] where nothing that can be read came back.
    pub problem: Problem,
    /// After how many milliseconds to try again, if the server said.
    pub retry: Option<u64>,
}

impl Refusal {
    fn no_answer(why: impl Display) -> Self {
        Self {
            problem: Problem::new(Code::Unavailable, why.to_string()),
            retry: None,
        }
    }

    /// What it means to the engine.
    pub fn failure(&self) -> Failure {
        match (self.problem.code, self.problem.status) {
            (Code::WrongAccount, _) => Failure::WrongAccount,
            (_, 401) => Failure::SignedOut,
            (Code::Unavailable | Code::TooManyRequests, _) | (_, 408 | 425 | 429 | 500..) => {
                Failure::Later(self.retry)
            }
            (code, _) => Failure::Refused(code),
        }
    }
}

impl Answer {
    /// The body, read.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        // Something between here and the server answered, or the server is newer than this page.
        json::from_str(&self.text).map_err(Refusal::no_answer)
    }
}

impl Http {
    /// Asks in this user's name; in nobody's, on the pages before a log-in.
    pub fn new(user: Option<UserId>) -> Self {
        Self { user }
    }

    /// `GET`, read.
    pub async fn get<T: DeserializeOwned>(self, path: &str) -> Result<T, Refusal> {
        self.ask("GET", path, None, None).await?.json()
    }

    /// `GET` of what may be known: `None` if it has this `ETag` still; else it and its new one.
    pub async fn get_newer<T: DeserializeOwned>(
        self,
        path: &str,
        etag: Option<&str>,
    ) -> Result<Option<(T, Option<String>)>, Refusal> {
        let known = etag.map(|etag| ("if-none-match", etag));
        let answer = self.ask("GET", path, None, known).await?;
        if answer.status == 304 {
            return Ok(None);
        }
        Ok(Some((answer.json()?, answer.etag)))
    }

    /// Sends a body, and reads the answer.
    pub async fn send<T: DeserializeOwned>(
        self,
        method: &str,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Refusal> {
        self.tell(method, path, body).await?.json()
    }

    /// Sends a body; what the answer says besides its status is left to the caller.
    pub async fn tell(
        self,
        method: &str,
        path: &str,
        body: &impl Serialize,
    ) -> Result<Answer, Refusal> {
        let body = json::to_string(body);
        self.ask(method, path, Some(&body), None).await
    }

    /// Sends nothing but the method.
    pub async fn order(self, method: &str, path: &str) -> Result<Answer, Refusal> {
        self.ask(method, path, None, None).await
    }

    /// Posts these very bytes, to be taken after what is named.
    pub async fn post_bytes(
        self,
        path: &str,
        bytes: &str,
        after: Option<ClientId>,
    ) -> Result<Answer, Refusal> {
        let after = after.map(|it| it.to_string());
        let header = after.as_deref().map(|it| (AFTER_HEADER, it));
        self.within(POST_PATIENCE, "POST", path, Some(bytes), header)
            .await
    }

    async fn ask(
        self,
        method: &str,
        path: &str,
        body: Option<&str>,
        header: Option<Header<'_>>,
    ) -> Result<Answer, Refusal> {
        self.within(PATIENCE, method, path, body, header).await
    }

    async fn within(
        self,
        patience: u64,
        method: &str,
        path: &str,
        body: Option<&str>,
        header: Option<Header<'_>>,
    ) -> Result<Answer, Refusal> {
        let abort = AbortController::new().ok();
        let exchange = async {
            let response = self
                .fetch(method, path, body, header, abort.as_ref())
                .await
                .map_err(|error| Refusal::no_answer(format!("{error:?}")))?;
            read(&response).await
        };
        let answer = within(patience, exchange).await;
        if answer.is_none()
            && let Some(abort) = abort
        {
            abort.abort();
        }
        answer.unwrap_or_else(|| Err(Refusal::no_answer("no answer in time")))
    }

    /// The bare exchange, until the answer's head is there.
    pub async fn fetch(
        self,
        method: &str,
        path: &str,
        body: Option<&str>,
        header: Option<Header<'_>>,
        abort: Option<&AbortController>,
    ) -> Result<Response, JsValue> {
        let headers = Headers::new()?;
        if let Some(user) = self.user {
            headers.set(USER_HEADER, &user.to_string())?;
        }
        if let Some((name, value)) = header {
            headers.set(name, value)?;
        }
        let init = RequestInit::new();
        init.set_method(method);
        if let Some(body) = body {
            headers.set("content-type", "application/json")?;
            init.set_body(&JsValue::from_str(body));
        }
        init.set_headers(&headers);
        init.set_cache(RequestCache::NoStore);
        if let Some(abort) = abort {
            init.set_signal(Some(&abort.signal()));
        }
        let window = web_sys::window().ok_or("there is no window")?;
        let answer = window.fetch_with_str_and_init(&format!("{ROOT}/{path}"), &init);
        JsFuture::from(answer).await.map(JsCast::unchecked_into)
    }
}

/// Reads an answer to its end.
pub async fn read(response: &Response) -> Result<Answer, Refusal> {
    let broken = |error: JsValue| Refusal::no_answer(format!("{error:?}"));
    let header = |name: &str| response.headers().get(name).ok().flatten();
    let status = response.status();
    let text = JsFuture::from(response.text().map_err(broken)?)
        .await
        .map_err(broken)?
        .as_string()
        .unwrap_or_default();
    if (200..300).contains(&status) || status == 304 {
        return Ok(Answer {
            status,
            text,
            etag: header("etag"),
        });
    }
    let retry = header("retry-after")
        .and_then(|it| it.parse::<u64>().ok())
        .map(|seconds| seconds.saturating_mul(1_000));
    let problem = json::from_str(&text).unwrap_or_else(|_| Problem {
        status,
        ..Problem::new(
            if status == 401 {
                Code::Unauthenticated
            } else {
                Code::Unavailable
            },
            format!("the answer was {status}"),
        )
    });
    if problem.code == Code::SessionEnded {
        // There the page is told whose history is to go.
        super::device::go("/login");
    }
    Err(Refusal {
        // What counts is the status the answer came with.
        problem: Problem { status, ..problem },
        retry,
    })
}

/// A property of an object that may not be there, as in older browsers and on plain-http addresses.
pub fn property(object: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(object, &name.into())
        .ok()
        .filter(|value| !value.is_undefined() && !value.is_null())
}
