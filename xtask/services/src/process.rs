//! One running service: a process with its children, and its log.

use std::fs::{self, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal};

use crate::pause::Pause;
use crate::{keeper, tree, wait};

/// How much of a log an error shows, in bytes.
const LOG_END: usize = 2_000;
/// How long the kernel may take to end killed processes; they may be writing to a slow disk.
const DEATH: Duration = Duration::from_secs(20);

/// How to start a service and how to stop it.
pub struct Recipe {
    /// What errors call it.
    pub name: String,
    /// Made anew for each start, by [`keeper::command`].
    pub command: Box<dyn Fn() -> Command + Send + Sync>,
    /// Gets what the service prints.
    pub log: PathBuf,
    /// Asks it to end in good order.
    pub stop: Signal,
    /// How long that may take.
    pub patience: Duration,
}

/// A service that can be started, killed, paused and started again. Dropping it kills it.
pub struct Process {
    recipe: Recipe,
    run: Mutex<Run>,
}

#[derive(Default)]
struct Run {
    child: Option<Child>,
    paused: Option<Pause>,
    /// Where in the log the present run begins, in bytes.
    log_start: u64,
}

impl Process {
    pub fn new(recipe: Recipe) -> Self {
        Self {
            recipe,
            run: Mutex::default(),
        }
    }

    pub fn name(&self) -> &str {
        &self.recipe.name
    }

    /// Starts it and does not wait until it answers.
    ///
    /// # Errors
    /// When it runs already, or cannot be started.
    pub fn launch(&self) -> Result<()> {
        let mut run = self.run();
        if run.is_running() {
            bail!("{} is running already", self.name());
        }
        let path = &self.recipe.log;
        let log = OpenOptions::new().append(true).create(true).open(path);
        let log = log.with_context(|| format!("{} cannot be written", path.display()))?;
        run.log_start = log.metadata()?.len();
        let mut command = (self.recipe.command)();
        command.stdout(log.try_clone()?).stderr(log);
        run.child = Some(keeper::spawn(command)?);
        Ok(())
    }

    /// Waits until it answers.
    ///
    /// # Errors
    /// When it ends instead, or takes too long: with the end of its log.
    pub fn wait_until(&self, limit: Duration, mut answers: impl FnMut() -> bool) -> Result<()> {
        let mut answered = false;
        let waited = wait::until("its answer", limit, || {
            answered = answers();
            answered || !self.is_running()
        });
        if answered {
            return Ok(());
        }
        waited.with_context(|| self.complaint("does not answer"))?;
        bail!(self.complaint("ended"))
    }

    pub fn is_running(&self) -> bool {
        self.run().is_running()
    }

    pub fn is_paused(&self) -> bool {
        self.run().paused.is_some()
    }

    /// Kills the process and all its children with `SIGKILL`, as a loss of power would, and waits
    /// until they are gone. Nothing happens if it is not running.
    ///
    /// # Errors
    /// When the kernel does not end one of them.
    pub fn kill(&self) -> Result<()> {
        let mut run = self.run();
        let Some(child) = &mut run.child else {
            return Ok(());
        };
        let killed = tree::stop(Pid::from_child(child));
        for pid in &killed {
            tree::signal(*pid, Signal::KILL);
        }
        child.wait()?;
        run.child = None;
        run.paused = None;
        drop(run);
        wait::until("the end of killed processes", DEATH, || {
            killed.iter().all(|pid| tree::is_gone(*pid))
        })
        .with_context(|| self.name().to_owned())
    }

    /// Stops the process and all its children with `SIGSTOP`: it keeps its connections and answers
    /// nothing, as a machine that hangs. It does not outlive this program in that state.
    ///
    /// # Errors
    /// When it is not running, or is paused already.
    pub fn pause(&self) -> Result<()> {
        let mut run = self.run();
        if !run.is_running() || run.paused.is_some() {
            bail!("{} is not running, so it cannot be paused", self.name());
        }
        let child = run.child.as_ref().context("it is running")?;
        run.paused = Some(Pause::of(Pid::from_child(child))?);
        Ok(())
    }

    /// Lets a paused process go on; nothing happens if it is not paused.
    pub fn resume(&self) {
        if let Some(pause) = self.run().paused.take() {
            pause.end();
        }
    }

