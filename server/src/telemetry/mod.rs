//! What the server tells those who run it: log lines, an audit of what matters to safety, metrics and
//! traces.

pub mod audit;
pub mod kafka;
pub mod lines;
pub mod logs;
pub mod metrics;
pub mod traces;
