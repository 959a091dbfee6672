//! Which push services are spoken to. What browsers say where to send to leads nowhere else.

use hyper::Uri;
use protocol::api::push::ENDPOINT_BYTES;

/// The push services that are configured.
#[derive(Debug, Clone)]
pub struct Services(Vec<String>);

/// An address at one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The whole.
    pub uri: Uri,
    /// The host, and the port where it is on this machine.
    pub service: String,
    /// What a signature for it names: scheme, host, and port where there is one.
    pub origin: String,
}

impl Services {
    /// By `push.services`.
    pub fn new(configured: &[String]) -> Self {
        Self(
            configured
                .iter()
                .map(|it| it.to_ascii_lowercase())
                .collect(),
        )
    }

    /// Reads an address, if it is at one of these: over https, at the port that is meant for it,
    /// without a user's name; or one on this machine that is configured as it is.
    pub fn endpoint(&self, text: &str) -> Option<Endpoint> {
        if text.len() > ENDPOINT_BYTES || !text.chars().all(|c| c.is_ascii_graphic()) {
            return None;
        }
        let uri: Uri = text.parse().ok()?;
        let scheme = uri.scheme_str()?;
        let authority = uri.authority()?.as_str().to_ascii_lowercase();
        let origin = format!("{scheme}://{authority}");
        let host = uri.host()?.to_ascii_lowercase();
        let known = match scheme {
            "http" => self.0.contains(&origin),
            // Without a name or a port, the host is all there is.
            "https" => authority == host && self.0.iter().any(|service| is_of(&host, service)),
            _ => false,
        };
        known.then_some(Endpoint {
            uri,
            service: authority,
            origin,
        })
    }
}

fn is_of(host: &str, service: &str) -> bool {
    match service.strip_prefix("*.") {
        Some(below) => host
            .strip_suffix(below)
            .is_some_and(|name| name.len() > 1 && name.ends_with('.')),
        None => host == service,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_configured_services_are_spoken_to() {
        let services = Services::new(&[
            "fcm.googleapis.com".to_owned(),
            "*.push.apple.com".to_owned(),
            "http://127.0.0.1:8099".to_owned(),
        ]);
        for right in [
            "https://fcm.googleapis.com/fcm/send/abc:def",
            "https://FCM.googleapis.com/x",
            "https://web.push.apple.com/x?y=z",
            "http://127.0.0.1:8099/x",
        ] {
            assert!(services.endpoint(right).is_some(), "{right}");
        }
        for wrong in [
            "",
            "/x",
            "https://",
            "http://fcm.googleapis.com/x",
            "https://fcm.googleapis.com:8443/x",
            "https://user@fcm.googleapis.com/x",
            "https://fcm.googleapis.com@example.org/x",
            "https://fcm.googleapis.com.example.org/x",
            "https://example.org/fcm.googleapis.com",
            "https://push.apple.com/x",
            "https://.push.apple.com/x",
            "https://evilpush.apple.com/x",
            "https://127.0.0.1:8099/x",
            "http://127.0.0.1:8098/x",
            "http://127.0.0.1/x",
            "http://localhost:8099/x",
            "http://[::1]:8099/x",
            "https://169.254.169.254/latest",
            "ftp://fcm.googleapis.com/x",
            "https://fcm.googleapis.com/a b",
            "https://fcm.googleapis.com/\r\nx: y",
        ] {
            assert_eq!(services.endpoint(wrong), None, "{wrong}");
        }
        let long = format!("https://fcm.googleapis.com/{}", "x".repeat(ENDPOINT_BYTES));
        assert_eq!(services.endpoint(&long), None);
    }

    #[test]
    fn a_signature_names_scheme_host_and_port() {
        let services = Services::new(&["http://127.0.0.1:8099".to_owned(), "a.b".to_owned()]);
        let local = services.endpoint("http://127.0.0.1:8099/x").unwrap();
        assert_eq!(local.origin, "http://127.0.0.1:8099");
        assert_eq!(local.service, "127.0.0.1:8099");
        let remote = services.endpoint("https://A.b/x/y").unwrap();
        assert_eq!(remote.origin, "https://a.b");
    }
}
