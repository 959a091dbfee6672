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
/// When the certificate that connections are given expires, in Unix seconds.
pub const TLS_EXPIRES: &str = "zspchat_tls_certificate_expires_timestamp_seconds";
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

/// Messages published on the bus: one a message, however many want it.
pub const BUS_PUBLISHED: &str = "zspchat_bus_published_total";
/// Messages that did not go out on the bus, since Redis was away or slower than they came.
pub const BUS_LOST: &str = "zspchat_bus_lost_total";
/// Messages in the broker's queues.
pub const QUEUE_DEPTH: &str = "zspchat_queue_depth";
/// Seconds for which the oldest command in the last batch had been accepted.
pub const QUEUE_AGE_SECONDS: &str = "zspchat_queue_age_seconds";
/// Seconds that a batch took from being taken to being committed.
pub const COMMIT_SECONDS: &str = "zspchat_commit_seconds";
/// Seconds from a command's being accepted to its event's being given to a node's streams.
pub const DELIVERY_SECONDS: &str = "zspchat_delivery_seconds";
/// Batches decided anew, since another writer had moved a log on.
pub const CONFLICTS: &str = "zspchat_conflicts_total";
/// Commands that came again, and got their first result.
pub const DUPLICATES: &str = "zspchat_duplicates_total";
/// Commands refused by the rules, by reason.
pub const REFUSED: &str = "zspchat_refused_total";
/// Streams ended by the server, by reason.
pub const STREAMS_ENDED: &str = "zspchat_streams_ended_total";
/// Ranges of logs of which browsers were told the digest.
pub const CALIBRATED: &str = "zspchat_calibrated_ranges_total";

/// Jobs published for those who tell people who are away.
pub const OFFLINE_JOBS: &str = "zspchat_offline_jobs_total";
/// Attempts to hand a notification to a push service, by what became of it: `sent`, `gone` where the
/// browser has unsubscribed, `again` where it is tried later, `failed` where it is not.
pub const PUSHES: &str = "zspchat_pushes_total";
/// Notifications that were not sent, by reason.
pub const PUSHES_SUPPRESSED: &str = "zspchat_pushes_suppressed_total";
/// Notifications that wait to be sent.
pub const PUSHES_WAITING: &str = "zspchat_pushes_waiting";

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
        .set_buckets_for_metric(Matcher::Full(COMMIT_SECONDS.to_owned()), SECONDS)
        .ok()?
        .set_buckets_for_metric(Matcher::Full(DELIVERY_SECONDS.to_owned()), SECONDS)
        .ok()?
        .install_recorder()
        .ok()?;
    describe_counter!(HTTP_REQUESTS, "Requests answered");
    describe_histogram!(HTTP_SECONDS, Unit::Seconds, "Time to answer a request");
    describe_gauge!(HTTP_CONNECTIONS, "Connections open now");
    describe_counter!(HTTP_THROTTLED, "Requests refused as too many");
    describe_counter!(LOG_INS, "Log-ins tried");
    describe_gauge!(
        TLS_EXPIRES,
        Unit::Seconds,
        "When the certificate in use expires, in Unix time"
    );
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
    describe_counter!(BUS_PUBLISHED, "Messages published on the bus");
    describe_counter!(BUS_LOST, "Messages that did not go out on the bus");
    describe_gauge!(
        QUEUE_DEPTH,
        "Messages in the broker's queues, each of the requests of one moment"
    );
    describe_gauge!(
        QUEUE_AGE_SECONDS,
        Unit::Seconds,
        "Age of the oldest command in the last batch"
    );
    describe_histogram!(COMMIT_SECONDS, Unit::Seconds, "Time to commit a batch");
    describe_histogram!(
        DELIVERY_SECONDS,
        Unit::Seconds,
        "Time from a command's being accepted to its event's being given to streams"
    );
    describe_counter!(CONFLICTS, "Batches decided anew");
    describe_counter!(DUPLICATES, "Commands that came again");
    describe_counter!(REFUSED, "Commands refused by the rules");
    describe_counter!(STREAMS_ENDED, "Streams ended by the server");
    describe_counter!(CALIBRATED, "Ranges compared with browsers");
    describe_gauge!(STREAMS, "Streams open now");
    describe_counter!(GAPS_FILLED, "Events that came out of order to the streams");
    describe_counter!(
        OFFLINE_JOBS,
        "Jobs published for those who tell people who are away"
    );
    describe_counter!(PUSHES, "Attempts to hand notifications to push services");
    describe_counter!(PUSHES_SUPPRESSED, "Notifications that were not sent");
    describe_gauge!(PUSHES_WAITING, "Notifications that wait to be sent");
    describe_counter!(SWEPT, "Logs that had moved without the streams being told");
    Some(handle)
}
