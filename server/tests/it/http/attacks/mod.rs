//! What somebody sends who means harm: each attack that SECURITY.md names, against a whole server.

mod bodies;
mod fixation;
mod guessing;
mod headers;
mod look_alikes;
mod paths;
mod slow;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::app::{PATIENCE, TestApp};

/// What is answered to these very bytes, after which the connection is closed; `{host}` in them is the
/// server's own. Clients that mean well cannot be made to send what some of these tests do.
async fn raw(app: &TestApp, request: &str) -> String {
    let host = app.base.strip_prefix("http://").unwrap();
    let request = request.replace("{host}", host);
    let mut connection = TcpStream::connect(host).await.unwrap();
    // Where the server has heard enough, it closes the connection, whatever is still on its way.
    let _ = connection.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    let ended = tokio::time::timeout(PATIENCE, connection.read_to_end(&mut answer)).await;
    let _ = ended.expect("it is answered");
    String::from_utf8_lossy(&answer).into_owned()
}

/// The status of an answer as it came over the wire.
fn status(answer: &str) -> u16 {
    let status = answer.split(' ').nth(1).unwrap_or_default();
    status
        .parse()
        .unwrap_or_else(|_| panic!("no answer: {answer:?}"))
}
