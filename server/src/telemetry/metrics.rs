//! What is counted, under which names, and how Prometheus reads it.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Requests answered, by method, route and status.
pub const HTTP_REQUESTS: &str = "zspchat_http_requests_total";
/// Seconds from a request's head to its answer's head, by route.
pub const HTTP_SECONDS: &str = "zspchat_http_request_seconds";
/// Connections open now.
pub const HTTP_CONNECTIONS: &str = "zspchat_http_connections";
/// Requests refused because of too many in too short a time, by what was counted.
pub const HTTP_THROTTLED: &str = "zspchat_http_throttled_total";
/// Log-ins, by outcome.
pub const LOG_INS: &str = "zspchat_log_ins_total";

/// Events stored.
pub const EVENTS_STORED: &str = "zspchat_events_stored_total";
/// Commands stored in one transaction.
pub const BATCH_COMMANDS: &str = "zspchat_batch_commands";
/// Commands that the database refuses for good.
pub const COMMANDS_REJECTED: &str = "zspchat_commands_rejected_total";
/// Commands not accepted, since the database could not serve.
pub const COMMANDS_UNAVAILABLE: &str = "zspchat_commands_unavailable_total";
/// Streams open now.
pub const STREAMS: &str = "zspchat_streams";
/// Events that came to the hub out of order, so that it read the store.
pub const GAPS_FILLED: &str = "zspchat_gaps_filled_total";
/// Logs that had moved without the hub being told.
pub const SWEPT: &str = "zspchat_swept_total";

/// Upper bounds of the buckets of [`BATCH_COMMANDS`].
const COMMANDS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// Upper bounds of the buckets of [`HTTP_SECONDS`].
const SECONDS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];

/// Starts to count, and gives what renders the counts. `None` if this process counts already.
pub fn start() -> Option<PrometheusHandle> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full(HTTP_SECONDS.to_owned()), SECONDS)
        .ok()?
        .set_buckets_for_metric(Matcher::Full(BATCH_COMMANDS.to_owned()), COMMANDS)
        .ok()?
        .install_recorder()
        .ok()?;
    describe_counter!(HTTP_REQUESTS, "Requests answered");
    describe_histogram!(HTTP_SECONDS, Unit::Seconds, "Time to answer a request");
    describe_gauge!(HTTP_CONNECTIONS, "Connections open now");
    describe_counter!(HTTP_THROTTLED, "Requests refused as too many");
    describe_counter!(LOG_INS, "Log-ins tried");
    describe_counter!(EVENTS_STORED, "Events stored");
    describe_histogram!(BATCH_COMMANDS, "Commands stored in one transaction");
    describe_counter!(
        COMMANDS_REJECTED,
        "Commands that the database refuses for good"
    );
    describe_counter!(
        COMMANDS_UNAVAILABLE,
        "Commands not accepted, since the database could not serve"
    );
    describe_gauge!(STREAMS, "Streams open now");
    describe_counter!(GAPS_FILLED, "Events that came out of order to the streams");
    describe_counter!(SWEPT, "Logs that had moved without the streams being told");
    Some(handle)
}
