//! A connection to the server that is kept open: HTTP by hand, for next to no work on this side.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// How much is read at once, at least.
const ROOM: usize = 4 * 1024;

pub struct Connection {
    stream: TcpStream,
    address: SocketAddr,
    request: Vec<u8>,
    received: Vec<u8>,
}

pub struct Answer {
    pub status: u16,
    /// The value of its first cookie, as a request sends it back.
    pub cookie: Option<String>,
    pub body: Vec<u8>,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)
            .await
            .context("the server cannot be reached")?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            address,
            request: Vec::new(),
            received: Vec::with_capacity(ROOM),
        })
    }

    /// The server it leads to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends one request with a body of JSON, and waits for the whole answer.
    pub async fn ask(
        &mut self,
        method: &str,
        path: &str,
        cookie: &str,
        json: &str,
    ) -> Result<Answer> {
        use std::io::Write as _;
        self.request.clear();
        let address = self.address;
        write!(
            self.request,
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\norigin: http://{address}\r\n\
             cookie: {cookie}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{json}",
            json.len()
        )?;
        self.stream.write_all(&self.request).await?;
        self.answer().await
    }

    async fn answer(&mut self) -> Result<Answer> {
        self.received.clear();
        loop {
            if let Some(answer) = parse(&self.received)? {
                return Ok(answer);
            }
            self.received.reserve(ROOM);
            if self.stream.read_buf(&mut self.received).await? == 0 {
                bail!("the server closed the connection");
            }
        }
    }

    /// Asks for something without end. An answer to HTTP/1.0 comes as it is, not in chunks.
    pub async fn into_stream(mut self, path: &str, cookie: &str) -> Result<TcpStream> {
        let request = format!("GET {path} HTTP/1.0\r\ncookie: {cookie}\r\n\r\n");
        self.stream.write_all(request.as_bytes()).await?;
        Ok(self.stream)
    }
}

/// The answer that these bytes are; `None` while there is more to come.
fn parse(bytes: &[u8]) -> Result<Option<Answer>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(&bytes[..end]).context("an answer's head is no text")?;
    let header = |name: &str| {
        head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    };
    let length: usize = header("content-length").map_or(Ok(0), str::parse)?;
    let body = &bytes[end + 4..];
    if body.len() < length {
        return Ok(None);
    }
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    Ok(Some(Answer {
        status: status.context("an answer without a status")?,
        cookie: header("set-cookie")
            .and_then(|cookie| cookie.split(';').next())
            .map(ToOwned::to_owned),
        body: body[..length].to_owned(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_with_its_body() {
        let whole = b"HTTP/1.1 201 Created\r\nSet-Cookie: session=1; Path=/\r\n\
            content-length: 2\r\n\r\n{}";
        for end in 0..whole.len() {
            assert!(parse(&whole[..end]).unwrap().is_none());
        }
        let answer = parse(whole).unwrap().unwrap();
        assert_eq!(answer.status, 201);
        assert_eq!(answer.cookie.as_deref(), Some("session=1"));
        assert_eq!(answer.body, b"{}");
    }

    #[test]
    fn an_answer_may_have_no_body() {
        let answer = parse(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap().unwrap();
        assert_eq!(answer.status, 204);
        assert!(answer.body.is_empty());
    }
}
