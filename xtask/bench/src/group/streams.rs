//! Those who are online: their streams, on which arrivals are counted.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::connection::Connection;
use crate::people::Person;

/// How long what was sent may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often to look whether it has.
const AGAIN: Duration = Duration::from_millis(5);

/// Streams that are read until this is dropped.
pub struct Streams {
    open: JoinSet<()>,
    arrived: Arc<AtomicU64>,
}

impl Streams {
    pub fn none() -> Self {
        Self {
            open: JoinSet::new(),
            arrived: Arc::default(),
        }
    }

    /// Opens more, until there are so many: one of each person, then a second of each, and so on, and
    /// over all nodes. Each is there when this returns.
    pub async fn open(
        &mut self,
        nodes: &[SocketAddr],
        online: &[Person],
        wanted: usize,
    ) -> Result<()> {
        for number in self.count()..wanted {
            let person = &online[number % online.len()];
            let node = nodes[number % nodes.len()];
            let connection = Connection::open(node).await?;
            let stream = connection
                .into_stream("/api/v1/stream", &person.cookie)
                .await?;
            let mut stream = BufReader::new(stream);
            wait_for_sync(&mut stream).await?;
            self.open.spawn(read(stream, Arc::clone(&self.arrived)));
        }
        Ok(())
    }

    pub fn count(&self) -> usize {
        self.open.len()
    }

    /// How many events have arrived on all of them.
    pub fn arrived(&self) -> u64 {
        self.arrived.load(Ordering::Relaxed)
    }

    /// Waits until so many have.
    ///
    /// # Errors
    /// When fewer do in time, or more.
    pub async fn wait_for(&self, expected: u64) -> Result<()> {
        let start = Instant::now();
        while self.arrived() < expected && start.elapsed() < PATIENCE {
            tokio::time::sleep(AGAIN).await;
        }
        let arrived = self.arrived();
        if arrived != expected {
            bail!("{arrived} events arrived on the streams instead of {expected}");
        }
        Ok(())
    }
}

/// The first event of a stream.
async fn wait_for_sync(stream: &mut BufReader<TcpStream>) -> Result<()> {
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 0 {
        if line.trim_end() == "event: sync" {
            return Ok(());
        }
        line.clear();
    }
    bail!("a stream was closed before it began")
}

async fn read(mut stream: BufReader<TcpStream>, arrived: Arc<AtomicU64>) {
    let mut line = Vec::new();
    while stream.read_until(b'\n', &mut line).await.unwrap_or(0) > 0 {
        if line == b"event: event\n" {
            arrived.fetch_add(1, Ordering::Relaxed);
        }
        line.clear();
    }
}
