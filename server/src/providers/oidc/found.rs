//! What an OpenID provider says about itself.

use openidconnect::core::CoreJsonWebKeySet;
use protocol::Millis;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::super::ProviderError;
use super::super::client::{Client, Question};
use super::distrusted;
use crate::config::is_safe;

/// Where it answers what, and the keys that it signs with.
#[derive(Debug)]
pub(super) struct Found {
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub userinfo_endpoint: Option<String>,
    /// Whether it takes the client's secret in the form only.
    pub wants_secret_in_form: bool,
    /// Whether it promises to say who it is when it sends browsers back (RFC 9207).
    pub names_itself: bool,
    pub keys: CoreJsonWebKeySet,
    /// When it said so.
    pub at: Millis,
}

/// As it is served.
#[derive(Debug, Deserialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: Option<String>,
    jwks_uri: String,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Found {
    /// Asks for both.
    pub(super) async fn ask(
        client: &Client,
        issuer: &str,
        now: Millis,
    ) -> Result<Self, ProviderError> {
        let base = issuer.trim_end_matches('/');
        let url = format!("{base}/.well-known/openid-configuration");
        let metadata: Metadata = get(client, &url).await?;
        if metadata.issuer != issuer {
            return Err(distrusted("it says that it is another issuer"));
        }
        let mut endpoints = vec![
            &metadata.authorization_endpoint,
            &metadata.token_endpoint,
            &metadata.jwks_uri,
        ];
        endpoints.extend(&metadata.userinfo_endpoint);
        if !endpoints.into_iter().all(|url| is_safe(url)) {
            return Err(distrusted("one of its endpoints is not protected by TLS"));
        }
        let keys = get(client, &metadata.jwks_uri).await?;
        let methods = metadata.token_endpoint_auth_methods_supported;
        let takes = |method: &str| {
            methods
                .as_ref()
                .is_some_and(|methods| methods.iter().any(|it| it == method))
        };
        Ok(Self {
            wants_secret_in_form: takes("client_secret_post") && !takes("client_secret_basic"),
            names_itself: metadata.authorization_response_iss_parameter_supported,
            authorization_endpoint: metadata.authorization_endpoint,
            token_endpoint: metadata.token_endpoint,
            userinfo_endpoint: metadata.userinfo_endpoint,
            keys,
            at: now,
        })
    }
}

async fn get<T: DeserializeOwned>(client: &Client, url: &str) -> Result<T, ProviderError> {
    let answer = client.ask(Question {
        url,
        ..Question::default()
    });
    serde_json::from_value(answer.await?).map_err(|error| {
        ProviderError::Unavailable(format!("what it says about itself cannot be read: {error}"))
    })
}
