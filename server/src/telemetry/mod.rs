//! What the server tells those who run it: log lines, metrics and traces.

pub mod logs;
pub mod metrics;
pub mod traces;
