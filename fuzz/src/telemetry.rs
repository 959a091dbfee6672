#[path = "../../server/src/telemetry/traces/context.rs"]
mod context;

pub mod traces {
    pub use super::context::{Trace, TraceId};
}
