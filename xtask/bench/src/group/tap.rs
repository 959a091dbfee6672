//! Listens to everything on the bus, beside the nodes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::TcpStream;

/// How long nothing may be published for the bus to be quiet.
const QUIET: Duration = Duration::from_millis(500);

/// How long it may take to become quiet.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often to look.
const AGAIN: Duration = Duration::from_millis(50);

/// A subscriber of all channels.
pub struct Tap(Arc<Counts>);

#[derive(Default)]
struct Counts {
    events: AtomicU64,
    all: AtomicU64,
}

impl Tap {
    /// Subscribes; from here on it counts.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn open(redis: SocketAddr) -> Result<Self> {
        let mut stream = TcpStream::connect(redis).await?;
        stream.write_all(b"PSUBSCRIBE zspchat:*\r\n").await?;
        let mut lines = BufReader::new(stream).lines();
        // It confirms by a number: how many patterns there are now.
        while let Some(line) = lines.next_line().await? {
            if line == ":1" {
                let counts = Arc::new(Counts::default());
                tokio::spawn(listen(lines, Arc::clone(&counts)));
                return Ok(Self(counts));
            }
        }
        bail!("Redis closed the connection")
    }

    /// Events of conversations that were published.
    pub fn events(&self) -> u64 {
        self.0.events.load(Ordering::Relaxed)
    }

    /// All that was published.
    pub fn all(&self) -> u64 {
        self.0.all.load(Ordering::Relaxed)
    }

    /// Waits until nothing has been published for a while.
    ///
    /// # Errors
    /// When something always is.
    pub async fn is_quiet(&self) -> Result<()> {
        let quiet = async {
            let (mut last, mut since) = (self.all(), Instant::now());
            while since.elapsed() < QUIET {
                tokio::time::sleep(AGAIN).await;
                if self.all() != last {
                    (last, since) = (self.all(), Instant::now());
                }
            }
        };
        tokio::time::timeout(PATIENCE, quiet)
            .await
            .context("the bus is never quiet")
    }
}

/// A message is `*4`, then each part after a line with its length: `pmessage`, the pattern, the
/// channel and the payload, which is JSON on one line.
async fn listen(mut lines: Lines<BufReader<TcpStream>>, counts: Arc<Counts>) {
    while let Ok(Some(line)) = lines.next_line().await {
        match channel(&line) {
            Some("conversation") => {
                counts.events.fetch_add(1, Ordering::Relaxed);
                counts.all.fetch_add(1, Ordering::Relaxed);
            }
            Some(_) => {
                counts.all.fetch_add(1, Ordering::Relaxed);
            }
            None => {}
        }
    }
}

/// The kind of a channel such as `zspchat:user:0190…`; `None` for every other line.
fn channel(line: &str) -> Option<&str> {
    let name = line.strip_prefix("zspchat:")?;
    let kind = name.split(':').next()?;
    (kind != "*").then_some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_told_from_all_other_lines() {
        assert_eq!(channel("zspchat:conversation:1-2"), Some("conversation"));
        assert_eq!(channel("zspchat:nodes"), Some("nodes"));
        for other in [
            "zspchat:*",
            "pmessage",
            "$9",
            r#"{"node":"zspchat:user:1"}"#,
        ] {
            assert_eq!(channel(other), None);
        }
    }
}
