//! A push service (RFC 8030), for tests: it checks who sends (RFC 8292), decrypts what comes as the
//! browser would (RFC 8291), and remembers it.

mod browser;
mod request;
mod sender;

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;
use serde_json::Value;

use crate::entrance::Entrance;
use browser::Browser;
use request::Request;

pub use browser::PushSubscription;

/// How long who is left hanging is held, unless something changes before.
const HANGS: Duration = Duration::from_mins(10);

/// The longest message that a push service has to take.
const LARGEST: usize = 4_096;

/// What it answers to what is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PushAnswer {
    /// `201`, and it is delivered.
    #[default]
    Created,
    /// `410`: the browser has unsubscribed.
    Gone,
    /// `429`, with the seconds after which it may be tried again.
    TooMany(u32),
    /// `500`.
    Broken,
    /// Nothing, until it is told another answer or stopped.
    Hang,
}

/// What has come for a browser.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pushed {
    /// The id of the subscription.
    pub subscription: String,
    /// The message, decrypted: as JSON, or as a string where it is none.
    pub payload: Value,
    /// For how many seconds it is to be kept while the browser is away.
    pub ttl: u64,
    /// How soon the browser is to be woken.
    pub urgency: Option<String>,
    /// Replaces what has the same topic and is not delivered.
    pub topic: Option<String>,
}

/// A push service of one's own, in threads of this program. Its port stays its own while it is stopped.
pub struct PushService {
    entrance: Entrance,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    origin: String,
    browsers: BTreeMap<String, Browser>,
    pushed: Vec<Pushed>,
    answer: PushAnswer,
    /// What single subscriptions are answered.
    answers: BTreeMap<String, PushAnswer>,
    /// Requests of the moment that it answers nothing.
    hanging: usize,
    /// How many requests came, whatever became of them.
    requests: usize,
    /// What was wrong with those that were refused.
    refused: Vec<String>,
    stopped: bool,
}

impl PushService {
    /// Starts one.
    ///
    /// # Errors
    /// When there is no free port or no thread.
    pub fn start() -> Result<Self> {
        let shared = Arc::new(Shared::default());
        let entrance = Entrance::open({
            let shared = Arc::clone(&shared);
            move |stream| {
                // Whoever breaks off gets no answer.
                let _ = shared.serve(stream);
            }
        })?;
        shared.state().origin = format!("http://{}", entrance.address());
        Ok(Self { entrance, shared })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.entrance.address()
    }

    /// What `push.services` is to hold, so that a server sends here.
    pub fn origin(&self) -> String {
        self.shared.state().origin.clone()
    }

    /// What a browser gets that subscribes with the public key of a server; nobody with another key can
    /// send to it.
    ///
    /// # Errors
    /// The system gives no randomness.
    pub fn subscribe(&self, key: &str) -> Result<PushSubscription> {
        self.shared.subscribe(key)
    }

    /// All that has come, in the order of arrival.
    pub fn pushed(&self) -> Vec<Pushed> {
        self.shared.state().pushed.clone()
    }

    /// How many requests came, whatever became of them.
    pub fn requests(&self) -> usize {
        self.shared.state().requests
    }

    /// How many requests wait for an answer that does not come.
    pub fn hanging(&self) -> usize {
        self.shared.state().hanging
    }

    /// What was wrong with requests that it refused by itself.
    pub fn refused(&self) -> Vec<String> {
        self.shared.state().refused.clone()
    }

    /// Answers like this from now on, but for subscriptions that have an answer of their own.
    pub fn answer(&self, answer: PushAnswer) {
        self.shared.change(|state| state.answer = answer);
    }

    /// Answers like this from now on where it is for one subscription.
    pub fn answer_for(&self, subscription: &str, answer: PushAnswer) {
        self.shared.change(|state| {
            state.answers.insert(subscription.to_owned(), answer);
        });
    }

    /// Takes no connections any more, and closes those it has.
    pub fn stop(&self) {
        self.entrance.close();
        self.shared.change(|state| state.stopped = true);
    }

    /// Goes on after [`PushService::stop`], with the subscriptions that it had.
    pub fn start_again(&self) {
        self.shared.change(|state| state.stopped = false);
        self.entrance.reopen();
    }
}