    /// Asks it to end in good order, and waits for it. Nothing happens if it is not running.
    ///
    /// # Errors
    /// When it does not end in time: it is still running then.
    pub fn stop(&self) -> Result<()> {
        self.resume();
        let stopping = {
            let mut run = self.run();
            if !run.is_running() {
                return Ok(());
            }
            let child = run.child.as_ref().context("it is running")?;
            let root = Pid::from_child(child);
            let tree = tree::of(root);
            tree::signal(root, self.recipe.stop);
            tree
        };
        wait::until("its end", self.recipe.patience, || !self.is_running())
            .with_context(|| self.complaint("does not stop"))?;
        wait::until("the end of its children", self.recipe.patience, || {
            stopping.iter().all(|pid| tree::is_gone(*pid))
        })
        .with_context(|| self.name().to_owned())
    }

    /// All it has printed, in all its runs.
    pub fn log(&self) -> String {
        let bytes = fs::read(&self.recipe.log).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// What it has printed since it was last started.
    pub fn log_of_this_run(&self) -> String {
        let start = self.run().log_start;
        let mut bytes = Vec::new();
        if let Ok(mut file) = fs::File::open(&self.recipe.log)
            && file.seek(SeekFrom::Start(start)).is_ok()
        {
            // What can be read is what is shown.
            let _ = file.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn complaint(&self, what: &str) -> String {
        let log = self.log_of_this_run();
        let mut start = log.len().saturating_sub(LOG_END);
        while !log.is_char_boundary(start) {
            start += 1;
        }
        format!("{} {what}; its log ends:\n{}", self.name(), &log[start..])
    }

    fn run(&self) -> MutexGuard<'_, Run> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Err(error) = self.kill() {
            eprintln!("warning: {error:#}");
        }
    }
}

impl Run {
    /// Forgets a process that has ended: its number may soon be another's.
    fn is_running(&mut self) -> bool {
        let ended = |child: &mut Child| !matches!(child.try_wait(), Ok(None));
        if self.child.as_mut().is_some_and(ended) {
            self.child = None;
            self.paused = None;
        }
        self.child.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::Folder;

    fn script(folder: &Folder, script: &'static str) -> Process {
        Process::new(Recipe {
            name: "a script".to_owned(),
            command: Box::new(move || {
                let mut command = keeper::command("sh", None);
                command.args(["-c", script]);
                command
            }),
            log: folder.path().join("log"),
            stop: Signal::TERM,
            patience: Duration::from_secs(10),
        })
    }

    const LONG: Duration = Duration::from_secs(10);

    #[test]
    fn a_service_that_ends_at_once_is_reported_with_its_log() {
        let folder = Folder::new("process").unwrap();
        let process = script(&folder, "echo the reason; exit 4");
        process.launch().unwrap();
        let error = process.wait_until(LONG, || false).unwrap_err().to_string();
        assert!(error.contains("a script ended"), "{error}");
        assert!(error.contains("the reason"), "{error}");
    }

    #[test]
    fn each_run_has_its_own_part_of_the_log() {
        let folder = Folder::new("process").unwrap();
        let process = script(&folder, "echo hello; exec sleep 100");
        let greeted = || process.log_of_this_run() == "hello\n";
        for _ in 0..2 {
            process.launch().unwrap();
            assert!(process.launch().is_err());
            process.wait_until(LONG, greeted).unwrap();
            process.kill().unwrap();
            assert!(!process.is_running());
        }
        assert_eq!(process.log(), "hello\nhello\n");
    }

    #[test]
    fn a_paused_service_can_be_stopped_in_good_order() {
        let folder = Folder::new("process").unwrap();
        let process = script(
            &folder,
            "trap 'kill $!; echo bye; exit' TERM; sleep 100 & echo up; wait",
        );
        process.launch().unwrap();
        process
            .wait_until(LONG, || process.log() == "up\n")
            .unwrap();
        process.pause().unwrap();
        assert!(process.pause().is_err());
        assert!(process.is_running() && process.is_paused());
        process.stop().unwrap();
        assert_eq!(process.log(), "up\nbye\n");
        process.stop().unwrap();
    }
}
