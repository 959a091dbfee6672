//! RabbitMQ as the queue, against a real broker.

pub mod broker;
mod dead_letters;
mod faults;
mod mistakes;
mod order;
mod recorder;
mod refusals;
mod shares;
