//! The engine.

use super::port::{Effect, Input};
use crate::ids::Millis;

/// See the module's documentation.
#[derive(Debug, Default)]
pub struct Engine {}

impl Engine {
    /// Takes in one input, at the browser's time `now`, and says what is to be done.
    pub fn step(&mut self, now: Millis, input: Input) -> Vec<Effect> {
        let _ = (now, input);
        Vec::new()
    }
}
