//! Where steps are told, once for the process, as with counts.

use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use opentelemetry::trace::{
    SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId as ExportedId, TraceState,
};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{
    BatchSpanProcessor, SpanData, SpanEvents, SpanLinks, SpanProcessor as _,
};

use super::step::{About, Step, names};
use super::{NoExport, Trace, TraceId, otlp};
use crate::clock::Clock;
use crate::config::Traces;
use crate::random::Random;

static TRACER: OnceLock<Tracer> = OnceLock::new();

struct Tracer {
    clock: Clock,
    random: Random,
    one_in: u32,
    /// Whether steps are log lines too.
    logged: bool,
    exported: Option<BatchSpanProcessor>,
}

/// Tells steps from here on, where `traces.otlp` says or as log lines of the target `trace`. Does nothing
/// the second time, or where neither is wanted. For a runtime that goes on until [`finish`].
///
/// # Errors
/// `traces.otlp` is no address.
pub fn start(
    traces: &Traces,
    logged: bool,
    clock: &Clock,
    random: &Random,
) -> Result<(), NoExport> {
    if (traces.otlp.is_none() && !logged) || TRACER.get().is_some() {
        return Ok(());
    }
    let exported = traces.otlp.is_some().then(|| otlp::exporter(traces));
    let started = TRACER.set(Tracer {
        clock: clock.clone(),
        random: random.clone(),
        one_in: traces.one_in.max(1),
        logged,
        exported: exported.transpose()?,
    });
    // Another server of this process was faster.
    drop(started);
    Ok(())
}

/// Whether a request is traced: one in so many is, and each that belongs to a trace already.
pub fn begin(id: TraceId, given: Option<Trace>) -> Option<Trace> {
    let tracer = TRACER.get()?;
    let chosen = || {
        let is = id.0.is_multiple_of(u128::from(tracer.one_in));
        is.then_some(Trace { id, step: 0 })
    };
    given.or_else(chosen)
}

/// Sends what is still to be told, and waits for that as long as given, blocking the thread.
pub fn finish(limit: Duration) {
    if let Some(exported) = TRACER.get().and_then(|tracer| tracer.exported.as_ref())
        && let Err(error) = exported.shutdown_with_timeout(limit)
    {
        tracing::warn!(%error, "not all traces were told");
    }
}

/// An id for a step; never 0.
pub(super) fn step_id() -> u64 {
    let random = |tracer: &Tracer| u64::from_le_bytes(tracer.random.bytes()).max(1);
    TRACER.get().map_or(1, random)
}

/// Tells what ends now and took so long.
pub(super) fn tell(step: &Step, took: Duration, about: &About<'_>) {
    let Some(tracer) = TRACER.get() else { return };
    if tracer.logged {
        log(step, took, about);
    }
    if let Some(exported) = &tracer.exported {
        exported.on_end(exported_as(step, tracer.now(), took, about));
    }
}

impl Tracer {
    fn now(&self) -> SystemTime {
        let since = u64::try_from(self.clock.now()).unwrap_or(0);
        SystemTime::UNIX_EPOCH + Duration::from_millis(since)
    }
}

fn log(step: &Step, took: Duration, about: &About<'_>) {
    tracing::info!(
        target: "trace",
        request = %step.trace.id,
        span = format_args!("{:016x}", step.id),
        parent = format_args!("{:016x}", step.trace.step),
        took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        user = about.user.map(tracing::field::display),
        conversation = about.conversation.map(tracing::field::display),
        seq = about.seq,
        client_id = about.client_id.map(tracing::field::display),
        stream = about.stream.map(tracing::field::display),
        route = about.route,
        outcome = about.outcome,
        count = about.count,
        failed = about.failed.then_some(true),
        "{}",
        step.name
    );
}

fn exported_as(step: &Step, end: SystemTime, took: Duration, about: &About<'_>) -> SpanData {
    let texts = about.texts().map(|(name, text)| KeyValue::new(name, text));
    let numbers = about
        .numbers()
        .map(|(name, number)| KeyValue::new(name, number));
    SpanData {
        span_context: SpanContext::new(
            ExportedId::from(step.trace.id.0),
            SpanId::from(step.id),
            TraceFlags::SAMPLED,
            false,
            TraceState::default(),
        ),
        parent_span_id: SpanId::from(step.trace.step),
        parent_span_is_remote: kind(step.name) != SpanKind::Internal,
        span_kind: kind(step.name),
        name: step.name.into(),
        start_time: end.checked_sub(took).unwrap_or(end),
        end_time: end,
        attributes: texts.chain(numbers).collect(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: if about.failed {
            Status::error(about.outcome.unwrap_or_default().to_owned())
        } else {
            Status::Unset
        },
        instrumentation_scope: InstrumentationScope::builder("zspchat").build(),
    }
}

fn kind(name: &str) -> SpanKind {
    match name {
        names::REQUEST => SpanKind::Server,
        names::QUEUE | names::PUBLISH => SpanKind::Producer,
        names::WRITE | names::DELIVER => SpanKind::Consumer,
        _ => SpanKind::Internal,
    }
}
