//! https without a proxy: by certificate files, or by certificates from an authority that speaks ACME.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Config;

/// Let's Encrypt.
const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";

/// `tls`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// A PEM file: the server's certificate, then those between it and its authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<PathBuf>,
    /// A PEM file with the private key of that certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<PathBuf>,
    /// Address and port where plain http is answered by where the same is over https.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect: Option<SocketAddr>,
    /// Certificates that the server gets by itself.
    pub acme: Acme,
}

/// `tls.acme`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Acme {
    /// Whether whoever runs the server agrees to the terms of service of the authority. Without that it
    /// is asked for nothing.
    pub accept_terms: bool,
    /// What the certificate is for. By default the host of `public_url`.
    pub domains: Vec<String>,
    /// Mail addresses by which the authority can reach whoever runs the server.
    pub contacts: Vec<String>,
    /// The authority's directory, of RFC 8555.
    pub directory: String,
    /// Certificates, in a PEM file, that the directory's own must be signed by. Without it, those of the
    /// system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
}

impl Default for Acme {
    fn default() -> Self {
        Self {
            accept_terms: false,
            domains: Vec::new(),
            contacts: Vec::new(),
            directory: LETS_ENCRYPT.to_owned(),
            ca: None,
        }
    }
}

impl Tls {
    /// Whether connections are encrypted.
    pub fn is_on(&self) -> bool {
        self.certificate.is_some() || self.acme.accept_terms
    }
}

impl Config {
    /// Whether people reach the server by https.
    pub fn is_https(&self) -> bool {
        let url = self.public_url.as_ref();
        self.tls.is_on() || url.is_some_and(super::PublicUrl::is_https)
    }

    /// What a certificate by ACME is for.
    pub fn acme_domains(&self) -> Vec<String> {
        if self.tls.acme.domains.is_empty() {
            let host = self.public_url.as_ref().map(super::PublicUrl::host);
            return host.into_iter().map(ToOwned::to_owned).collect();
        }
        let mut domains: Vec<String> = Vec::new();
        for domain in &self.tls.acme.domains {
            let domain = domain.to_ascii_lowercase();
            if !domains.contains(&domain) {
                domains.push(domain);
            }
        }
        domains
    }

    /// Whether what is said about TLS goes together.
    pub(super) fn check_tls(&self) -> Result<(), String> {
        let tls = &self.tls;
        let files = [&tls.certificate, &tls.key];
        if files.iter().filter(|file| file.is_some()).count() == 1 {
            return Err("tls.certificate and tls.key go together: set both or neither".to_owned());
        }
        if tls.key.is_some() && tls.acme.accept_terms {
            return Err(
                "tls.certificate and tls.acme exclude each other: leave one of them out".to_owned(),
            );
        }
        if !tls.acme.accept_terms && tls.acme != Acme::default() {
            return Err(
                "tls.acme asks for nothing before the authority's terms of service are agreed to, \
                 by tls.acme.accept_terms = true"
                    .to_owned(),
            );
        }
        if let Some(url) = self.public_url.as_ref().filter(|url| !url.is_https())
            && tls.is_on()
        {
            return Err(format!(
                "with tls, public_url must begin with https://, and {} does not",
                url.origin()
            ));
        }
        if tls.redirect.is_some() && !(tls.is_on() && self.public_url.is_some()) {
            return Err(
                "tls.redirect needs a certificate, and public_url, which says where to lead people"
                    .to_owned(),
            );
        }
        if tls.acme.accept_terms {
            self.check_acme()?;
        }
        Ok(())
    }

    fn check_acme(&self) -> Result<(), String> {
        let acme = &self.tls.acme;
        if self.is_clustered() {
            return Err(
                "tls.acme is for one server: of several nodes, the authority would reach any one; \
                 let the balancer speak https, or give each node the same tls.certificate"
                    .to_owned(),
            );
        }
        let domains = self.acme_domains();
        if domains.is_empty() {
            return Err("tls.acme needs public_url, or tls.acme.domains".to_owned());
        }
        if let Some(wrong) = domains.iter().find(|domain| !is_domain(domain)) {
            return Err(format!(
                "tls.acme needs names such as chat.example.org, in ASCII and without * or port; \
                 \"{wrong}\" is none"
            ));
        }
        if let Some(url) = &self.public_url
            && !domains.iter().any(|domain| domain == url.host())
        {
            return Err(format!(
                "tls.acme.domains must hold the host of public_url, {}",
                url.host()
            ));
        }
        if let Some(wrong) = acme.contacts.iter().find(|contact| !is_mail(contact)) {
            return Err(format!(
                "tls.acme.contacts must be mail addresses, and \"{wrong}\" is none"
            ));
        }
        let is_url = acme.directory.parse::<hyper::Uri>().is_ok();
        if !is_url || !acme.directory.starts_with("https://") {
            return Err(format!("tls.acme.directory must be like {LETS_ENCRYPT}"));
        }
        Ok(())
    }
}

