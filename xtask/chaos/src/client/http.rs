//! Requests to the server, and what their answers mean to the engine: as the browser's.

use std::time::Duration;

use anyhow::{Context, Result};
use protocol::api::{AFTER_HEADER, ROOT, USER_HEADER};
use protocol::sync::Failure;
use protocol::{ClientId, Code, ConversationId, Problem, UserId, json};
use reqwest::{Client, Method, RequestBuilder, Response, header};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long the answer to a post of commands may take.
const POST_PATIENCE: Duration = Duration::from_secs(15);
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);

/// Asks one address, in one user's name once somebody is logged in.
#[derive(Debug, Clone)]
pub struct Http {
    client: Client,
    /// `http://127.0.0.1:P`: a node's or the balancer's.
    base: String,
    /// What the nodes take for their own site.
    origin: String,
    session: Option<(UserId, String)>,
}

/// An answer of 200 to 299, or 304.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub text: String,
    pub etag: Option<String>,
    /// The first cookie it sets, as a request sends it back.
    pub cookie: Option<String>,
}

/// Why there is no such answer.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// 0 where none came back.
    pub status: u16,
    pub code: Code,
    /// After how many milliseconds to try again, if the server said.
    pub retry: Option<u64>,
}

impl Refusal {
    fn no_answer() -> Self {
        Self {
            status: 0,
            code: Code::Unavailable,
            retry: None,
        }
    }

    /// What it means to the engine.
    pub fn failure(&self) -> Failure {
        match (self.code, self.status) {
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
        json::from_str(&self.text).map_err(|_| Refusal::no_answer())
    }
}

impl Http {
    /// # Errors
    /// Where this machine cannot make a client.
    pub fn new(base: &str, origin: &str) -> Result<Self> {
        let client = Client::builder()
            .no_proxy()
            .connect_timeout(CONNECT)
            .tcp_nodelay(true)
            .build()
            .context("no HTTP client")?;
        Ok(Self {
            client,
            base: base.to_owned(),
            origin: origin.to_owned(),
            session: None,
        })
    }

    /// The same, in this user's name from now on.
    pub fn signed_in(self, user: UserId, cookie: String) -> Self {
        Self {
            session: Some((user, cookie)),
            ..self
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self
            .client
            .request(method, format!("{}{ROOT}/{path}", self.base))
            .header(header::ORIGIN, &self.origin);
        match &self.session {
            Some((user, cookie)) => request
                .header(header::COOKIE, cookie)
                .header(USER_HEADER, user.to_string()),
            None => request,
        }
    }

    /// `GET`, with the `ETag` one has.
    pub async fn get(&self, path: &str, etag: Option<&str>) -> Result<Answer, Refusal> {
        let mut request = self.request(Method::GET, path);
        if let Some(etag) = etag {
            request = request.header(header::IF_NONE_MATCH, etag);
        }
        exchange(request, PATIENCE).await
    }

    /// Sends a body of JSON.
    pub async fn send(&self, method: Method, path: &str, body: String) -> Result<Answer, Refusal> {
        exchange(self.with_body(method, path, body), PATIENCE).await
    }

    /// Posts a command, to be taken after another.
    pub async fn post_command(
        &self,
        id: ConversationId,
        body: String,
        after: Option<ClientId>,
    ) -> Result<Answer, Refusal> {
        let path = format!("conversations/{id}/commands");
        let mut request = self.with_body(Method::POST, &path, body);
        if let Some(after) = after {
            request = request.header(AFTER_HEADER, after.to_string());
        }
        exchange(request, POST_PATIENCE).await
    }

    fn with_body(&self, method: Method, path: &str, body: String) -> RequestBuilder {
        self.request(method, path)
            .header(header::CONTENT_TYPE, "application/json")
            .body(body)
    }

    /// Asks for something without end, and gives it once its head is there.
    pub async fn open(&self, path: &str) -> Result<Response, Refusal> {
        let opening = self.request(Method::GET, path).send();
        let Ok(Ok(response)) = timeout(PATIENCE, opening).await else {
            return Err(Refusal::no_answer());
        };
        if response.status().is_success() {
            return Ok(response);
        }
        match timeout(PATIENCE, read(response)).await {
            Ok(Err(refusal)) => Err(refusal),
            _ => Err(Refusal::no_answer()),
        }
    }
}

async fn exchange(request: RequestBuilder, patience: Duration) -> Result<Answer, Refusal> {
    let exchange = async {
        let response = request.send().await.map_err(|_| Refusal::no_answer())?;
        read(response).await
    };
    timeout(patience, exchange)
        .await
        .unwrap_or_else(|_| Err(Refusal::no_answer()))
}

async fn read(response: Response) -> Result<Answer, Refusal> {
    let header = |name| {
        let value = response.headers().get(name)?;
        value.to_str().ok().map(str::to_owned)
    };
    let status = response.status().as_u16();
    let (etag, cookie) = (header(header::ETAG), header(header::SET_COOKIE));
    let retry = header(header::RETRY_AFTER).and_then(|after| after.parse::<u64>().ok());
    let text = response.text().await.map_err(|_| Refusal::no_answer())?;
    if (200..300).contains(&status) || status == 304 {
        let cookie = cookie.and_then(|it| it.split(';').next().map(str::to_owned));
        return Ok(Answer {
            status,
            text,
            etag,
            cookie,
        });
    }
    let code = match json::from_str::<Problem>(&text) {
        Ok(problem) => problem.code,
        Err(_) if status == 401 => Code::Unauthenticated,
        Err(_) => Code::Unavailable,
    };
    Err(Refusal {
        status,
        code,
        retry: retry.map(|seconds| seconds.saturating_mul(1_000)),
    })
}
