//! Making the connections.

use std::time::Duration;

use ::redis::aio::{MultiplexedConnection, PubSubSink, PubSubStream};
use ::redis::io::tcp::TcpSettings;
use ::redis::{AsyncConnectionConfig, IntoConnectionInfo as _, RedisError, TlsCertificates};

use super::RedisConfig;

/// How long it may take until both connections are there.
const CONNECT: Duration = Duration::from_secs(3);

/// How long an idle Redis may take to answer a `PING`. A fork or a slow command of somebody else can
/// hold it up for a second; it is not lost then.
const PONG: Duration = Duration::from_secs(2);

/// Redis cannot be used as it is configured.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// What was given as its URL is none.
    #[error("the URL of Redis cannot be used: {0}")]
    Url(#[source] RedisError),
    /// The file of authorities cannot be read.
    #[error("the authorities for Redis cannot be read: {0}")]
    Ca(#[source] std::io::Error),
    /// What is in that file are no authorities, or the URL does not begin with `rediss://`.
    #[error("the authorities for Redis cannot be used: {0}")]
    Tls(#[source] RedisError),
}

/// Knows where Redis is.
pub(super) struct Client(::redis::Client);

/// Both connections.
pub(super) struct Pair {
    pub commands: MultiplexedConnection,
    pub sink: PubSubSink,
    pub published: PubSubStream,
}

impl Client {
    pub(super) fn new(config: &RedisConfig) -> Result<Self, ConfigError> {
        let info = config
            .url
            .as_str()
            .into_connection_info()
            .map_err(ConfigError::Url)?;
        // A small message must not wait for the answer to the one before.
        let info = info.set_tcp_settings(TcpSettings::default().set_nodelay(true));
        let client = match &config.ca {
            Some(file) => {
                let certificates = TlsCertificates {
                    client_tls: None,
                    root_cert: Some(std::fs::read(file).map_err(ConfigError::Ca)?),
                };
                ::redis::Client::build_with_tls(info, certificates).map_err(ConfigError::Tls)?
            }
            None => ::redis::Client::open(info).map_err(ConfigError::Url)?,
        };
        Ok(Self(client))
    }

    /// Makes both connections.
    pub(super) async fn open(&self) -> Result<Pair, RedisError> {
        // Time-outs are set for each command by who waits for it.
        let unlimited = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(None);
        let opened = tokio::time::timeout(CONNECT, async {
            let commands = self
                .0
                .get_multiplexed_async_connection_with_config(&unlimited)
                .await?;
            let (sink, published) = self.0.get_async_pubsub().await?.split();
            Ok(Pair {
                commands,
                sink,
                published,
            })
        });
        opened.await.unwrap_or_else(|_| Err(timed_out()))
    }
}

/// Asks over both connections whether Redis is there.
pub(super) async fn ping(
    mut commands: MultiplexedConnection,
    mut sink: PubSubSink,
) -> Result<(), RedisError> {
    let command = ::redis::cmd("PING");
    let pongs = futures::future::try_join(
        command.query_async::<::redis::Value>(&mut commands),
        sink.ping::<::redis::Value>(),
    );
    match tokio::time::timeout(PONG, pongs).await {
        Ok(pongs) => pongs.map(|_| ()),
        Err(_) => Err(timed_out()),
    }
}

pub(super) fn timed_out() -> RedisError {
    RedisError::from(std::io::Error::from(std::io::ErrorKind::TimedOut))
}
