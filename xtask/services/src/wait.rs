//! Waiting for a condition, never for a time.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// How soon a condition is looked at again, first and after a while: what takes long need not be
/// seen at once, and looking costs time that a busy machine wants elsewhere.
const STEPS: [Duration; 2] = [Duration::from_millis(5), Duration::from_millis(100)];

/// Waits until the condition holds, looking at it every 5 to 100 ms.
///
/// # Errors
/// When it does not hold within `limit`: says what was waited for.
pub fn until(what: &str, limit: Duration, mut condition: impl FnMut() -> bool) -> Result<()> {
    let end = Instant::now() + limit;
    let mut step = STEPS[0];
    loop {
        // Looked at once more after the end, so that a slow look is not taken for a failure.
        let late = Instant::now() >= end;
        if condition() {
            return Ok(());
        }
        if late {
            bail!("waited {limit:?} in vain: {what}");
        }
        thread::sleep(step);
        step = (step + step / 5).min(STEPS[1]);
    }
}
