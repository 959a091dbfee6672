//! The services that nodes share, and what each node does with them.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Config;

/// `role`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Answers requests and streams.
    Web,
    /// Stores what is queued.
    Writer,
    /// Both.
    All,
}

/// `database`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// `postgres://user:password@host:port/name?sslmode=verify-full&sslrootcert=…`. Without it, SQLite
    /// in the data folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<SecretUrl>,
    /// Most connections of this node that read.
    pub readers: u32,
    /// Most connections of this node that write; at most half of them store commands.
    pub writers: u32,
}

/// `amqp`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Amqp {
    /// `amqp://user:password@host:port/vhost`, or `amqps://…`. Without it, commands are queued in
    /// memory, and accepted when they are committed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<SecretUrl>,
    /// Certificates, in a PEM file, that an `amqps://` server's own must be signed by. Without it,
    /// those of the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
    /// What the queues' names begin with.
    pub prefix: String,
    /// `quorum`, or `classic` for a broker of one node.
    pub queue_type: QueueType,
    /// Most bytes of each of the queues; beyond it, sends are refused for the moment.
    pub queue_bytes: u64,
}

/// `amqp.queue_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueType {
    /// Replicated over the broker's nodes.
    Quorum,
    /// On one of the broker's nodes.
    Classic,
}

/// `redis`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Redis {
    /// `redis://:password@host:port/0`, or `rediss://…`. Without it, there is one node only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<SecretUrl>,
    /// As `amqp.ca`, for `rediss://`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
    /// What keys and channels begin with.
    pub prefix: String,
}

impl Default for Database {
    fn default() -> Self {
        Self {
            url: None,
            readers: 12,
            writers: 4,
        }
    }
}

impl Default for Amqp {
    fn default() -> Self {
        Self {
            url: None,
            ca: None,
            prefix: "zspchat".to_owned(),
            queue_type: QueueType::Quorum,
            queue_bytes: 256 * 1024 * 1024,
        }
    }
}

impl Default for Redis {
    fn default() -> Self {
        Self {
            url: None,
            ca: None,
            prefix: "zspchat".to_owned(),
        }
    }
}

impl Config {
    /// Whether the services go together.
    pub(super) fn check_services(&self) -> Result<(), String> {
        if self.database.readers == 0 {
            return Err("database.readers must be at least 1".to_owned());
        }
        if self.database.writers < 2 {
            return Err(
                "database.writers must be at least 2: one is for nothing but messages".to_owned(),
            );
        }
        let others = self.amqp.url.is_some() || self.redis.url.is_some();
        if others && self.database.url.is_none() {
            return Err(
                "amqp.url and redis.url are for several nodes, which need database.url too"
                    .to_owned(),
            );
        }
        if self.amqp.url.is_some() != self.redis.url.is_some() {
            return Err("several nodes need both amqp.url and redis.url".to_owned());
        }
        if self.role != Role::All && self.amqp.url.is_none() {
            return Err("role web or writer needs amqp.url: one node does both".to_owned());
        }
        Ok(())
    }

    /// Whether this is one of several nodes.
    pub fn is_clustered(&self) -> bool {
        self.amqp.url.is_some()
    }
}

/// An address with a password in it, which is never shown.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub struct SecretUrl(String);

impl SecretUrl {
    /// The address with its password.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The address with stars for its password.
    fn shown(&self) -> String {
        let Some((scheme, rest)) = self.0.split_once("://") else {
            return "***".to_owned();
        };
        // The last one: a password may hold one that should have been written as %40.
        let Some((user, host)) = rest.rsplit_once('@') else {
            return self.0.clone();
        };
        let name = user.split_once(':').map_or(user, |(name, _)| name);
        let password = if user.contains(':') { ":***" } else { "" };
        format!("{scheme}://{name}{password}@{host}")
    }
}

impl From<String> for SecretUrl {
    fn from(url: String) -> Self {
        Self(url)
    }
}

impl std::fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown())
    }
}

impl Serialize for SecretUrl {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.shown())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown() {
        for (url, shown) in [
            (
                "postgres://anna:s3/cret@db/chat?a=b",
                "postgres://anna:***@db/chat?a=b",
            ),
            (
                "postgres://anna:s3cret@db:5432/chat",
                "postgres://anna:***@db:5432/chat",
            ),
            ("redis://:s3cret@db/0", "redis://:***@db/0"),
            ("amqp://db", "amqp://db"),
            ("s3cret", "***"),
        ] {
            let url = SecretUrl::from(url.to_owned());
            assert_eq!(format!("{url:?}"), shown);
        }
    }

    #[test]
    fn services_that_do_not_go_together_are_refused() {
        let url = || Some(SecretUrl::from("x://y".to_owned()));
        let mut config = Config::default();
        assert!(config.check_services().is_ok());
        config.redis.url = url();
        assert!(
            config
                .check_services()
                .unwrap_err()
                .contains("database.url")
        );
        config.database.url = url();
        assert!(config.check_services().unwrap_err().contains("amqp.url"));
        config.amqp.url = url();
        config.role = Role::Web;
        assert!(config.check_services().is_ok());
        assert!(config.is_clustered());
    }
}
