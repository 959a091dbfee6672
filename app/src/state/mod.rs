//! What the pages show and the actions they offer.

pub mod port;
