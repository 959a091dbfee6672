//! Log lines, on stderr. They never hold message text, tokens or passwords: nothing that does is
//! ever a field of a span or an event.

use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// The broker's client logs messages with what is in them.
const NO_BODIES: &str = "lapin=off";

/// Sends log lines to stderr from here on. Does nothing the second time.
pub fn start(log: &Log) {
    let filter = EnvFilter::try_new(&log.level)
        .unwrap_or_else(|_| EnvFilter::new("info"))
        .add_directive(NO_BODIES.parse().expect("a directive"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let started = match log.format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
    drop(started);
}
