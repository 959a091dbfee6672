//! Each service is started for real, asked something, broken, and asked again.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod balancer;
mod cluster;
mod death;
mod postgres;
mod proxy;
mod rabbitmq;
mod redis;

use std::time::Duration;

/// Long enough for a slow machine; what takes longer has failed.
const LONG: Duration = Duration::from_secs(30);

/// Whether these tests can run. Where `REQUIRE_SERVICES` is `1`, as in CI, they must.
fn provided() -> bool {
    match services::available() {
        Ok(()) => true,
        Err(missing) if std::env::var_os("REQUIRE_SERVICES").is_some_and(|value| value == "1") => {
            panic!("{missing}")
        }
        Err(missing) => {
            eprintln!("skipped: {missing}");
            false
        }
    }
}
