//! A server of one's own for each test, and people who use it.

mod stream;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use protocol::api::accounts::Me;
use protocol::{ClientId, ConversationId, Event, UserId};
use reqwest::header::{COOKIE, HeaderMap, ORIGIN, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder, StatusCode, redirect};
use serde_json::{Value, json};
use server::clock::Clock;
use server::config::Config;
use server::serve::{self, Running};
use tempfile::TempDir;

use crate::waiting::moment;

pub use stream::Stream;

/// How long a test waits for what must come.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub struct TestApp {
    running: Option<Running>,
    folder: TempDir,
    config: Config,
    /// By which it goes, if not by its own.
    clock: Option<Clock>,
    pub base: String,
}

impl TestApp {
    pub async fn start() -> Self {
        Self::start_with(|_| ()).await
    }

    /// Goes by a clock that the test holds, and that begins now.
    pub async fn start_by(clock: &Clock) -> Self {
        Self::start_as(Some(clock.clone()), |_| ()).await
    }

    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        Self::start_as(None, change).await
    }

    pub async fn start_as(clock: Option<Clock>, change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config {
            listen: "127.0.0.1:0".parse().unwrap(),
            data: folder.path().to_owned(),
            ..Config::default()
        };
        crate::database::configure(&mut config);
        change(&mut config);
        let mut app = Self {
            running: None,
            folder,
            config,
            clock,
            base: String::new(),
        };
        app.start_again().await;
        app
    }

    /// Starts with the data of before.
    pub async fn start_again(&mut self) {
        let config = self.config.clone();
        // Boxed, since it holds the whole configuration, and every test would hold it.
        let running = match &self.clock {
            Some(clock) => Box::pin(serve::start_at(config, false, clock.clone())).await,
            None => Box::pin(serve::start(config, false)).await,
        };
        let running = running.unwrap();
        let scheme = if self.config.tls.is_on() {
            "https"
        } else {
            "http"
        };
        self.base = format!("{scheme}://{}", running.address());
        self.running = Some(running);
        if crate::database::is_networked() {
            self.until_ready().await;
        }
    }

    /// Waits until nothing that it needs is away.
    async fn until_ready(&self) {
        let began = tokio::time::Instant::now();
        while self.anybody().get("/readyz").await.json()["state"] != "ready" {
            assert!(began.elapsed() < 3 * PATIENCE, "not ready");
            moment().await;
        }
    }

    /// Stops in good order and starts again with the same data, at another port.
    pub async fn restart(&mut self) {
        self.stop().await;
        self.start_again().await;
    }

    pub async fn stop(&mut self) {
        self.running.take().unwrap().stop().await;
    }

    pub fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Somebody who is not logged in.
    pub fn anybody(&self) -> Browser {
        Browser::at(&self.base)
    }

    pub async fn register(&self, handle: &str) -> Person {
        self.anybody().register(handle).await
    }

    /// Two people who are each other's contacts.
    pub async fn friends(&self) -> [Person; 2] {
        let ann = self.register("ann").await;
        let bob = self.register("bob").await;
        ann.befriend(&bob).await;
        [ann, bob]
    }
}

pub const PASSWORD: &str = "a good password";

/// A browser: keeps cookies, and names its page's origin.
#[derive(Clone)]
pub struct Browser {
    client: Client,
    pub base: String,
    pub origin: Option<String>,
    pub cookies: Vec<(String, String)>,
    /// What a program proves itself by.
    pub token: Option<String>,
}

pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    pub fn read<T: serde::de::DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// Fails unless it is a problem of that code, with all that a problem has.
    #[track_caller]
    pub fn is_problem(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["code"], code);
        assert_eq!(problem["status"], status);
        assert_eq!(problem["request_id"], self.header("x-request-id"));
    }
}

