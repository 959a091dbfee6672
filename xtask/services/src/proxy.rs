//! A network that fails on command, in front of any service.

use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;

use crate::entrance::Entrance;
use crate::link::Link;

/// How long the service may take to take a connection.
const CONNECT: Duration = Duration::from_secs(5);

/// Carries TCP connections to one address until it is told otherwise.
pub struct Proxy {
    entrance: Entrance,
    link: Arc<Link>,
    target: Arc<Mutex<SocketAddr>>,
}

impl Proxy {
    /// Starts one, in threads of this program, on a free port.
    ///
    /// # Errors
    /// When there is no free port or no thread.
    pub fn start(to: SocketAddr) -> Result<Self> {
        let link = Arc::new(Link::default());
        let target = Arc::new(Mutex::new(to));
        let entrance = Entrance::open({
            let (link, target) = (Arc::clone(&link), Arc::clone(&target));
            move |client| {
                // Where it fails the client is closed, as it would be by a service that is away.
                let passable = link.is_passable();
                let to = *target.lock().unwrap_or_else(PoisonError::into_inner);
                if passable && let Ok(server) = TcpStream::connect_timeout(&to, CONNECT) {
                    let _ = link.carry(client, server);
                }
            }
        })?;
        Ok(Self {
            entrance,
            link,
            target,
        })
    }

    pub fn address(&self) -> SocketAddr {
        self.entrance.address()
    }

    /// Closes all connections and refuses new ones: the service's machine is there, but not it.
    pub fn cut(&self) {
        self.entrance.close();
        self.link.cut();
    }

    /// Takes new connections and keeps the old, but passes nothing on in either direction, not even
    /// that one was closed: the network is gone and nobody was told. What is sent meanwhile arrives
    /// after [`Proxy::restore`].
    pub fn freeze(&self) {
        self.link.freeze();
    }

    /// Passes everything on this much later, in each direction; how much can be sent is not limited.
    pub fn delay(&self, delay: Duration) {
        self.link.delay(delay);
    }

    /// Leads new connections to another service, and closes those there are: a failover.
    pub fn retarget(&self, to: SocketAddr) {
        *self.target.lock().unwrap_or_else(PoisonError::into_inner) = to;
        self.reset();
    }

    /// Closes the connections there are; new ones are taken.
    pub fn reset(&self) {
        self.link.close_all();
    }

    /// Ends whatever was asked for before.
    pub fn restore(&self) {
        self.link.restore();
        self.entrance.reopen();
    }

    /// How many connections it carries.
    pub fn connections(&self) -> usize {
        self.link.connections()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.cut();
    }
}
