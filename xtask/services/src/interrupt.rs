//! Waiting for the end of a program that runs until it is told to end.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::iterator::Signals;

/// Signals that ask this program to end, caught from when this is made: so that it can clean up
/// also when it is told early. A second one ends it at once.
pub struct Interrupt(Signals);

impl Interrupt {
    /// # Errors
    /// When the signals cannot be caught.
    pub fn catch() -> Result<Self> {
        let asked = Arc::new(AtomicBool::new(false));
        let all = [SIGINT, SIGTERM, SIGHUP];
        for signal in all {
            // In this order: a signal finds set only what an earlier one has set.
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&asked))?;
            flag::register(signal, Arc::clone(&asked))?;
        }
        let signals = Signals::new(all).context("signals cannot be caught")?;
        Ok(Self(signals))
    }

    /// Returns at Ctrl-C, `SIGTERM`, or when the terminal is closed.
    pub fn wait(mut self) {
        self.0.forever().next();
    }
}