impl Browser {
    /// A browser of nobody's, at a server.
    pub fn at(base: &str) -> Self {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            client,
            base: base.to_owned(),
            origin: Some(base.to_owned()),
            cookies: Vec::new(),
            token: None,
        }
    }

    /// A program that proves itself by a token, at the same server.
    pub fn program(&self, token: &str) -> Self {
        Self {
            origin: None,
            cookies: Vec::new(),
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    pub async fn register(mut self, handle: &str) -> Person {
        let body = json!({"handle": handle, "password": PASSWORD});
        let answer = self.post("/api/v1/accounts", body).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        self.keep(&answer);
        let me: Me = answer.read();
        Person {
            browser: self,
            id: me.user.id,
        }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if let Some(origin) = &self.origin {
            request = request.header(ORIGIN, origin);
        }
        if !self.cookies.is_empty() {
            let pairs = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"));
            request = request.header(COOKIE, pairs.collect::<Vec<_>>().join("; "));
        }
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        request
    }

    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let answer = request.send().await.unwrap();
        Answer {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            text: answer.text().await.unwrap(),
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).json(&body))
            .await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(&body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(&body))
            .await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Posts a form, as a page without script does.
    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(self.request(Method::POST, path).form(fields))
            .await
    }

    /// Keeps the cookies of an answer.
    pub fn keep(&mut self, answer: &Answer) {
        for line in answer.headers.get_all(SET_COOKIE) {
            let pair = line.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.retain(|(kept, _)| kept != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
    }
}

/// Somebody who is logged in.
#[derive(Clone)]
pub struct Person {
    pub browser: Browser,
    pub id: UserId,
}

impl std::ops::Deref for Person {
    type Target = Browser;

    fn deref(&self) -> &Browser {
        &self.browser
    }
}

impl Person {
    /// Uses another server from here on, with the same cookies.
    pub fn go_to(&mut self, base: &str) {
        base.clone_into(&mut self.browser.base);
        self.browser.origin = Some(base.to_owned());
    }

    pub async fn befriend(&self, other: &Person) {
        let body = json!({"user": other.id, "note": "hello"});
        let asked = self.post("/api/v1/contact_requests", body).await;
        assert_eq!(asked.status, 201, "{}", asked.text);
        let id = asked.json()["id"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/contact_requests/{id}/accept");
        let accepted = other.post(&path, json!({})).await;
        assert_eq!(accepted.status, 200, "{}", accepted.text);
    }

    /// The conversation with somebody.
    pub fn with(&self, other: &Person) -> ConversationId {
        ConversationId::direct(self.id, other.id)
    }

    /// A group of this person's with others.
    pub async fn group(&self, others: &[&Person]) -> ConversationId {
        let id = ConversationId(fresh_id().0);
        let members: Vec<UserId> = others.iter().map(|other| other.id).collect();
        let body = json!({"name": "group", "members": members});
        let made = self.put(&format!("/api/v1/conversations/{id}"), body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        id
    }

    pub async fn command(&self, conversation: ConversationId, command: Value) -> Answer {
        let path = format!("/api/v1/conversations/{conversation}/commands");
        self.post(&path, command).await
    }

    /// Says something, and waits until it is stored: a node that is slow answers before that.
    pub async fn say(&self, conversation: ConversationId, text: &str) -> Event {
        let command = say(text);
        let stored = async {
            loop {
                let answer = self.command(conversation, command.clone()).await;
                if answer.status != 202 {
                    return answer;
                }
                // No more often than one may send.
                for _ in 0..20 {
                    moment().await;
                }
            }
        };
        let answer = tokio::time::timeout(PATIENCE, stored).await;
        let answer = answer.expect("it is stored in time");
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.read()
    }

    pub async fn texts(&self, conversation: ConversationId) -> Vec<String> {
        let path = format!("/api/v1/conversations/{conversation}/events");
        let page = self.get(&path).await.json();
        page["events"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|event| event["body"]["content"]["text"].as_str())
            .map(ToOwned::to_owned)
            .collect()
    }

    pub async fn stream(&self) -> Stream {
        let path = format!("/api/v1/stream?as={}", self.id);
        let answer = self.request(Method::GET, &path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        assert_eq!(answer.headers()["cache-control"], "no-store");
        assert_eq!(answer.headers()["x-accel-buffering"], "no");
        Stream::read(answer)
    }
}

/// A message as it is posted.
pub fn say(text: &str) -> Value {
    json!({"client_id": fresh_id(), "kind": "send", "content": {"type": "text", "text": text}})
}

/// A client id that nobody has used.
pub fn fresh_id() -> ClientId {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    let mut random = [7; 10];
    random[2..].copy_from_slice(&count);
    ClientId::new(Clock::system().now(), random)
}