/// Whether that names a host, and is no address.
fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    text.len() <= 253 && text.split('.').all(label) && text.parse::<IpAddr>().is_err()
}

fn is_mail(text: &str) -> bool {
    let parts = text.split_once('@');
    parts.is_some_and(|(user, host)| !user.is_empty() && is_domain(host))
        && text
            .chars()
            .all(|c| c.is_ascii_graphic() && !matches!(c, ',' | '?' | ':'))
}

#[cfg(test)]
mod tests {
    use super::super::{PublicUrl, SecretUrl};
    use super::*;

    fn at(url: &str) -> Config {
        Config {
            public_url: Some(PublicUrl::try_from(url.to_owned()).unwrap()),
            ..Config::default()
        }
    }

    fn by_files(mut config: Config) -> Config {
        config.tls.certificate = Some(PathBuf::from("certificate.pem"));
        config.tls.key = Some(PathBuf::from("key.pem"));
        config
    }

    fn by_acme(mut config: Config) -> Config {
        config.tls.acme.accept_terms = true;
        config
    }

    fn refused(config: &Config, word: &str) {
        let said = config.check_tls().unwrap_err();
        assert!(said.contains(word), "{said}");
        assert!(!said.contains('\n'), "{said}");
    }

    #[test]
    fn files_need_no_address_and_make_it_https() {
        assert_eq!(Config::default().check_tls(), Ok(()));
        assert!(!Config::default().is_https());
        let config = by_files(Config::default());
        assert_eq!(config.check_tls(), Ok(()));
        assert!(config.is_https());
        assert_eq!(by_files(at("https://chat.example.org")).check_tls(), Ok(()));
        // A proxy speaks https.
        assert!(at("https://chat.example.org").is_https());
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        let mut half = by_files(Config::default());
        half.tls.key = None;
        refused(&half, "set both or neither");
        refused(&by_files(at("http://chat.example.org")), "https://");
        refused(
            &by_files(by_acme(at("https://chat.example.org"))),
            "exclude",
        );
        let mut lonely = at("https://chat.example.org");
        lonely.tls.redirect = Some("127.0.0.1:80".parse().unwrap());
        refused(&lonely, "tls.redirect");
        assert_eq!(by_files(lonely.clone()).check_tls(), Ok(()));
        lonely.public_url = None;
        refused(&by_files(lonely), "public_url");
    }

    #[test]
    fn certificates_by_acme_are_for_names() {
        let config = by_acme(at("https://Chat.example.org:8443"));
        assert_eq!(config.check_tls(), Ok(()));
        assert_eq!(config.acme_domains(), ["chat.example.org"]);
        refused(&by_acme(Config::default()), "public_url");
        for host in ["192.0.2.7", "[2001:db8::1]"] {
            refused(&by_acme(at(&format!("https://{host}"))), host);
        }
        for wrong in [
            "*.example.org",
            "chat.example.org:443",
            "聊天.example.org",
            "a..b",
            "",
        ] {
            let mut config = by_acme(Config::default());
            config.tls.acme.domains = vec![wrong.to_owned()];
            refused(&config, wrong);
        }
        let mut config = by_acme(at("https://chat.example.org"));
        config.tls.acme.domains = vec!["www.example.org".to_owned()];
        refused(&config, "chat.example.org");
        config.tls.acme.domains.push("CHAT.example.org".to_owned());
        assert_eq!(config.check_tls(), Ok(()));
        assert_eq!(
            config.acme_domains(),
            ["www.example.org", "chat.example.org"]
        );
    }

    #[test]
    fn nothing_is_asked_without_consent_nor_by_one_of_several() {
        let mut config = at("https://chat.example.org");
        config.tls.acme.contacts = vec!["admin@example.org".to_owned()];
        refused(&config, "accept_terms");
        config.tls.acme.accept_terms = true;
        assert_eq!(config.check_tls(), Ok(()));
        config.amqp.url = Some(SecretUrl::from("amqp://broker".to_owned()));
        refused(&config, "one server");
        config.amqp.url = None;
        config.tls.acme.contacts = vec!["mailto:admin@example.org".to_owned()];
        refused(&config, "mailto:admin");
        config.tls.acme.contacts.clear();
        config.tls.acme.directory = "http://acme.example.org/directory".to_owned();
        refused(&config, "tls.acme.directory");
    }
}
