//! Log lines as JSON, each one object as `lines.schema.json` describes it.
//!
//! What a line is about stands at its top, wherever it was said: on the event itself, or on a span
//! around it, such as that of the request.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use crate::clock::Clock;

/// Whom a line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// What goes on.
    Logs,
    /// Who did what: lines of the target [`super::audit::TARGET`].
    Audit,
}

/// A line that is ready to be sent.
#[derive(Debug)]
pub struct Line<'a> {
    /// Whom it is for.
    pub stream: Stream,
    /// What lines that belong together have in common: their request, else their node.
    pub key: &'a str,
    /// When it was said, in Unix milliseconds.
    pub at: i64,
    /// One JSON object.
    pub json: &'a [u8],
}

/// Makes a line of each event, and gives it to `take`, which must not wait.
pub struct Lines<F> {
    node: String,
    clock: Clock,
    take: F,
}

impl<F: Fn(Line<'_>)> Lines<F> {
    /// Of this node, by this clock.
    pub fn new(node: String, clock: Clock, take: F) -> Self {
        Self { node, clock, take }
    }
}

/// As it is written down.
#[derive(Serialize)]
struct Written<'a> {
    at: i64,
    node: &'a str,
    level: &'a str,
    target: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation: Option<&'a str>,
    fields: &'a Map<String, Value>,
}

impl<S, F> Layer<S> for Lines<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    F: Fn(Line<'_>) + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(of_span) = span.extensions().get::<Fields>() {
                // The innermost knows best.
                for (name, value) in &of_span.0 {
                    fields.0.entry(name).or_insert_with(|| value.clone());
                }
            }
        }
        event.record(&mut fields);
        let metadata = event.metadata();
        let foreign = fields.foreign_target();
        let [message, request, user, conversation] =
            ["message", "request", "user", "conversation"].map(|name| fields.taken(name));
        let target = foreign.as_deref().unwrap_or(metadata.target());
        let at = self.clock.now();
        let written = Written {
            at,
            node: &self.node,
            level: level(*metadata.level()),
            target,
            message: message.as_deref().unwrap_or_default(),
            request: request.as_deref(),
            user: user.as_deref(),
            conversation: conversation.as_deref(),
            fields: &fields.0,
        };
        // A map of texts and numbers can always be written.
        let Ok(json) = serde_json::to_vec(&written) else {
            return;
        };
        (self.take)(Line {
            stream: if target == super::audit::TARGET {
                Stream::Audit
            } else {
                Stream::Logs
            },
            key: request.as_deref().unwrap_or(&self.node),
            at,
            json: &json,
        });
    }
}

fn level(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

/// What was said with a span or an event.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    /// Takes a field out, as text.
    fn taken(&mut self, name: &str) -> Option<String> {
        Some(match self.0.remove(name)? {
            Value::String(text) => text,
            other => other.to_string(),
        })
    }

    /// The target of an event that came by the crate `log`: it is said in a field.
    fn foreign_target(&mut self) -> Option<String> {
        let target = self.taken("log.target")?;
        self.0.retain(|name, _| !name.starts_with("log."));
        Some(target)
    }

    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use serde_json::json;
    use tracing::field::Empty;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    /// What is said meanwhile, as `(stream, key, line)`.
    fn said(doing: impl FnOnce()) -> Vec<(Stream, String, Value)> {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&lines);
        let layer = Lines::new("n".to_owned(), Clock::manual(7), move |line: Line<'_>| {
            let json = serde_json::from_slice(line.json).unwrap();
            let line = (line.stream, line.key.to_owned(), json);
            kept.lock().unwrap().push(line);
        });
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, doing);
        lines.lock().unwrap().clone()
    }

    #[test]
    fn what_a_line_is_about_stands_at_its_top_wherever_it_was_said() {
        let lines = said(|| {
            let span = tracing::info_span!("request", request = %"r1", route = "/x", user = Empty);
            span.in_scope(|| {
                span.record("user", tracing::field::display("u1"));
                let inner = tracing::info_span!("inner", route = "/y", conversation = "c1");
                inner.in_scope(|| tracing::warn!(status = 503, ok = false, "answered {}", 1));
            });
        });
        let (stream, key, line) = &lines[0];
        assert_eq!((*stream, &**key), (Stream::Logs, "r1"));
        assert_eq!(
            *line,
            json!({
                "at": 7, "node": "n", "level": "warn", "target": module_path!(),
                "message": "answered 1", "request": "r1", "user": "u1", "conversation": "c1",
                "fields": {"route": "/y", "status": 503, "ok": false},
            })
        );
    }

    #[test]
    fn a_line_about_nothing_has_the_node_for_its_key() {
        let lines = said(|| tracing::info!(target: "audit", "x"));
        let (stream, key, line) = &lines[0];
        assert_eq!((*stream, &**key), (Stream::Audit, "n"));
        assert_eq!(line["fields"], json!({}));
        assert!(line.get("request").is_none());
    }
}
