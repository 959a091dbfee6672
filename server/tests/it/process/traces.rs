//! Which way a request took, as a collector of traces is told.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use tokio::net::TcpListener;

use super::child::{Server, in_time};
use super::lively::stop;
use super::sharing::{Shared, at, until};
use crate::http::app::{Answer, Person, say};
use crate::queue::broker::is_missing;
use crate::waiting::moment;

const SECRET: &str = "Basic Y29sbGVjdG9y";
const TEXT: &str = "something between us";

/// A collector that speaks OTLP.
#[derive(Clone)]
struct Collector {
    url: String,
    told: Arc<Mutex<Told>>,
}

#[derive(Default)]
struct Told {
    spans: Vec<Span>,
    bytes: Vec<u8>,
    authorized: Vec<bool>,
}

impl Collector {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let told = Arc::new(Mutex::new(Told::default()));
        let collector = Self {
            url,
            told: Arc::clone(&told),
        };
        let take = async move |headers: HeaderMap, body: Bytes| {
            let sent = ExportTraceServiceRequest::decode(body.clone()).unwrap();
            let resources = sent.resource_spans.into_iter();
            let scopes = resources.flat_map(|resource| resource.scope_spans);
            let mut told = told.lock().unwrap();
            told.spans.extend(scopes.flat_map(|scope| scope.spans));
            told.bytes.extend_from_slice(&body);
            let given = headers.get("authorization");
            told.authorized.push(given.is_some_and(|it| it == SECRET));
            StatusCode::OK
        };
        let router = Router::new().route("/v1/traces", post(take));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        collector
    }

    fn variables(&self) -> [(&str, &str); 3] {
        [
            ("ZSPCHAT_TRACES_OTLP", &self.url),
            ("ZSPCHAT_TRACES_AUTHORIZATION", SECRET),
            // Told at once, not every five seconds.
            ("OTEL_BSP_SCHEDULE_DELAY", "20"),
        ]
    }

    /// What was told of a request, once so many steps were.
    async fn steps(&self, request: &str, count: usize) -> Vec<Span> {
        let told = async {
            loop {
                let steps = self.of(request);
                if steps.len() >= count {
                    return steps;
                }
                moment().await;
            }
        };
        in_time("its steps are told", told).await
    }

    fn of(&self, request: &str) -> Vec<Span> {
        let told = self.told.lock().unwrap();
        let is = |span: &&Span| hex(&span.trace_id) == request;
        told.spans.iter().filter(is).cloned().collect()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn text(span: &Span, key: &str) -> String {
    let attribute = span.attributes.iter().find(|it| it.key == key);
    let value = attribute.and_then(|it| it.value.clone()?.value);
    match value {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        other => panic!("{} has no {key}: {other:?}", span.name),
    }
}

/// Each step with the one that it belongs to.
fn ways(steps: &[Span]) -> BTreeMap<(String, String), usize> {
    let names: BTreeMap<&[u8], &str> = steps
        .iter()
        .map(|step| (&*step.span_id, &*step.name))
        .collect();
    let mut ways = BTreeMap::new();
    for step in steps {
        let above = names.get(&*step.parent_span_id).unwrap_or(&"");
        *ways
            .entry(((*above).to_owned(), step.name.clone()))
            .or_default() += 1;
    }
    ways
}

fn expected(ways: &[(&str, &str, usize)]) -> BTreeMap<(String, String), usize> {
    let owned = ways
        .iter()
        .map(|(above, name, count)| (((*above).to_owned(), (*name).to_owned()), *count));
    owned.collect()
}

fn request(answer: &Answer) -> String {
    answer.header("x-request-id").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_followed_over_broker_and_bus_to_each_stream() {
    if is_missing() {
        return;
    }
    let (shared, collector) = (Shared::new(), Collector::start().await);
    let (one, other) = (
        shared.node_with(&collector.variables()).await,
        shared.node_with(&collector.variables()).await,
    );
    for node in [&one, &other] {
        until(node, "ready").await;
    }
    let ann = one.anybody().register("ann").await;
    let bob = one.anybody().register("bob").await;
    ann.befriend(&bob).await;
    let _streams = [
        ann.stream().await,
        bob.stream().await,
        at(&bob, &other).stream().await,
    ];
    let sent = ann.command(ann.with(&bob), say(TEXT)).await;
    assert_eq!(sent.status, 201, "{}", sent.text);
    let steps = collector.steps(&request(&sent), 9).await;
    assert_eq!(
        ways(&steps),
        expected(&[
            ("", "request", 1),
            ("request", "queue", 1),
            ("queue", "write", 1),
            ("write", "publish", 1),
            ("publish", "deliver", 2),
            ("deliver", "stream", 3),
        ])
    );
    let event: protocol::Event = sent.read();
    for step in &steps {
        if matches!(&*step.name, "write" | "publish" | "deliver") {
            assert_eq!(text(step, "seq"), event.seq.to_string());
            assert_eq!(text(step, "conversation"), event.conversation.to_string());
        }
        assert!(step.start_time_unix_nano <= step.end_time_unix_nano);
    }
    let request = steps.iter().find(|step| step.name == "request").unwrap();
    assert_eq!(text(request, "outcome"), "201");
    for node in [one, other] {
        stop(node).await;
    }
    let told = collector.told.lock().unwrap();
    assert!(told.authorized.iter().all(|is| *is));
    assert!(!told.spans.is_empty());
    assert!(
        !told
            .bytes
            .windows(TEXT.len())
            .any(|it| it == TEXT.as_bytes()),
        "what people write is told"
    );
}

/// A server alone, told to trace, and somebody with a stream.
async fn alone(
    folder: &tempfile::TempDir,
    collector: &Collector,
    more: &[(&str, &str)],
) -> (Server, Person) {
    let variables = [&collector.variables(), more].concat();
    let server = Server::start_with(folder.path(), &variables).await;
    let ann = server.anybody().register("ann").await;
    (server, ann)
}

async fn told_by(person: &Person, traceparent: &str) -> Answer {
    let path = format!("/api/v1/conversations/{}/commands", person.with(person));
    let request = person.request(reqwest::Method::POST, &path);
    let request = request.header("traceparent", traceparent).json(&say(TEXT));
    person.send(request).await
}

const GIVEN: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_proxy_s_trace_is_gone_on_with_and_nobody_else_s() {
    let traceparent = format!("00-{GIVEN}-00f067aa0ba902b7-01");
    let (folder, collector) = (tempfile::tempdir().unwrap(), Collector::start().await);
    let trusted = ("ZSPCHAT_TRUSTED_PROXIES", "127.0.0.1");
    let (server, ann) = alone(&folder, &collector, &[trusted]).await;
    let _stream = ann.stream().await;
    let sent = told_by(&ann, &traceparent).await;
    assert_eq!((sent.status, &*request(&sent)), (201, GIVEN));
    let steps = collector.steps(GIVEN, 4).await;
    assert_eq!(
        ways(&steps),
        expected(&[
            ("", "request", 1),
            ("request", "write", 1),
            ("write", "deliver", 1),
            ("deliver", "stream", 1),
        ])
    );
    let first = steps.iter().find(|step| step.name == "request").unwrap();
    assert_eq!(hex(&first.parent_span_id), "00f067aa0ba902b7");
    stop(server).await;

    let (folder, collector) = (tempfile::tempdir().unwrap(), Collector::start().await);
    let (server, ann) = alone(&folder, &collector, &[]).await;
    let sent = told_by(&ann, &traceparent).await;
    assert_eq!(sent.status, 201);
    collector.steps(&request(&sent), 2).await;
    assert_eq!(collector.of(GIVEN).len(), 0);
    stop(server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_told_yet_is_told_at_the_end_and_a_collector_that_is_gone_holds_nobody_up() {
    let (folder, collector) = (tempfile::tempdir().unwrap(), Collector::start().await);
    let never = ("OTEL_BSP_SCHEDULE_DELAY", "600000");
    let (server, ann) = alone(&folder, &collector, &[never]).await;
    let sent = ann.command(ann.with(&ann), say(TEXT)).await;
    assert_eq!(collector.of(&request(&sent)).len(), 0);
    stop(server).await;
    assert_eq!(collector.of(&request(&sent)).len(), 2);

    let nowhere = ("ZSPCHAT_TRACES_OTLP", "http://127.0.0.1:9");
    let folder = tempfile::tempdir().unwrap();
    let (server, ann) = alone(&folder, &collector, &[nowhere]).await;
    ann.say(ann.with(&ann), TEXT).await;
    stop(server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_in_so_many_requests_is_traced() {
    let (folder, collector) = (tempfile::tempdir().unwrap(), Collector::start().await);
    let (server, ann) = alone(&folder, &collector, &[("ZSPCHAT_TRACES_ONE_IN", "4")]).await;
    let mut traced = 0;
    for _ in 0..64 {
        let answer = ann.get("/api/v1/me").await;
        let id = u128::from_str_radix(&request(&answer), 16).unwrap();
        if id.is_multiple_of(4) {
            collector.steps(&request(&answer), 1).await;
            traced += 1;
        }
    }
    stop(server).await;
    assert!((4..32).contains(&traced), "{traced}");
    let told = collector.told.lock().unwrap();
    let odd = told.spans.iter().filter(|span| span.trace_id[15] % 4 != 0);
    assert_eq!(odd.count(), 0);
}
