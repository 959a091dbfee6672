//! Traces: what happened to one request, step by step and at each node, as
//! [W3C Trace Context](https://www.w3.org/TR/trace-context/) has it.
//!
//! A request's id is its trace's. Where nobody collects traces, or this request is not among those that
//! are traced, there is no [`Trace`], and nothing costs anything. Otherwise it goes along with the
//! command through the broker, with the event over the bus, and with the frame to each stream; whoever
//! does something with them makes a [`Step`] of it. Steps say which ids they are about, never what
//! people write.

mod context;
mod ids;
mod otlp;
mod step;
mod tracer;

pub use context::{Trace, TraceId};
pub use ids::RequestIds;
pub use otlp::NoExport;
pub use step::{About, Step, names};
pub use tracer::{begin, finish, start};
