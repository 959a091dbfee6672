//! Web Push: by which key the server is known to push services, and to which of them it speaks.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Config;

/// Those of Chrome and Edge on Android, of Firefox, of Safari, and of Edge on Windows.
const SERVICES: [&str; 4] = [
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    "*.push.apple.com",
    "*.notify.windows.com",
];

/// `push`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Push {
    /// The file that `zspchat push-keys` has made. Without it there is no Web Push.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_file: Option<PathBuf>,
    /// How push services reach whoever runs the server: `mailto:` and a mail address, or an `https:`
    /// address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// The hosts of the push services to speak to, over https only; `*.` before a name is any name
    /// below it. A whole `http://127.0.0.1:PORT` is one on this machine, for trials.
    pub services: Vec<String>,
}

impl Default for Push {
    fn default() -> Self {
        Self {
            key_file: None,
            contact: None,
            services: SERVICES.map(str::to_owned).to_vec(),
        }
    }
}

impl Config {
    /// Whether what is said about Web Push goes together.
    pub(super) fn check_push(&self) -> Result<(), String> {
        let push = &self.push;
        if push.key_file.is_some() && push.contact.is_none() {
            return Err(
                "push.key_file needs push.contact, such as \"mailto:admin@example.org\", by which \
                 push services reach you"
                    .to_owned(),
            );
        }
        if let Some(contact) = &push.contact
            && !is_contact(contact)
        {
            return Err(format!(
                "push.contact must be like mailto:admin@example.org or https://example.org/contact, \
                 and \"{contact}\" is not"
            ));
        }
        if let Some(wrong) = push.services.iter().find(|service| !is_service(service)) {
            return Err(format!(
                "push.services must be hosts such as fcm.googleapis.com or *.push.apple.com, or \
                 http:// with an address of this machine and a port; \"{wrong}\" is neither"
            ));
        }
        Ok(())
    }
}

fn is_contact(text: &str) -> bool {
    let plain = text.chars().all(|c| c.is_ascii_graphic() && c != '"');
    let mail = text.strip_prefix("mailto:").is_some_and(|address| {
        let parts = address.split_once('@');
        parts.is_some_and(|(user, host)| !user.is_empty() && is_host(host))
    });
    let page = text.starts_with("https://") && text.parse::<hyper::Uri>().is_ok();
    plain && (mail || page)
}

fn is_service(text: &str) -> bool {
    if let Some(address) = text.strip_prefix("http://") {
        let address = address.parse::<SocketAddr>();
        return address.is_ok_and(|address| address.ip().is_loopback());
    }
    let host = text.strip_prefix("*.").unwrap_or(text);
    // Not a whole top-level domain.
    is_host(host) && host.contains('.') && host.parse::<std::net::IpAddr>().is_err()
}

fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    text.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(change: impl FnOnce(&mut Push)) -> Result<(), String> {
        let mut config = Config::default();
        change(&mut config.push);
        config.check_push()
    }

    #[test]
    fn a_key_needs_a_contact() {
        let key_file = Some(PathBuf::from("push.key"));
        let without = with(|push| push.key_file.clone_from(&key_file));
        assert!(without.unwrap_err().contains("push.contact"));
        for contact in ["mailto:admin@example.org", "https://example.org/contact"] {
            let said = with(|push| {
                push.key_file.clone_from(&key_file);
                push.contact = Some(contact.to_owned());
            });
            assert_eq!(said, Ok(()), "{contact}");
        }
        for wrong in [
            "admin@example.org",
            "mailto:",
            "http://example.org",
            "mailto:a@b\"c",
        ] {
            let said = with(|push| push.contact = Some(wrong.to_owned())).unwrap_err();
            assert!(
                said.contains("push.contact") && !said.contains('\n'),
                "{said}"
            );
        }
    }

    #[test]
    fn services_are_hosts_or_on_this_machine() {
        assert_eq!(with(|_| ()), Ok(()));
        for right in [
            "push.example.org",
            "*.example.org",
            "http://127.0.0.1:9",
            "http://[::1]:9",
        ] {
            let said = with(|push| push.services = vec![right.to_owned()]);
            assert_eq!(said, Ok(()), "{right}");
        }
        for wrong in [
            "",
            "*",
            "*.org",
            "localhost",
            "127.0.0.1",
            "https://push.example.org",
            "http://push.example.org",
            "http://192.168.1.5:80",
            "push.example.org:8443",
        ] {
            let said = with(|push| push.services = vec![wrong.to_owned()]).unwrap_err();
            assert!(said.contains(&format!("\"{wrong}\"")), "{said}");
        }
    }
}
