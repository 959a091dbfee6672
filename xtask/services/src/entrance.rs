//! A listening socket that can be closed and opened again on the same port.

use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::Result;
use socket2::SockRef;

use crate::port::Port;

/// Between attempts to listen where another program has taken the port meanwhile.
const AGAIN: Duration = Duration::from_millis(50);

type Handler = dyn Fn(TcpStream) + Send + Sync;

/// Takes connections in a thread, and hands each to a handler in a thread of its own.
pub struct Entrance {
    port: Port,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    wanted: Wanted,
    /// Set while it listens.
    listener: Option<Arc<TcpListener>>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Wanted {
    #[default]
    Open,
    Closed,
    /// Closed for good.
    Gone,
}

impl Entrance {
    /// Listens on a free port; connections are taken when this returns.
    pub fn open(handler: impl Fn(TcpStream) + Send + Sync + 'static) -> Result<Self> {
        let port = Port::free()?;
        let address = port.address();
        let shared = Arc::new(Shared::default());
        let entrance = Self {
            port,
            shared: Arc::clone(&shared),
        };
        let handler: Arc<Handler> = Arc::new(handler);
        thread::Builder::new().spawn(move || shared.serve(address, &handler))?;
        entrance.want(Wanted::Open);
        Ok(entrance)
    }

    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// Refuses connections from now on.
    pub fn close(&self) {
        self.want(Wanted::Closed);
    }

    /// Takes connections again.
    pub fn reopen(&self) {
        self.want(Wanted::Open);
    }

    /// Returns when it is as wanted.
    fn want(&self, wanted: Wanted) {
        let mut state = self.shared.state();
        state.wanted = wanted;
        self.shared.changed.notify_all();
        if wanted != Wanted::Open
            && let Some(listener) = &state.listener
        {
            shut(listener);
        }
        while state.listener.is_some() != (wanted == Wanted::Open) {
            let waited = self.shared.changed.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Entrance {
    fn drop(&mut self) {
        self.want(Wanted::Gone);
    }
}

impl Shared {
    fn serve(&self, address: SocketAddr, handler: &Arc<Handler>) {
        while self.may_listen() {
            let Ok(listener) = TcpListener::bind(address) else {
                thread::sleep(AGAIN);
                continue;
            };
            let listener = Arc::new(listener);
            self.say(Some(Arc::clone(&listener)));
            while self.is_wanted()
                && let Ok((stream, _)) = listener.accept()
            {
                let handler = Arc::clone(handler);
                // Without a thread the connection is closed.
                let _ = thread::Builder::new().spawn(move || handler(stream));
            }
            shut(&listener);
            self.say(None);
        }
    }

    /// Waits until it should listen; false when it never should again.
    fn may_listen(&self) -> bool {
        let mut state = self.state();
        loop {
            match state.wanted {
                Wanted::Open => return true,
                Wanted::Gone => return false,
                Wanted::Closed => {
                    let woken = self.changed.wait(state);
                    state = woken.unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    fn is_wanted(&self) -> bool {
        self.state().wanted == Wanted::Open
    }

    fn say(&self, listener: Option<Arc<TcpListener>>) {
        self.state().listener = listener;
        self.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends listening, whoever else holds the socket: a program that another thread is starting has a copy
/// of it for a moment, and closing ours would leave that one to take connections. Wakes `accept`.
fn shut(listener: &TcpListener) {
    let _ = SockRef::from(listener).shutdown(Shutdown::Both);
}
