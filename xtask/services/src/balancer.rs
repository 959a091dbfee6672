//! The front of a cluster.

use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use anyhow::Result;

use crate::entrance::Entrance;
use crate::link::Link;
use crate::probe::{Health, health};

/// How often each node is asked how it is.
const CHECK: Duration = Duration::from_secs(1);
/// A node that hangs for this many checks in a row is taken for dead: one slow answer may only mean
/// that the machine is busy.
const PATIENCE: u32 = 3;
/// How long a node may take to take a connection.
const CONNECT: Duration = Duration::from_secs(1);

/// Spreads TCP connections over nodes of zspchat, one after the other, leaving out those whose
/// `/readyz` does not answer 200. Connections to a node that died, or that has not answered for
/// three seconds, are closed; a node that only says it is not ready keeps those it has.
pub struct Balancer {
    // Dropped first: no connection is taken that nobody would close.
    entrance: Entrance,
    backends: Arc<[Backend]>,
    /// Dropped, it ends the checks.
    _checks: Vec<Sender<()>>,
}

struct Backend {
    address: SocketAddr,
    link: Arc<Link>,
    ready: AtomicBool,
}

impl Balancer {
    /// Starts one, in threads of this program, on a free port. Each node has been asked once when
    /// this returns.
    ///
    /// # Errors
    /// When there is no free port or no thread.
    pub fn start(nodes: &[SocketAddr]) -> Result<Self> {
        let backends: Arc<[Backend]> = nodes.iter().map(|node| Backend::new(*node)).collect();
        let checks = (0..backends.len()).map(|index| watch(&backends, index));
        let checks = checks.collect::<Result<_>>()?;
        let next = AtomicUsize::new(0);
        let entrance = Entrance::open({
            let backends = Arc::clone(&backends);
            move |client| {
                let start = next.fetch_add(1, Ordering::Relaxed);
                // Where none is ready the client is closed.
                if let Some((server, backend)) = connect(&backends, start) {
                    let _ = backend.link.carry(client, server);
                }
            }
        })?;
        Ok(Self {
            entrance,
            backends,
            _checks: checks,
        })
    }

    pub fn address(&self) -> SocketAddr {
        self.entrance.address()
    }

    /// The nodes that get new connections.
    pub fn ready(&self) -> Vec<SocketAddr> {
        let ready = self.backends.iter().filter(|backend| backend.is_ready());
        ready.map(|backend| backend.address).collect()
    }

    /// How many connections each node has through this balancer, in the order of [`Self::start`].
    pub fn connections(&self) -> Vec<usize> {
        let links = self.backends.iter().map(|backend| &backend.link);
        links.map(|link| link.connections()).collect()
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.entrance.close();
        for backend in &*self.backends {
            backend.link.cut();
        }
    }
}

impl Backend {
    fn new(address: SocketAddr) -> Self {
        Self {
            address,
            link: Arc::default(),
            ready: AtomicBool::new(false),
        }
    }

    fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed)
    }

    /// Asks once; gives how many times in a row it was silent.
    fn check(&self, silences: u32) -> u32 {
        let health = health(self.address);
        self.ready.store(health == Health::Ready, Ordering::Relaxed);
        let silences = if health == Health::Silent {
            silences + 1
        } else {
            0
        };
        if health == Health::Dead || silences >= PATIENCE {
            self.link.close_all();
        }
        silences
    }
}

/// Checks one backend in a thread, so that one that hangs does not delay the others.
fn watch(backends: &Arc<[Backend]>, index: usize) -> Result<Sender<()>> {
    let backends = Arc::clone(backends);
    let (end, ended) = mpsc::channel();
    let (first, asked) = mpsc::channel();
    thread::Builder::new().spawn(move || {
        let backend = &backends[index];
        let mut silences = backend.check(0);
        let _ = first.send(());
        while ended.recv_timeout(CHECK) == Err(RecvTimeoutError::Timeout) {
            silences = backend.check(silences);
        }
    })?;
    asked.recv()?;
    Ok(end)
}

/// Connects to the first that is ready and takes connections, from the one whose turn it is.
fn connect(backends: &[Backend], start: usize) -> Option<(TcpStream, &Backend)> {
    let ready: Vec<&Backend> = backends
        .iter()
        .filter(|backend| backend.is_ready())
        .collect();
    (0..ready.len()).find_map(|step| {
        let backend = ready[start.wrapping_add(step) % ready.len()];
        let stream = TcpStream::connect_timeout(&backend.address, CONNECT).ok();
        if stream.is_none() {
            // It gets no more until a check finds it ready again.
            backend.ready.store(false, Ordering::Relaxed);
        }
        stream.map(|stream| (stream, backend))
    })
}
