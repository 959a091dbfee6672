//! A stream, as a browser reads it.

use futures::StreamExt as _;
use protocol::Event;
use protocol::stream::{Bye, StreamEvent, Sync};

use super::PATIENCE;

/// What arrives on a stream.
pub struct Stream {
    chunks: futures::stream::BoxStream<'static, Vec<u8>>,
    buffer: String,
}

impl Stream {
    pub(super) fn read(answer: reqwest::Response) -> Self {
        let chunks = answer.bytes_stream();
        let bytes =
            |chunk: reqwest::Result<bytes::Bytes>| chunk.map_or_else(|_| Vec::new(), Vec::from);
        Self {
            chunks: chunks.map(bytes).boxed(),
            buffer: String::new(),
        }
    }

    /// The next event; `None` once the stream is over.
    pub async fn next(&mut self) -> Option<StreamEvent> {
        loop {
            if let Some((frame, rest)) = self.buffer.split_once("\n\n") {
                let line = |name: &str| {
                    let lines = frame.lines();
                    let mut found = lines.filter_map(|line| line.strip_prefix(name));
                    found.next().unwrap_or_default().to_owned()
                };
                let event = StreamEvent::parse(&line("event: "), &line("data: ")).unwrap();
                let rest = rest.to_owned();
                self.buffer = rest;
                return Some(event);
            }
            let chunk = tokio::time::timeout(PATIENCE, self.chunks.next());
            let chunk = chunk.await.expect("something arrives in time")?;
            self.buffer.push_str(&String::from_utf8(chunk).unwrap());
        }
    }

    /// The first event of which something is wanted.
    pub async fn until<T>(&mut self, wanted: impl Fn(StreamEvent) -> Option<T>) -> T {
        loop {
            let event = self.next().await.expect("the stream goes on");
            if let Some(found) = wanted(event) {
                return found;
            }
        }
    }

    /// The server's farewell.
    pub async fn bye(&mut self) -> Bye {
        self.until(|event| match event {
            StreamEvent::Bye(bye) => Some(bye),
            _ => None,
        })
        .await
    }

    /// What the server says first.
    pub async fn sync(&mut self) -> Sync {
        self.until(|event| match event {
            StreamEvent::Sync(sync) => Some(sync),
            _ => None,
        })
        .await
    }

    /// The next event of a log.
    pub async fn event(&mut self) -> Event {
        self.until(|event| match event {
            StreamEvent::Event(event) => Some(event),
            _ => None,
        })
        .await
    }
}
