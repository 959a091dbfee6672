//! The push service of the tests as a program, for those that are not written in Rust.
//!
//! It prints its origin, such as `http://127.0.0.1:15000`, as its first line: what `push.services` of
//! the server is to hold. It ends with whoever started it, when its standard input ends.
//!
//! - `POST /subscriptions`, with the server's public key (`key` of `GET /api/v1/me/push`) as the body:
//!   a new subscription, `{id, endpoint, expirationTime, keys: {p256dh, auth}}`, as
//!   `PushSubscription.toJSON()` gives it but for the `id`.
//! - `GET /pushed`: what has come for all of them, decrypted, in order:
//!   `[{subscription, payload, ttl, urgency, topic}]`, where `subscription` is an `id`, and `payload`
//!   the JSON that a service worker would be given.
//! - `GET /refused`: why requests were refused that were not by the standards.
//! - `PUT /answer`, with `201`, `410`, `429`, `500` or `hang` as the body: what it answers from now on.

use std::io::{Read as _, Write as _};

use services::PushService;

fn main() -> anyhow::Result<()> {
    let service = PushService::start()?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", service.origin())?;
    out.flush()?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
