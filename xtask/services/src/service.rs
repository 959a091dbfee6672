//! What all services have in common.

use anyhow::Result;

use crate::process::Process;

/// A service that can fail in the ways real ones do, and come back. All of it works on a shared
/// reference, so that one thread may break what another uses.
pub trait Service: Send + Sync {
    /// The process behind it.
    fn process(&self) -> &Process;

    /// Waits until it really answers.
    ///
    /// # Errors
    /// When it ends instead, or takes too long: with the end of its log.
    fn wait_until_ready(&self) -> Result<()>;

    /// Kills it and all its children with `SIGKILL`, and waits until they are gone.
    fn kill(&self) -> Result<()> {
        self.process().kill()
    }

    /// Freezes all its processes with `SIGSTOP`: connections stay open, and nothing answers.
    fn pause(&self) -> Result<()> {
        self.process().pause()
    }

    /// Lets it go on after [`Service::pause`].
    fn resume(&self) {
        self.process().resume();
    }

    /// Ends it in good order, and waits for that.
    fn stop(&self) -> Result<()> {
        self.process().stop()
    }

    /// Starts it on the same port with the same data, and does not wait until it answers.
    fn launch(&self) -> Result<()> {
        self.process().launch()
    }

    /// Starts it on the same port with the same data, and waits until it answers.
    fn start_again(&self) -> Result<()> {
        self.launch()?;
        self.wait_until_ready()
    }

    /// Whether its process is there, paused or not.
    fn is_running(&self) -> bool {
        self.process().is_running()
    }

    /// All it has printed so far.
    fn log(&self) -> String {
        self.process().log()
    }
}
