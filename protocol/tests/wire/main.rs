//! The wire contract: what is written is read again, what a later version adds does no harm, and
//! bytes that are hashed never change.
#![expect(clippy::unwrap_used, reason = "a test may panic, also in its helpers")]

mod bodies;
mod commands;
mod digests;
mod later_versions;
mod requests;
mod round_trips;
mod samples;
