//! Connections carried from one socket to another, which can be frozen, delayed and closed.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How much is read at once, in bytes.
const CHUNK: usize = 16 * 1024;
/// How many chunks may be under way in one direction. With the kernel's buffers, this is how much a
/// frozen or delayed connection swallows before its sender has to wait.
const UNDER_WAY: usize = 64;
/// Enough for the few calls below, and little where there are thousands of connections.
const STACK: usize = 128 * 1024;

/// Some bytes, or the end of the stream, and when they may be passed on.
type Parcel = (Instant, Option<Vec<u8>>);

/// A set of connections that fare alike.
#[derive(Default)]
pub struct Link {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    cut: bool,
    frozen: bool,
    delay: Duration,
    connections: HashMap<u64, [TcpStream; 2]>,
    last: u64,
}

impl Link {
    /// Waits while the link is frozen; says whether it is usable then, or cut.
    pub fn is_passable(&self) -> bool {
        let mut state = self.state();
        while state.frozen && !state.cut {
            state = wait(&self.changed, state);
        }
        !state.cut
    }

    /// Carries everything between two sockets, in both directions, until both have ended. When the
    /// link is cut, closes them instead.
    ///
    /// # Errors
    /// When the machine has no descriptor or thread left; then the connection is closed.
    pub fn carry(self: &Arc<Self>, client: TcpStream, server: TcpStream) -> io::Result<()> {
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let number = {
            let kept = [client.try_clone()?, server.try_clone()?];
            let mut state = self.state();
            if state.cut {
                return Ok(());
            }
            state.last += 1;
            let number = state.last;
            state.connections.insert(number, kept);
            number
        };
        let ended = Arc::new(AtomicBool::new(false));
        let both = [
            (client.try_clone(), server.try_clone()),
            (Ok(server), Ok(client)),
        ];
        for (from, to) in both {
            let way = from.and_then(|from| self.direction(number, from, to?, &ended));
            if let Err(error) = way {
                self.close(number);
                return Err(error);
            }
        }
        Ok(())
    }

    fn direction(
        self: &Arc<Self>,
        number: u64,
        from: TcpStream,
        to: TcpStream,
        ended: &Arc<AtomicBool>,
    ) -> io::Result<()> {
        let (parcels, arrivals) = mpsc::sync_channel(UNDER_WAY);
        let thread = || thread::Builder::new().stack_size(STACK);
        let link = Arc::clone(self);
        thread().spawn(move || link.take_in(from, &parcels))?;
        let (link, ended) = (Arc::clone(self), Arc::clone(ended));
        thread().spawn(move || {
            let whole = link.pass_on(number, to, &arrivals);
            // The second direction to end, or one that failed, ends the connection.
            if !whole || ended.swap(true, Ordering::Relaxed) {
                link.close(number);
            }
        })?;
        Ok(())
    }

    fn take_in(&self, mut from: TcpStream, parcels: &SyncSender<Parcel>) {
        let mut buffer = vec![0; CHUNK];
        loop {
            // A reset is passed on as an end: the other side can do nothing else with it either.
            let length = from.read(&mut buffer).unwrap_or(0);
            let bytes = (length > 0).then(|| buffer[..length].to_vec());
            let due = Instant::now() + self.state().delay;
            if parcels.send((due, bytes)).is_err() || length == 0 {
                return;
            }
        }
    }

    /// Whether all came through, up to the end of the stream.
    fn pass_on(&self, number: u64, mut to: TcpStream, arrivals: &Receiver<Parcel>) -> bool {
        for (due, bytes) in arrivals {
            if !self.is_due(number, due) {
                return false;
            }
            match bytes {
                Some(bytes) if to.write_all(&bytes).is_ok() => {}
                Some(_) => return false,
                None => return to.shutdown(Shutdown::Write).is_ok(),
            }
        }
        false
    }

    /// Waits for the time, and while the link is frozen; false when the connection is closed.
    fn is_due(&self, number: u64, due: Instant) -> bool {
        let mut state = self.state();
        loop {
            if !state.connections.contains_key(&number) {
                return false;
            }
            let rest = due.saturating_duration_since(Instant::now());
            if state.frozen {
                state = wait(&self.changed, state);
            } else if rest.is_zero() {
                return true;
            } else {
                let waited = self.changed.wait_timeout(state, rest);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
        }
    }

    fn close(&self, number: u64) {
        let connection = self.state().connections.remove(&number);
        close(connection.into_iter());
        self.changed.notify_all();
    }

    /// Closes all its connections; new ones are still carried.
    pub fn close_all(&self) {
        let connections = std::mem::take(&mut self.state().connections);
        close(connections.into_values());
        self.changed.notify_all();
    }

    /// Closes all its connections and carries no more.
    pub fn cut(&self) {
        self.state().cut = true;
        self.close_all();
    }

    pub fn freeze(&self) {
        self.state().frozen = true;
    }

    /// Passes everything on this much later, in each direction.
    pub fn delay(&self, delay: Duration) {
        self.state().delay = delay;
    }

    /// Undoes [`Link::cut`], [`Link::freeze`] and [`Link::delay`].
    pub fn restore(&self) {
        let mut state = self.state();
        (state.cut, state.frozen, state.delay) = (false, false, Duration::ZERO);
        drop(state);
        self.changed.notify_all();
    }

    pub fn connections(&self) -> usize {
        self.state().connections.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wait<'a>(changed: &Condvar, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
    changed.wait(state).unwrap_or_else(PoisonError::into_inner)
}

fn close(connections: impl Iterator<Item = [TcpStream; 2]>) {
    for socket in connections.flatten() {
        // It may be closed already.
        let _ = socket.shutdown(Shutdown::Both);
    }
}
