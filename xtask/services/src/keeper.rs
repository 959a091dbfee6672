//! One thread starts all child processes and never ends, so that they end with this program even
//! when it is killed.
//!
//! Linux can send a child a signal when its parent dies (`PR_SET_PDEATHSIG`), and the parent is the
//! *thread* that made it: a child made by a thread of a test would die with that thread.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{self, Sender};
use std::thread;

use anyhow::{Context, Result};

use crate::account::Account;

type Order = (Command, Sender<io::Result<Child>>);

/// Where programs are looked for, in Debian.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Goes on only if the parent did not die before the signal of its death was asked for.
const GO_ON: &str = r#"[ "$PPID" = "$1" ] || exit 1; shift; exec "$@""#;

/// A command that will be killed when this program ends, run as an account, with an environment
/// that holds nothing of ours but the temporary folder: variables such as `PGHOST` would lead it
/// elsewhere.
pub fn command(program: impl AsRef<OsStr>, account: Option<&Account>) -> Command {
    let mut command = bound(program, account);
    command.env_clear().env("PATH", PATH).env("LANG", "C.UTF-8");
    command.env("TMPDIR", std::env::temp_dir());
    command
}

/// The same with our whole environment.
pub fn command_in_our_environment(program: impl AsRef<OsStr>) -> Command {
    bound(program, None)
}

fn bound(program: impl AsRef<OsStr>, account: Option<&Account>) -> Command {
    let mut command = Command::new("/usr/bin/setpriv");
    command.args(["--pdeathsig", "KILL"]);
    if let Some(Account { name, .. }) = account {
        command
            .arg(format!("--reuid={name}"))
            .arg(format!("--regid={name}"))
            .arg("--init-groups");
    }
    command.args(["/bin/sh", "-c", GO_ON, "sh"]);
    command.arg(std::process::id().to_string()).arg(program);
    command.stdin(Stdio::null());
    // Ctrl-C in a terminal is for us: services are stopped in their order.
    command.process_group(0);
    command
}

/// Starts a command on the thread that never ends.
///
/// # Errors
/// When it cannot be started. Since a shell starts the program itself, that it is missing shows
/// only in how it ends (127).
pub fn spawn(command: Command) -> Result<Child> {
    static KEEPER: OnceLock<Sender<Order>> = OnceLock::new();
    let keeper = KEEPER.get_or_init(|| {
        let (orders, received) = mpsc::channel::<Order>();
        thread::spawn(move || {
            for (mut command, answer) in received {
                // Whoever asked may have given up.
                let _ = answer.send(command.spawn());
            }
        });
        orders
    });
    let (answer, child) = mpsc::channel();
    keeper.send((command, answer)).ok().context("no keeper")?;
    let child = child.recv().context("the keeper gave no answer")?;
    child.context("/usr/bin/setpriv cannot be started")
}
