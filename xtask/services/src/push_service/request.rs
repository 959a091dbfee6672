//! As much of HTTP/1.1 as a push service needs: one request a connection.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

/// How long whoever connects may take.
const PATIENCE: Duration = Duration::from_secs(10);

const LARGEST: usize = 64 * 1024;

pub(super) struct Request {
    pub method: String,
    pub path: String,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn read(stream: &mut TcpStream) -> Result<Self> {
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let mut parts = line.split_ascii_whitespace();
        let method = parts.next().context("no method")?.to_owned();
        let path = parts.next().context("no path")?.to_owned();
        let mut headers = Vec::new();
        loop {
            line.clear();
            if reader.read_line(&mut line)? == 0 || headers.len() > 100 {
                bail!("no end of the head");
            }
            let Some((name, value)) = line.trim_end().split_once(':') else {
                break;
            };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut request = Self {
            method,
            path,
            headers,
            body: Vec::new(),
        };
        let length: usize = match request.header("content-length") {
            Some(length) => length.parse()?,
            None => 0,
        };
        if length > LARGEST {
            bail!("too large");
        }
        request.body = vec![0; length];
        reader.read_exact(&mut request.body)?;
        Ok(request)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// Answers; `more` is further headers, each with its line's end.
pub(super) fn answer(stream: &mut TcpStream, status: u16, more: &str, body: &str) -> Result<()> {
    write!(
        stream,
        "HTTP/1.1 {status} \r\nConnection: close\r\nContent-Length: {}\r\n{more}\r\n{body}",
        body.len()
    )?;
    Ok(())
}
