//! Where log lines go besides stderr.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Secret;

/// Fewest bytes of a buffer: less holds not even a batch.
const LEAST_BUFFER: u64 = 64 * 1024;

/// Most bytes of a buffer: as many KiB as its client counts.
const MOST_BUFFER: u64 = 1024 * 1024 * 1024;

/// `kafka`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Kafka {
    /// `host:port` of some of the brokers, which name the others. None: log lines go to stderr only.
    pub brokers: Vec<String>,
    /// What the topics' names begin with: `{prefix}.logs` and `{prefix}.audit`.
    pub prefix: String,
    /// Whether connections are by TLS.
    pub tls: bool,
    /// A PEM file with the authorities to trust. Without it, those of the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
    /// How this server proves who it is. Without it, it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sasl: Option<Sasl>,
    /// Who it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The password of `user`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// A file that holds it, instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// Most bytes of lines that wait to be sent. Beyond it lines are dropped, and counted.
    pub buffer_bytes: u64,
    /// How long a server that stops goes on sending what waits.
    pub flush_seconds: u32,
}

/// `kafka.sasl`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sasl {
    /// The password itself, which only TLS hides.
    Plain,
    /// A proof of the password, by SHA-256.
    #[serde(rename = "scram-sha-256")]
    ScramSha256,
    /// The same by SHA-512.
    #[serde(rename = "scram-sha-512")]
    ScramSha512,
}

impl Default for Kafka {
    fn default() -> Self {
        Self {
            brokers: Vec::new(),
            prefix: "zspchat".to_owned(),
            tls: false,
            ca: None,
            sasl: None,
            user: None,
            password: None,
            password_file: None,
            buffer_bytes: 16 * 1024 * 1024,
            flush_seconds: 5,
        }
    }
}

impl Kafka {
    /// The password, from where it is.
    ///
    /// # Errors
    /// There is none, or two, or a file that cannot be read or holds nothing.
    pub fn secret(&self) -> Result<Secret, String> {
        let secret = match (&self.password, &self.password_file) {
            (Some(secret), None) => secret.clone(),
            (None, Some(file)) => {
                let text = std::fs::read_to_string(file).map_err(|error| {
                    format!(
                        "kafka.password_file: {} cannot be read: {error}",
                        file.display()
                    )
                })?;
                Secret::from(text.trim().to_owned())
            }
            _ => {
                return Err(
                    "kafka.sasl needs either kafka.password or kafka.password_file".to_owned(),
                );
            }
        };
        if secret.reveal().is_empty() {
            return Err("the password for Kafka is empty".to_owned());
        }
        Ok(secret)
    }

    /// Whether what is set goes together.
    pub(super) fn check(&self) -> Result<(), String> {
        if !(LEAST_BUFFER..=MOST_BUFFER).contains(&self.buffer_bytes) {
            return Err(format!(
                "kafka.buffer_bytes must be from {LEAST_BUFFER} to {MOST_BUFFER}"
            ));
        }
        let is_named = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if self.prefix.is_empty() || self.prefix.len() > 200 || !self.prefix.chars().all(is_named) {
            return Err(
                "kafka.prefix must be letters, digits, dots, hyphens and underscores".to_owned(),
            );
        }
        if let Some(broker) = self.brokers.iter().find(|broker| !is_address(broker)) {
            return Err(format!(
                "kafka.brokers: \"{broker}\" is not an address such as kafka.example.org:9092"
            ));
        }
        let more = self.tls || self.sasl.is_some();
        if self.brokers.is_empty() && more {
            return Err(
                "kafka.tls and kafka.sasl are for kafka.brokers, which are none".to_owned(),
            );
        }
        if self.ca.is_some() && !self.tls {
            return Err("kafka.ca is for kafka.tls = true".to_owned());
        }
        let named = self.user.is_some() || self.password.is_some() || self.password_file.is_some();
        match self.sasl {
            None if named => Err(
                "kafka.user and its password are for kafka.sasl, such as \"scram-sha-512\""
                    .to_owned(),
            ),
            None => Ok(()),
            Some(_) if self.user.as_ref().is_none_or(String::is_empty) => {
                Err("kafka.sasl needs kafka.user".to_owned())
            }
            Some(_) => self.secret().map(|_| ()),
        }
    }
}

/// `host:port`; a list would be two.
fn is_address(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(host, port)| {
        !host.is_empty()
            && !host.contains(['/', ',', ' '])
            && port.parse::<u16>().is_ok_and(|port| port > 0)
    })
}

#[cfg(test)]
mod tests {
    use super::super::Config;

    fn checked(text: &str) -> Result<(), String> {
        let config = Config::from_toml(&format!("[kafka]\n{text}"));
        config
            .map_err(|error| error.to_string())
            .and_then(|config| config.kafka.check())
    }

    #[test]
    fn what_does_not_go_together_is_refused_in_a_sentence() {
        let brokers = "brokers = [\"a:9092\", \"[::1]:9093\"]\n";
        assert_eq!(checked(""), Ok(()));
        assert_eq!(checked(brokers), Ok(()));
        for (text, said) in [
            ("brokers = [\"a\"]".to_owned(), "not an address"),
            ("brokers = [\"http://a:1\"]".to_owned(), "not an address"),
            (format!("{brokers}prefix = \"a b\""), "kafka.prefix"),
            (format!("{brokers}buffer_bytes = 1"), "kafka.buffer_bytes"),
            (format!("{brokers}ca = \"ca.pem\""), "kafka.tls"),
            (format!("{brokers}user = \"anna\""), "kafka.sasl"),
            (format!("{brokers}sasl = \"plain\""), "kafka.user"),
            (
                format!("{brokers}sasl = \"plain\"\nuser = \"anna\""),
                "kafka.password_file",
            ),
            (format!("{brokers}sasl = \"gssapi\""), "unknown variant"),
            (format!("{brokers}topic = \"x\""), "`topic`"),
            ("tls = true".to_owned(), "kafka.brokers"),
        ] {
            let fault = checked(&text).unwrap_err();
            assert!(fault.contains(said), "{fault}");
            assert!(!fault.contains('\n'), "{fault}");
        }
    }

    #[test]
    fn a_password_may_be_in_a_file_and_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        let text = format!(
            "brokers = [\"a:1\"]\nsasl = \"scram-sha-512\"\nuser = \"anna\"\npassword_file = {:?}",
            file.display()
        );
        assert!(checked(&text).unwrap_err().contains("cannot be read"));
        std::fs::write(&file, "\n").unwrap();
        assert!(checked(&text).unwrap_err().contains("is empty"));
        std::fs::write(&file, "s3cret\n").unwrap();
        assert_eq!(checked(&text), Ok(()));
        let own = "[kafka]\nbrokers = [\"a:1\"]\nsasl = \"plain\"\nuser = \"anna\"\npassword = \"s3cret\"";
        let config = Config::from_toml(own).unwrap();
        assert_eq!(config.kafka.secret().unwrap().reveal(), "s3cret");
        assert!(!config.to_toml().contains("s3cret"));
        assert!(!format!("{config:?}").contains("s3cret"));
    }
}
