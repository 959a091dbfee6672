//! Export by OTLP, over http.

use std::collections::HashMap;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchSpanProcessor, SpanProcessor as _};
use tokio::runtime::Handle;

use crate::config::Traces;
use crate::https::{self, Schemes};

/// How long a collector may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long an answer may be: it says how many spans were refused, if any.
const LARGEST: usize = 64 * 1024;

/// Traces cannot be exported as configured.
#[derive(Debug, thiserror::Error)]
#[error("traces.otlp cannot be used: {0}")]
pub struct NoExport(String);

/// Gathers steps, a bounded number of them, and sends them together, on a thread of its own.
pub(super) fn exporter(traces: &Traces) -> Result<BatchSpanProcessor, NoExport> {
    let base = traces.otlp.as_deref().unwrap_or_default();
    let authorization = traces.authorization.as_ref();
    let headers =
        authorization.map(|value| ("authorization".to_owned(), value.reveal().to_owned()));
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Client::new())
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{}/v1/traces", base.trim_end_matches('/')))
        .with_headers(headers.into_iter().collect::<HashMap<_, _>>())
        .with_timeout(PATIENCE)
        .build()
        .map_err(|error| NoExport(error.to_string()))?;
    let mut processor = BatchSpanProcessor::builder(exporter).build();
    processor.set_resource(
        &Resource::builder()
            .with_service_name("zspchat")
            .with_attribute(opentelemetry::KeyValue::new(
                "service.version",
                env!("CARGO_PKG_VERSION"),
            ))
            .build(),
    );
    Ok(processor)
}

/// Asks from the server's runtime, whichever thread wants the answer.
#[derive(Debug)]
struct Client {
    client: https::Client<Full<Bytes>>,
    runtime: Handle,
}

impl Client {
    fn new() -> Self {
        Self {
            client: https::client(https::of_system(), Schemes::Http),
            runtime: Handle::current(),
        }
    }
}

#[async_trait::async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let asking = async move {
            let answer = client.request(request.map(Full::new)).await?;
            let (head, body) = answer.into_parts();
            let body = Limited::new(body, LARGEST).collect().await?.to_bytes();
            Ok::<_, HttpError>(Response::from_parts(head, body))
        };
        // The time is the runtime's too.
        let asked = async { tokio::time::timeout(PATIENCE, asking).await };
        self.runtime.spawn(asked).await??
    }
}
