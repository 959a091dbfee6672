//! What is counted, under which names, and how Prometheus reads it.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

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

/// Upper bounds of the buckets of [`HTTP_SECONDS`].
const SECONDS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];

/// Starts to count, and gives what renders the counts. `None` if this process counts already.
pub fn start() -> Option<PrometheusHandle> {
    let handle = PrometheusBuilder::new()
        .set_buckets(SECONDS)
        .ok()?
        .install_recorder()
        .ok()?;
    describe_counter!(HTTP_REQUESTS, "Requests answered");
    describe_histogram!(HTTP_SECONDS, Unit::Seconds, "Time to answer a request");
    describe_gauge!(HTTP_CONNECTIONS, "Connections open now");
    describe_counter!(HTTP_THROTTLED, "Requests refused as too many");
    describe_counter!(LOG_INS, "Log-ins tried");
    Some(handle)
}
