//! Ports of this machine that stay ours even while nothing listens on them.

use std::net::{Ipv4Addr, SocketAddr};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr as LocalAddress, UnixListener};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};
use socket2::{Domain, Socket, Type};

/// Below what Linux gives to outgoing connections (32768 and up, `ip_local_port_range`): else a
/// client that tries to reach a killed service could be given the service's own port.
const FIRST: u32 = 15_000;
const COUNT: u32 = 17_000;

/// A free TCP port of 127.0.0.1, ours until it is dropped or this process ends.
#[derive(Debug)]
pub struct Port {
    number: u16,
    /// Tells the other programs that start services that the port is taken, while its service is
    /// down. A name in the abstract namespace: it leaves no file, and ends with its process.
    _claim: UnixListener,
}

impl Port {
    /// # Errors
    /// When none of them is free.
    pub fn free() -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        // Programs that run at the same time start at different places.
        let start = std::process::id().wrapping_mul(37);
        (0..COUNT)
            .find_map(|_| {
                let step = NEXT.fetch_add(1, Ordering::Relaxed);
                Self::claim(FIRST + start.wrapping_add(step) % COUNT)
            })
            .context("no port of 127.0.0.1 is free")
    }

    fn claim(number: u32) -> Option<Self> {
        let number = u16::try_from(number).ok()?;
        let name = LocalAddress::from_abstract_name(format!("zspchat-port-{number}")).ok()?;
        let claim = UnixListener::bind_addr(&name).ok()?;
        let port = Self {
            number,
            _claim: claim,
        };
        port.is_unused().then_some(port)
    }

    /// Whether nothing listens there. Asked without listening: a program that another thread is starting
    /// has a copy of the socket for a moment, and would be what listens.
    fn is_unused(&self) -> bool {
        let bound = Socket::new(Domain::IPV4, Type::STREAM, None).and_then(|socket| {
            socket.set_reuse_address(true)?;
            socket.bind(&self.address().into())
        });
        bound.is_ok()
    }

    pub fn number(&self) -> u16 {
        self.number
    }

    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.number).into()
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn no_port_is_given_twice() {
        let first = Port::free().unwrap();
        assert!(Port::claim(first.number().into()).is_none());
        let number = first.number();
        drop(first);
        assert!(Port::claim(number.into()).is_some());
    }

    #[test]
    fn a_port_that_someone_listens_on_is_not_free() {
        let port = Port::free().unwrap();
        let address = port.address();
        drop(port);
        let _taken = TcpListener::bind(address).unwrap();
        assert!(Port::claim(address.port().into()).is_none());
    }
}
