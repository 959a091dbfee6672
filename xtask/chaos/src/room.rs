//! A small file system of its own for a service's data, which can be filled.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use services::Folder;

/// Says that this program runs where its mounts are its own.
const OURS: &str = "ZSPCHAT_CHAOS_MOUNTS";
/// What is written at a time to fill one.
static CHUNK: [u8; 64 * 1024] = [0; 64 * 1024];

/// Starts this program once more where what it mounts is seen by nobody else and goes when it ends,
/// however it ends. Returns where that is done, or cannot be: it takes root.
pub fn with_own_mounts() {
    if std::env::var_os(OURS).is_some() {
        return;
    }
    let Ok(program) = std::env::current_exe() else {
        return;
    };
    let can = Command::new("unshare").args(["--mount", "true"]).status();
    if can.is_ok_and(|status| status.success()) {
        let mut again = Command::new("unshare");
        again
            .arg("--mount")
            .arg(program)
            .args(std::env::args_os().skip(1));
        // It comes back only where it fails.
        let _ = again.env(OURS, "1").exec();
    }
}

/// Whether small file systems can be made here.
pub fn possible() -> bool {
    std::env::var_os(OURS).is_some()
}

/// How often it is looked whether something has become free.
const AGAIN: Duration = Duration::from_millis(50);

/// A file system in memory, of a given size.
pub struct Room {
    folder: Folder,
    path: PathBuf,
}

impl Room {
    /// # Errors
    /// Where nothing can be mounted.
    pub fn new(what_for: &str, megabytes: u32) -> Result<Self> {
        let folder = Folder::new(what_for)?;
        let path = folder.path().join("room");
        fs::create_dir(&path)?;
        let mounted = Command::new("mount")
            .args([
                "-t",
                "tmpfs",
                "-o",
                &format!("size={megabytes}m,mode=755"),
                "tmpfs",
            ])
            .arg(&path)
            .status()?;
        ensure!(
            mounted.success(),
            "nothing can be mounted at {}",
            path.display()
        );
        Ok(Self { folder, path })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Fills it, but for so many bytes, and takes what becomes free until the result is dropped.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn fill(&self, but: u64) -> Result<Ballast> {
        let path = self.path.join("ballast");
        let mut file = File::create(&path).context("no ballast")?;
        take_all(&mut file);
        let length = file.metadata()?.len();
        file.set_len(length.saturating_sub(but))?;
        let (end, ended) = mpsc::channel::<()>();
        let keeper = (but == 0).then(|| {
            thread::spawn(move || {
                while ended.recv_timeout(AGAIN) == Err(RecvTimeoutError::Timeout) {
                    take_all(&mut file);
                }
            })
        });
        Ok(Ballast {
            path,
            end: Some(end),
            keeper,
        })
    }
}

fn take_all(file: &mut File) {
    // Down to the last block: what is over is the end of the loop.
    while file.write_all(&CHUNK).is_ok() {}
}

/// What fills a room.
pub struct Ballast {
    path: PathBuf,
    end: Option<Sender<()>>,
    keeper: Option<JoinHandle<()>>,
}

impl Drop for Ballast {
    fn drop(&mut self) {
        self.end.take();
        if let Some(keeper) = self.keeper.take() {
            // It cannot panic.
            let _ = keeper.join();
        }
        // Nobody else removes it.
        let _ = fs::remove_file(&self.path);
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // Where this fails, it goes with the program.
        let _ = Command::new("umount").arg(&self.path).status();
        let _ = &self.folder;
    }
}
