//! Making a connection.

use std::net::Shutdown;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lapin::tcp::{AsyncTcpStream, OwnedTLSConfig};
use lapin::uri::{AMQPScheme, AMQPUri};
use lapin::{Connection, ConnectionProperties};
use socket2::{SockRef, Socket};

use super::config::RabbitMqConfig;
use super::limit::{ANSWER, Failure, answer};

/// Seconds of silence after which each side asks whether the other is still there.
const HEARTBEAT: u16 = 10;

/// How long what was sent may go without an acknowledgement of the other machine.
const USER_TIMEOUT: Duration = Duration::from_secs(10);

/// The socket of a connection that is not there yet, so that nothing is left of an attempt that was
/// given up: lapin's thread ends with its socket.
struct Dialing(Arc<Mutex<Option<Socket>>>);

impl Dialing {
    fn take(&self) -> Option<Socket> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for Dialing {
    fn drop(&mut self) {
        if let Some(socket) = self.take() {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

/// Connects, within five seconds.
pub(super) async fn dial(
    config: &RabbitMqConfig,
    role: &'static str,
) -> Result<(Connection, Socket), Failure> {
    let mut uri: AMQPUri = config.url.parse().map_err(Failure::Settings)?;
    uri.query.heartbeat = Some(HEARTBEAT);
    let tls = OwnedTLSConfig {
        identity: None,
        cert_chain: match &config.ca {
            None => None,
            Some(path) => Some(
                tokio::fs::read_to_string(path)
                    .await
                    .map_err(|error| Failure::Settings(format!("{}: {error}", path.display())))?,
            ),
        },
    };
    let properties = ConnectionProperties::default()
        .with_connection_name(format!("{} {role}", config.prefix).into());
    let dialing = Dialing(Arc::default());
    let slot = Arc::clone(&dialing.0);
    let runtime = lapin::runtime::default_runtime()?;
    let reactor = runtime.clone();
    let connect = async move |uri: AMQPUri, _| {
        let address = (uri.authority.host.clone(), uri.authority.port);
        let resolved: Vec<_> = tokio::net::lookup_host(address).await?.collect();
        let plain = AsyncTcpStream::connect(&reactor, &resolved[..]);
        let plain = tokio::time::timeout(ANSWER, plain)
            .await
            .map_err(std::io::Error::from)??;
        if let AsyncTcpStream::Plain(stream) = &plain {
            let socket = SockRef::from(stream.get_ref());
            socket.set_tcp_user_timeout(Some(USER_TIMEOUT))?;
            let copy = socket.try_clone()?;
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(copy);
        }
        match uri.scheme {
            AMQPScheme::AMQP => Ok(plain),
            AMQPScheme::AMQPS => Ok(plain.into_tls(&uri.authority.host, tls.as_ref()).await?),
        }
    };
    let connection = answer(Connection::connector(uri, runtime, connect, properties)).await?;
    let socket = dialing
        .take()
        .ok_or_else(|| Failure::Settings("the connection has no socket".to_owned()))?;
    Ok((connection, socket))
}
