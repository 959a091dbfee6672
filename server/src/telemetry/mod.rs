//! What the server tells those who run it: log lines and metrics.

pub mod logs;
pub mod metrics;
