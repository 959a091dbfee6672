//! The stream of events.

use protocol::Millis;
use protocol::stream::StreamEvent;
use protocol::sync::{Failure, Input};

use super::Client;
use super::sse::Parser;

/// Opens the stream and tells all that comes, until it ends; says why, where it was not simply cut.
pub async fn listen(
    client: &Client,
    since: Option<Millis>,
    tell: &(impl Fn(Input) + Sync),
) -> Option<Failure> {
    let mut path = format!("stream?as={}", client.user);
    if let Some(since) = since {
        path = format!("{path}&since={since}");
    }
    let mut response = match client.http.open(&path).await {
        Ok(response) => response,
        Err(refusal) => return Some(refusal.failure()),
    };
    let mut parser = Parser::default();
    loop {
        let bytes = match response.chunk().await {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return None,
            Err(_) => return Some(Failure::Later(None)),
        };
        for frame in parser.feed(&bytes) {
            let id = frame.id.and_then(|id| id.parse().ok());
            // What cannot be read is not passed over: what follows would leave a gap unseen.
            let Ok(event) = StreamEvent::parse(&frame.event, &frame.data) else {
                return Some(Failure::Later(None));
            };
            if let StreamEvent::Event(event) = &event {
                client.disk().receive(event, "stream");
            }
            tell(Input::Stream(Box::new(event), id));
        }
    }
}
