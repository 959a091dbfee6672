//! An OpenID provider that keeps to the standard, unless it is told otherwise.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};

use axum::extract::{RawForm, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use openidconnect::core::{CoreEdDsaPrivateSigningKey, CoreJwsSigningAlgorithm};
use openidconnect::{JsonWebKeyId, PrivateSigningKey as _};
use protocol::Millis;
use serde_json::{Value, json};
use server::clock::Clock;
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::{SECRET, parameter};

pub struct Issuer {
    pub base: String,
    inner: Arc<Mutex<Inner>>,
    serving: JoinHandle<()>,
}

/// What it does.
pub struct Inner {
    base: String,
    pub subject: String,
    /// What it tells about its user besides.
    pub user: Value,
    /// What it says about itself that it does not by itself.
    pub metadata: Value,
    /// Changes the claims of its next tokens.
    pub claims: fn(&mut Value),
    /// Makes its next tokens of their claims.
    pub signed: fn(&Inner, &Value) -> String,
    /// Whether it takes a code twice.
    pub forgets: bool,
    /// How often it was asked for its keys.
    pub keys_asked: usize,
    key: u8,
    codes: HashMap<String, BTreeMap<String, String>>,
}

impl Issuer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let inner = Arc::new(Mutex::new(Inner {
            base: base.clone(),
            subject: "248289761001".to_owned(),
            user: json!({"name": "Jane Doe", "preferred_username": "j.doe", "email": "j@x.org"}),
            metadata: json!({}),
            claims: |_| (),
            signed: Inner::sign,
            forgets: false,
            keys_asked: 0,
            key: 1,
            codes: HashMap::new(),
        }));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(inner.clone());
        let serving = tokio::spawn(async move {
            axum::serve(listener, router).await.unwrap();
        });
        Self {
            base,
            inner,
            serving,
        }
    }

    pub fn set(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// Signs with another key from now on, and shows no other.
    pub fn rotate(&self) {
        self.set().key += 1;
    }

    /// Whoever came to its first page agrees: what it sends them back with.
    pub fn agree(&self, there: &str) -> [(&'static str, String); 3] {
        assert!(
            there.starts_with(&format!("{}/authorize?", self.base)),
            "{there}"
        );
        let asked = |name: &str| parameter(there, name).unwrap();
        assert_eq!(asked("response_type"), "code");
        assert_eq!(asked("client_id"), "me");
        assert_eq!(asked("scope"), "openid profile");
        assert_eq!(asked("code_challenge_method"), "S256");
        let kept = ["redirect_uri", "nonce", "code_challenge"].map(|it| (it.to_owned(), asked(it)));
        let mut inner = self.set();
        let code = format!("code-{}", inner.codes.len());
        inner.codes.insert(code.clone(), kept.into());
        [
            ("state", asked("state")),
            ("code", code),
            ("iss", self.base.clone()),
        ]
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Inner {
    pub fn sign(&self, claims: &Value) -> String {
        signed_with(self.key, claims)
    }

    /// With a key that it does not show.
    pub fn sign_with_another(&self, claims: &Value) -> String {
        signed_with(self.key + 100, claims)
    }

    fn claims(&self, nonce: &str) -> Value {
        let now = Clock::system().now() / 1_000;
        let mut claims = json!({
            "iss": self.base,
            "sub": self.subject,
            "aud": "me",
            "azp": "me",
            "iat": now,
            "exp": now + 600,
            "nonce": nonce,
        });
        let user = self.user.as_object().unwrap().clone();
        claims.as_object_mut().unwrap().extend(user);
        (self.claims)(&mut claims);
        claims
    }
}

fn signed_with(key: u8, claims: &Value) -> String {
    let kid = format!("key-{key}");
    let message = message(&json!({"alg": "EdDSA", "kid": kid}), claims);
    let signature = signing_key(key)
        .sign(&CoreJwsSigningAlgorithm::EdDsa, message.as_bytes())
        .unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The part of a token that is signed.
pub fn message(head: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(head), part(claims))
}

/// Seconds by the clock of a token.
pub fn shift(claims: &mut Value, field: &str, seconds: Millis) {
    claims[field] = json!(Clock::system().now() / 1_000 + seconds);
}

fn signing_key(seed: u8) -> CoreEdDsaPrivateSigningKey {
    // PKCS #8 of an Ed25519 key: its fixed beginning, and 32 bytes.
    let mut der = vec![
        0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20,
    ];
    der.extend([seed; 32]);
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        STANDARD.encode(der)
    );
    let kid = JsonWebKeyId::new(format!("key-{seed}"));
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, Some(kid)).unwrap()
}

type Shared = State<Arc<Mutex<Inner>>>;

async fn metadata(State(inner): Shared) -> Json<Value> {
    let inner = inner.lock().unwrap();
    let base = &inner.base;
    let mut metadata = json!({
        "issuer": base,
        "authorization_endpoint": format!("{base}/authorize"),
        "token_endpoint": format!("{base}/token"),
        "jwks_uri": format!("{base}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA"],
        "authorization_response_iss_parameter_supported": true,
    });
    let other = inner.metadata.as_object().unwrap().clone();
    metadata.as_object_mut().unwrap().extend(other);
    Json(metadata)
}

async fn keys(State(inner): Shared) -> Json<Value> {
    let mut inner = inner.lock().unwrap();
    inner.keys_asked += 1;
    let key = signing_key(inner.key).as_verification_key();
    Json(json!({"keys": [key]}))
}

async fn token(State(inner): Shared, headers: HeaderMap, RawForm(form): RawForm) -> Response {
    let form: BTreeMap<String, String> = form_urlencoded::parse(&form).into_owned().collect();
    let secret = SECRET.replace(' ', "+");
    let right = format!("Basic {}", STANDARD.encode(format!("me:{secret}")));
    let mut inner = inner.lock().unwrap();
    let proven = match inner.metadata.get("token_endpoint_auth_methods_supported") {
        Some(_) => form["client_id"] == "me" && form["client_secret"] == SECRET,
        None => headers[header::AUTHORIZATION] == *right,
    };
    if !proven {
        return refused(StatusCode::UNAUTHORIZED, "invalid_client");
    }
    let granted = inner.codes.get(&form["code"]).cloned();
    if !inner.forgets {
        inner.codes.remove(&form["code"]);
    }
    let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
    let granted = granted.filter(|granted| {
        granted["code_challenge"] == hash
            && granted["redirect_uri"] == form["redirect_uri"]
            && form["grant_type"] == "authorization_code"
    });
    let Some(granted) = granted else {
        return refused(StatusCode::BAD_REQUEST, "invalid_grant");
    };
    let claims = inner.claims(&granted["nonce"]);
    Json(json!({
        "access_token": "an-access-token",
        "token_type": "Bearer",
        "expires_in": 600,
        "id_token": (inner.signed)(&inner, &claims),
    }))
    .into_response()
}

fn refused(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({"error": error}))).into_response()
}
