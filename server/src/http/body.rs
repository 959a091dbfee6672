//! Reading what was sent.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, header};
use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use protocol::Code;

use super::problem::Failure;

/// How much more than allowed is read and thrown away, so that the sender gets to read the answer
/// instead of a broken connection.
const DRAINED: usize = 32 * 1024 * 1024;

/// Refuses a body that would have to be inflated first: a few bytes of it could be any number.
///
/// # Errors
/// `415`.
pub fn must_be_plain(headers: &HeaderMap) -> Result<(), Failure> {
    let plain = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    if headers.get_all(header::CONTENT_ENCODING).iter().all(plain) {
        return Ok(());
    }
    Err(Failure::new(
        Code::UnsupportedMediaType,
        "Send the body as it is, without Content-Encoding.",
    ))
}

/// The whole body, if it has at most `limit` bytes.
///
/// # Errors
/// `413` for more, `400` for a body that breaks off or takes longer than `patience`.
pub async fn read(body: Body, limit: usize, patience: Duration) -> Result<Bytes, Failure> {
    let broken = || Failure::malformed("The body did not arrive whole.");
    match tokio::time::timeout(patience, collect(body, limit)).await {
        Ok(read) => read,
        Err(_) => Err(broken()),
    }
}

async fn collect(body: Body, limit: usize) -> Result<Bytes, Failure> {
    let mut chunks = body.into_data_stream();
    let mut whole = Bytes::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Failure::malformed("The body did not arrive whole."))?;
        if whole.len() + chunk.len() > limit {
            let mut drained = whole.len() + chunk.len();
            while let Some(Ok(chunk)) = chunks.next().await {
                drained += chunk.len();
                if drained > DRAINED {
                    break;
                }
            }
            return Err(Failure::new(
                Code::TooLarge,
                format!("At most {limit} bytes are taken here."),
            ));
        }
        // Most bodies come in one piece, which then needs no copy.
        whole = if whole.is_empty() {
            chunk
        } else {
            let mut joined = BytesMut::from(whole);
            joined.extend_from_slice(&chunk);
            joined.freeze()
        };
    }
    Ok(whole)
}
