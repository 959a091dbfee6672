//! A provider that answers as it is told, and writes down what it was asked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub struct Canned {
    pub base: String,
    inner: Arc<Mutex<Inner>>,
    serving: JoinHandle<()>,
}

#[derive(Default)]
struct Inner {
    answers: BTreeMap<String, (u16, String)>,
    asked: Vec<Asked>,
}

/// A question: its parameters are those of the address and of the form.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub parameters: BTreeMap<String, String>,
    pub headers: BTreeMap<String, String>,
}

impl Canned {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let inner = Arc::<Mutex<Inner>>::default();
        let router = Router::new().fallback(answer).with_state(inner.clone());
        let serving = tokio::spawn(async move {
            axum::serve(listener, router).await.unwrap();
        });
        Self {
            base,
            inner,
            serving,
        }
    }

    /// From now on this is what it answers at a path.
    pub fn answers(&self, path: &str, status: u16, body: &Value) {
        let answer = (status, body.to_string());
        let mut inner = self.inner.lock().unwrap();
        inner.answers.insert(path.to_owned(), answer);
    }

    /// What it was asked since it was last looked at.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.inner.lock().unwrap().asked)
    }
}

impl Drop for Canned {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Asked {
    /// Fails unless these are the parameters, and no others.
    #[track_caller]
    pub fn is(&self, method: &str, path: &str, parameters: &[(&str, &str)]) {
        assert_eq!((&*self.method, &*self.path), (method, path));
        let parameters: BTreeMap<String, String> = parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        assert_eq!(self.parameters, parameters);
    }
}

async fn answer(State(inner): State<Arc<Mutex<Inner>>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body: Bytes = to_bytes(body, 100_000).await.unwrap();
    let query = head.uri.query().unwrap_or_default().as_bytes();
    let parameters = form_urlencoded::parse(query)
        .into_owned()
        .chain(form_urlencoded::parse(&body).into_owned())
        .collect();
    let headers = head.headers.iter().map(|(name, value)| {
        let value = value.to_str().unwrap_or_default();
        (name.to_string(), value.to_owned())
    });
    let mut inner = inner.lock().unwrap();
    inner.asked.push(Asked {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        parameters,
        headers: headers.collect(),
    });
    let (status, body) = inner
        .answers
        .get(head.uri.path())
        .cloned()
        .unwrap_or((404, "{}".to_owned()));
    let status = StatusCode::from_u16(status).unwrap();
    if status.is_redirection() {
        let location = [(header::LOCATION, body)];
        return (status, location).into_response();
    }
    // Some of them call their JSON plain text.
    (status, [(header::CONTENT_TYPE, "text/plain")], body).into_response()
}
