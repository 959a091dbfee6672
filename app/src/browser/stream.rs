//! The stream of events, read by `fetch`, which shows status codes where `EventSource` does not.

use std::rc::Rc;

use js_sys::{Reflect, Uint8Array};
use protocol::stream::StreamEvent;
use protocol::sync::Failure;
use protocol::{Millis, UserId};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, ReadableStreamDefaultReader, Response};

use super::http::{Http, read};
use super::sse::Parser;
use super::time::{spawn, within};

/// How long the stream may take to open, in milliseconds.
const PATIENCE: u64 = 30_000;

/// An open stream, or one that is being opened. Dropped, it ends, and nothing more is heard of it.
pub struct Stream {
    abort: Option<AbortController>,
    alive: Rc<()>,
}

/// What is heard of a stream; [`Heard::End`] once, last.
pub enum Heard {
    /// An event, with its `id:`.
    Event(Box<StreamEvent>, Option<Millis>),
    /// It ended, or could not be opened.
    End(Option<Failure>),
}

impl Stream {
    /// Opens it.
    pub fn open(
        http: Http,
        user: UserId,
        since: Option<Millis>,
        hear: impl Fn(Heard) + 'static,
    ) -> Self {
        let abort = AbortController::new().ok();
        let alive = Rc::new(());
        let listening = Rc::downgrade(&alive);
        let hear = move |heard| {
            if listening.strong_count() > 0 {
                hear(heard);
            }
        };
        let mut path = format!("stream?as={user}");
        if let Some(since) = since {
            path = format!("{path}&since={since}");
        }
        spawn({
            let abort = abort.clone();
            async move {
                let end = run(http, &path, abort.as_ref(), &hear).await;
                hear(Heard::End(end.err()));
            }
        });
        Self { abort, alive }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // First deaf, then dead: an abort may call back at once.
        self.alive = Rc::new(());
        if let Some(abort) = &self.abort {
            abort.abort();
        }
    }
}

async fn run(
    http: Http,
    path: &str,
    abort: Option<&AbortController>,
    hear: &impl Fn(Heard),
) -> Result<(), Failure> {
    let later = Failure::Later(None);
    let opening = http.fetch("GET", path, None, None, abort);
    let response = match within(PATIENCE, opening).await {
        Some(Ok(response)) => response,
        Some(Err(_)) => return Err(later),
        None => {
            if let Some(abort) = abort {
                abort.abort();
            }
            return Err(later);
        }
    };
    if !response.ok() {
        let refusal = within(PATIENCE, read(&response)).await;
        return Err(match refusal {
            Some(Err(refusal)) => refusal.failure(),
            _ => later,
        });
    }
    let is_stream = response
        .headers()
        .get("content-type")
        .ok()
        .flatten()
        .is_some_and(|it| it.starts_with("text/event-stream"));
    if !is_stream {
        return Err(later);
    }
    hear_all(&response, hear).await.map_err(|_| later)
}

async fn hear_all(response: &Response, hear: &impl Fn(Heard)) -> Result<(), JsValue> {
    let body = response.body().ok_or("there is no body")?;
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    let mut parser = Parser::default();
    loop {
        let chunk = JsFuture::from(reader.read()).await?;
        if Reflect::get(&chunk, &"done".into())?.is_truthy() {
            return Ok(());
        }
        let bytes = Uint8Array::new(&Reflect::get(&chunk, &"value".into())?).to_vec();
        for frame in parser.feed(&bytes) {
            let id = frame.id.and_then(|id| id.parse().ok());
            match StreamEvent::parse(&frame.event, &frame.data) {
                Ok(event) => hear(Heard::Event(Box::new(event), id)),
                // Not to be passed over in silence: what follows would leave a gap unseen.
                Err(error) => return Err(error.to_string().into()),
            }
        }
    }
}
