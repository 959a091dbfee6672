//! Asks a node of zspchat how it is.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long the answer may take.
const LIMIT: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// `/readyz` answers 200.
    Ready,
    /// It answers something else: it is starting or stopping, or its database is away.
    Unready,
    /// It does not answer in time.
    Silent,
    /// Nobody listens there.
    Dead,
}

/// Asks for `/readyz`.
pub fn health(address: SocketAddr) -> Health {
    let answer = TcpStream::connect_timeout(&address, LIMIT)
        .and_then(|stream| status(stream, address))
        .map_err(|error| error.kind());
    match answer {
        Ok(Some(status)) if &status == b"200" => Health::Ready,
        Ok(_) => Health::Unready,
        // A process that is stopped still has connections made to it, and then is silent; one that
        // ended refuses them, or ends those that came at its last moment.
        Err(ErrorKind::WouldBlock | ErrorKind::TimedOut) => Health::Silent,
        Err(_) => Health::Dead,
    }
}

/// The three digits of an answer such as `HTTP/1.1 200 OK`; `None` when it is no HTTP.
fn status(mut stream: TcpStream, address: SocketAddr) -> io::Result<Option<[u8; 3]>> {
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    let request = format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut line = [0; 12];
    stream.read_exact(&mut line)?;
    let status = [line[9], line[10], line[11]];
    // The rest is read so that the node does not see its answer refused.
    let _ = stream.read_to_end(&mut Vec::new());
    Ok(line.starts_with(b"HTTP/1.").then_some(status))
}
