//! The queue in front of the writer.

mod in_process;
mod offline;
pub mod rabbitmq;

pub use in_process::{Closed, Delivery, Receiver, Sender, in_process};
pub use offline::Job;
