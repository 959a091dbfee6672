//! Child processes, with their progress shown.

use std::io::{BufRead, BufReader};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How often a step that is still running says so.
const TICK: Duration = Duration::from_secs(30);

/// Runs a step of some length; says when it starts, that it goes on, and how long it took.
///
/// # Errors
/// When it cannot be started, or fails.
pub fn run(label: &str, command: &mut Command) -> Result<()> {
    let status = timed(label, || {
        command.status().with_context(|| cannot_start(command))
    })?;
    if !status.success() {
        bail!("{label}: {} failed ({status})", program(command));
    }
    Ok(())
}

/// Like [`run`], but hands every line of its standard output to `line` as well as to the
/// terminal, and leaves it to the caller to judge how it ended.
pub fn watch(label: &str, command: &mut Command, mut line: impl FnMut(&str)) -> Result<ExitStatus> {
    timed(label, || {
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| cannot_start(command))?;
        let output = child.stdout.take().expect("it was piped");
        for text in BufReader::new(output).lines() {
            let text = text.context("its output is not UTF-8")?;
            println!("{text}");
            line(&text);
        }
        child.wait().context("it cannot be waited for")
    })
}

/// What a short command prints, trimmed; `None` when it is missing or fails.
pub fn output(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

/// Whether a short command succeeds, its output thrown away.
pub fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// `7.1 s`, `2 min 05 s`.
pub fn elapsed(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 60 {
        format!("{:.1} s", time.as_secs_f32())
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

fn timed<T>(label: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let start = Instant::now();
    eprintln!("▸ {label}");
    let (done, waiting) = mpsc::channel::<()>();
    let result = thread::scope(|scope| {
        scope.spawn(move || {
            while waiting.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                eprintln!("  … {label}: {}", elapsed(start.elapsed()));
            }
        });
        let result = work();
        drop(done);
        result
    });
    if start.elapsed() > Duration::from_secs(1) {
        eprintln!("  {label}: {}", elapsed(start.elapsed()));
    }
    result
}

fn program(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

fn cannot_start(command: &Command) -> String {
    format!("`{}` cannot be started", program(command))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_naturally() {
        assert_eq!(elapsed(Duration::from_millis(7_120)), "7.1 s");
        assert_eq!(elapsed(Duration::from_secs(125)), "2 min 05 s");
    }

    #[test]
    fn watched_lines_arrive_and_the_status_is_told() {
        let mut lines = Vec::new();
        let status = watch(
            "a test",
            Command::new("sh").args(["-c", "echo one; echo two; exit 3"]),
            |line| {
                lines.push(line.to_owned());
            },
        );
        assert_eq!(lines, ["one", "two"]);
        assert_eq!(status.unwrap().code(), Some(3));
    }

    #[test]
    fn a_failing_step_names_its_program() {
        let error = run("a step", &mut Command::new("false"))
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("a step: false failed"), "{error}");
        assert!(run("a step", &mut Command::new("/no/such/program")).is_err());
    }
}