impl Drop for PushService {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.changed.notify_all();
    }

    fn subscribe(&self, key: &str) -> Result<PushSubscription> {
        let mut state = self.state();
        let id = (state.browsers.len() + 1).to_string();
        let (browser, subscription) = Browser::new(&state.origin, &id, key)?;
        state.browsers.insert(id, browser);
        Ok(subscription)
    }

    fn serve(&self, mut stream: TcpStream) -> Result<()> {
        let request = Request::read(&mut stream)?;
        let (status, more, body) = match request.path.strip_prefix("/push/") {
            Some(subscription) if request.method == "POST" => {
                let subscription = subscription.to_owned();
                match self.take(&subscription, &request) {
                    Some((status, more)) => (status, more, String::new()),
                    None => return Ok(()),
                }
            }
            _ => self.control(&request),
        };
        request::answer(&mut stream, status, &more, &body)
    }

    /// Takes a message: the status, and a header. `None` where it answers nothing.
    fn take(&self, subscription: &str, request: &Request) -> Option<(u16, String)> {
        let mut state = self.state();
        state.requests += 1;
        if let PushAnswer::Hang = state.answer_to(subscription) {
            state.hanging += 1;
            let waited = self.changed.wait_timeout_while(state, HANGS, |state| {
                !state.stopped && state.answer_to(subscription) == PushAnswer::Hang
            });
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            state.hanging -= 1;
            return None;
        }
        match state.answer_to(subscription) {
            PushAnswer::Gone => return Some((410, String::new())),
            PushAnswer::TooMany(seconds) => {
                return Some((429, format!("Retry-After: {seconds}\r\n")));
            }
            PushAnswer::Broken => return Some((500, String::new())),
            PushAnswer::Created | PushAnswer::Hang => {}
        }
        let Some(browser) = state.browsers.get(subscription) else {
            return Some((404, String::new()));
        };
        match received(browser, &state.origin, subscription, request) {
            Ok(pushed) => {
                state.pushed.push(pushed);
                drop(state);
                self.changed.notify_all();
                Some((201, "Location: /message\r\n".to_owned()))
            }
            Err((status, why)) => {
                state.refused.push(why);
                Some((status, String::new()))
            }
        }
    }

    /// What programs in other languages ask for: see the program `push-service`.
    fn control(&self, request: &Request) -> (u16, String, String) {
        let json = "Content-Type: application/json\r\n".to_owned();
        let body = match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/pushed") => serde_json::to_string(&self.state().pushed),
            ("GET", "/refused") => serde_json::to_string(&self.state().refused),
            ("POST", "/subscriptions") => {
                let key = String::from_utf8_lossy(&request.body);
                match self.subscribe(key.trim()) {
                    Ok(subscription) => serde_json::to_string(&subscription),
                    Err(error) => return (500, String::new(), error.to_string()),
                }
            }
            ("PUT", "/answer") => {
                let answer = match String::from_utf8_lossy(&request.body).trim() {
                    "201" => PushAnswer::Created,
                    "410" => PushAnswer::Gone,
                    "429" => PushAnswer::TooMany(1),
                    "500" => PushAnswer::Broken,
                    "hang" => PushAnswer::Hang,
                    _ => return (422, String::new(), "201, 410, 429, 500 or hang".to_owned()),
                };
                self.change(|state| state.answer = answer);
                return (204, String::new(), String::new());
            }
            _ => return (404, String::new(), String::new()),
        };
        (200, json, body.unwrap_or_default())
    }
}

impl State {
    fn answer_to(&self, subscription: &str) -> PushAnswer {
        let own = self.answers.get(subscription);
        own.copied().unwrap_or(self.answer)
    }
}

/// Reads a message as the standards want it; else the status to refuse it with, and why.
fn received(
    browser: &Browser,
    origin: &str,
    subscription: &str,
    request: &Request,
) -> Result<Pushed, (u16, String)> {
    let authorization = request.header("authorization").unwrap_or_default();
    sender::check(authorization, origin, browser.key()).map_err(|why| (403, why))?;
    let ttl = request.header("ttl").and_then(|ttl| ttl.parse().ok());
    let ttl = ttl.ok_or_else(|| (400, "no TTL, or none that is a number".to_owned()))?;
    let topic = request.header("topic").map(str::to_owned);
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if let Some(topic) = &topic
        && (topic.is_empty() || topic.len() > 32 || !topic.chars().all(plain))
    {
        return Err((400, format!("no topic: {topic}")));
    }
    let urgency = request.header("urgency").map(str::to_owned);
    if let Some(urgency) = &urgency
        && !["very-low", "low", "normal", "high"].contains(&urgency.as_str())
    {
        return Err((400, format!("no urgency: {urgency}")));
    }
    if request.header("content-encoding") != Some("aes128gcm") {
        return Err((415, "not encrypted by aes128gcm".to_owned()));
    }
    if request.body.len() > LARGEST {
        return Err((413, "more than 4,096 bytes".to_owned()));
    }
    let plain = browser
        .decrypt(&request.body)
        .map_err(|error| (400, error.to_string()))?;
    let text = String::from_utf8_lossy(&plain).into_owned();
    Ok(Pushed {
        subscription: subscription.to_owned(),
        payload: serde_json::from_str(&text).unwrap_or(Value::String(text)),
        ttl,
        urgency,
        topic,
    })
}
