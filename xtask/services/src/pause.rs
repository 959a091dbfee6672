//! Stopped processes, and what ends them if we die meanwhile.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal};

use crate::tree;

/// Kills the given processes unless it reads a line: at our death it reads none.
const GUARD: &str = r#"read -r resumed || kill -KILL "$@""#;

/// A stopped process tree. Children of a service notice by themselves that it died, but not while
/// they are stopped; so a guard waits beside them, which outlives us.
pub struct Pause {
    stopped: Vec<Pid>,
    guard: Child,
}

impl Pause {
    pub fn of(root: Pid) -> Result<Self> {
        let stopped = tree::stop(root);
        let mut guard = Command::new("/bin/sh");
        guard.args(["-c", GUARD, "sh"]);
        guard.args(stopped.iter().map(|pid| pid.as_raw_nonzero().to_string()));
        guard.stdin(Stdio::piped()).stdout(Stdio::null());
        // Dropping a pause may kill those that are dead already, which `kill` complains of.
        guard.stderr(Stdio::null()).process_group(0);
        match guard.spawn() {
            Ok(guard) => Ok(Self { stopped, guard }),
            Err(error) => {
                go_on(&stopped);
                Err(error).context("/bin/sh cannot be started")
            }
        }
    }

    /// Lets them go on. Only then is the guard dismissed.
    pub fn end(mut self) {
        go_on(&self.stopped);
        self.dismiss();
    }

    fn dismiss(&mut self) {
        if let Some(mut line) = self.guard.stdin.take() {
            // Without the line it kills, so a guard that is gone has no reader, and that is well.
            let _ = line.write_all(b"resumed\n");
        }
        let _ = self.guard.wait();
    }
}

impl Drop for Pause {
    /// Also where those that were stopped have been killed: their numbers may soon be others'.
    fn drop(&mut self) {
        self.dismiss();
    }
}

/// Children first, so that none finds its parent running and itself asleep.
fn go_on(stopped: &[Pid]) {
    for pid in stopped.iter().rev() {
        tree::signal(*pid, Signal::CONT);
    }
}
