//! Short commands, such as `psql`, with a limit on how long they may take.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal};

use crate::{keeper, tree, wait};

/// Runs a command, made by [`keeper::command`], with this text as its standard input, and gives
/// what it prints, trimmed.
///
/// # Errors
/// When it fails (with what it says about it) or does not end in time; then it is killed.
pub fn call(name: &str, mut command: Command, input: &str, limit: Duration) -> Result<String> {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = keeper::spawn(command)?;
    let mut stdin = child.stdin.take().context("it was piped")?;
    let mut stdout = child.stdout.take().context("it was piped")?;
    let mut stderr = child.stderr.take().context("it was piped")?;
    let input = input.to_owned();
    // A command need not read all that it is given.
    thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = thread::spawn(move || read(&mut stdout));
    let complaints = thread::spawn(move || read(&mut stderr));

    let ended = wait::until(name, limit, || !matches!(child.try_wait(), Ok(None)));
    if ended.is_err() {
        end(&mut child);
    }
    let status = child.wait()?;
    let output = output.join().unwrap_or_default();
    let complaints = complaints.join().unwrap_or_default();
    ended.with_context(|| complaints.clone())?;
    if !status.success() {
        bail!("{name} failed ({status}): {output} {complaints}");
    }
    Ok(output)
}

fn read(from: &mut impl Read) -> String {
    let mut bytes = Vec::new();
    // What came before an error still says something.
    let _ = from.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).trim().to_owned()
}

fn end(child: &mut Child) {
    for pid in tree::stop(Pid::from_child(child)) {
        tree::signal(pid, Signal::KILL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, input: &str, limit: Duration) -> Result<String> {
        let mut command = keeper::command("sh", None);
        command.args(["-c", script]);
        call("a script", command, input, limit)
    }

    #[test]
    fn input_and_output_pass_and_a_failure_says_why() {
        let long = Duration::from_secs(10);
        assert_eq!(shell("cat; echo", " in ", long).unwrap(), "in");
        let error = shell("echo why >&2; exit 3", "", long).unwrap_err();
        assert!(error.to_string().contains("why"), "{error}");
        assert!(shell("no-such-program", "", long).is_err());
    }

    #[test]
    fn what_takes_too_long_is_killed_with_its_children() {
        let error = shell("sleep 100 & wait", "", Duration::from_millis(100)).unwrap_err();
        assert!(format!("{error:#}").contains("in vain"), "{error:#}");
    }
}
