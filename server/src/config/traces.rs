//! Where traces go.

use hyper::Uri;
use serde::{Deserialize, Serialize};

use super::{Config, Secret};

/// `traces`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Traces {
    /// The collector of traces that speaks OTLP over http, such as `http://127.0.0.1:4318`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otlp: Option<String>,
    /// What is sent to it as `Authorization`, if it wants to know who tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization: Option<Secret>,
    /// One in so many requests is traced; 1 is each.
    pub one_in: u32,
}

impl Default for Traces {
    fn default() -> Self {
        Self {
            otlp: None,
            authorization: None,
            one_in: 1,
        }
    }
}

impl Config {
    /// Whether traces can be told as configured.
    pub(super) fn check_traces(&self) -> Result<(), String> {
        let Traces {
            otlp,
            authorization,
            one_in,
        } = &self.traces;
        if *one_in == 0 {
            return Err("traces.one_in must be at least 1".to_owned());
        }
        let Some(otlp) = otlp else {
            return match authorization {
                Some(_) => {
                    Err("traces.authorization is for traces.otlp, which is not set".to_owned())
                }
                None => Ok(()),
            };
        };
        let url = otlp.parse::<Uri>().ok();
        let is_http = |url: &Uri| matches!(url.scheme_str(), Some("http" | "https"));
        if !url.is_some_and(|url| is_http(&url) && url.authority().is_some()) {
            return Err(format!(
                "traces.otlp: \"{otlp}\" is not an address such as http://127.0.0.1:4318"
            ));
        }
        Ok(())
    }
}
