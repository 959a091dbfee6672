//! Where people reach the server.

use serde::{Deserialize, Serialize};

/// The address by which people reach the server: scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicUrl(String);

impl PublicUrl {
    /// As an `Origin` header names it.
    pub fn origin(&self) -> &str {
        &self.0
    }

    /// The host alone; an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        let authority = self.0.split_once("://").map_or("", |(_, rest)| rest);
        match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => authority,
        }
    }

    /// Whether browsers keep what is sent here from others on the way.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

impl TryFrom<String> for PublicUrl {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        const SHAPE: &str = "public_url must be like https://chat.example.org, without a path";
        let uri: hyper::Uri = text.parse().map_err(|_| SHAPE)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(SHAPE);
        };
        let bare = matches!(uri.path(), "" | "/") && uri.query().is_none();
        if !bare || !matches!(scheme, "http" | "https") || authority.as_str().contains('@') {
            return Err(SHAPE);
        }
        let port = match (scheme, authority.port_u16()) {
            ("http", Some(80)) | ("https", Some(443)) | (_, None) => String::new(),
            (_, Some(port)) => format!(":{port}"),
        };
        let host = authority.host().to_ascii_lowercase();
        Ok(Self(format!("{scheme}://{host}{port}")))
    }
}

impl From<PublicUrl> for String {
    fn from(url: PublicUrl) -> Self {
        url.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_without_scheme_and_port() {
        for (url, host) in [
            ("https://chat.example.org", "chat.example.org"),
            ("http://Chat.example.org:8080/", "chat.example.org"),
            ("https://[2001:db8::1]:8443", "[2001:db8::1]"),
            ("https://[2001:db8::1]", "[2001:db8::1]"),
        ] {
            let url = PublicUrl::try_from(url.to_owned()).unwrap();
            assert_eq!(url.host(), host);
        }
    }
}
