//! Temporary folders that are removed, if not by those who made them then by those who come next.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};

use crate::account::Account;

/// How the names of these folders begin.
const PREFIX: &str = "zspchat-services-";
/// The file in each that is locked while its maker lives.
const LOCK: &str = "in-use";

/// A folder in the system's temporary folder, removed when dropped.
pub struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes a folder for one service. The first call removes what dead processes left behind.
    ///
    /// # Errors
    /// When the temporary folder cannot be written.
    pub fn new(what_for: &str) -> Result<Self> {
        static SWEEP: Once = Once::new();
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let parent = std::env::temp_dir();
        SWEEP.call_once(|| sweep(&parent));
        let name = format!(
            "{PREFIX}{what_for}-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let path = parent.join(&name);
        // Locked before it has its name: whoever sees the name finds the lock held.
        let draft = parent.join(format!(".{name}"));
        let made = (|| {
            fs::create_dir(&draft)?;
            let lock = File::create(draft.join(LOCK))?;
            lock.lock()?;
            // Other users, as whom some services run, may pass through.
            fs::set_permissions(&draft, Permissions::from_mode(0o711))?;
            fs::rename(&draft, &path)?;
            Ok::<_, std::io::Error>(lock)
        })();
        let lock = made.with_context(|| format!("{} cannot be made", path.display()))?;
        Ok(Self { path, _lock: lock })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes a folder in it that belongs to an account, and that others cannot read.
    pub fn room(&self, name: &str, owner: Option<&Account>) -> Result<PathBuf> {
        let path = self.path.join(name);
        make_room(&path, owner)?;
        Ok(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Nobody is told: the next who starts a service tries again.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// The data of a service, removed when dropped: in its folder, or where the caller chose.
pub struct Data(PathBuf);

impl Data {
    /// Makes the folder `name` in `parent`.
    pub fn make(parent: &Path, name: &str, owner: Option<&Account>) -> Result<Self> {
        let path = parent.join(name);
        make_room(&path, owner)?;
        Ok(Self(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Makes a folder that belongs to an account, and that others cannot read.
pub fn make_room(path: &Path, owner: Option<&Account>) -> Result<()> {
    fs::create_dir(path).with_context(|| format!("{} cannot be made", path.display()))?;
    give(path, owner, 0o700)
}

/// Gives a file or folder to an account.
pub fn give(path: &Path, owner: Option<&Account>, mode: u32) -> Result<()> {
    let given =
        fs::set_permissions(path, Permissions::from_mode(mode)).and_then(|()| match owner {
            Some(account) => chown(path, Some(account.user), Some(account.group)),
            None => Ok(()),
        });
    given.with_context(|| format!("{} cannot be given to its service", path.display()))
}

/// Removes the folders whose makers are dead, as far as that is permitted.
fn sweep(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else {
        return;
    };
    for entry in entries.flatten() {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let free = File::open(entry.path().join(LOCK)).map(|lock| lock.try_lock().is_ok());
        if free.unwrap_or(false) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_takes_what_nobody_holds_and_leaves_the_rest() {
        let parent = Folder::new("sweep").unwrap();
        let held = parent.path().join(format!("{PREFIX}held"));
        let left = parent.path().join(format!("{PREFIX}left"));
        let other = parent.path().join("other");
        for folder in [&held, &left, &other] {
            fs::create_dir(folder).unwrap();
            fs::write(folder.join(LOCK), "").unwrap();
            fs::create_dir(folder.join("data")).unwrap();
        }
        let lock = File::open(held.join(LOCK)).unwrap();
        lock.lock().unwrap();
        sweep(parent.path());
        assert!(held.exists() && other.exists() && !left.exists());
        drop(lock);
        sweep(parent.path());
        assert!(!held.exists() && other.exists());
    }

    #[test]
    fn a_dropped_folder_is_gone() {
        let folder = Folder::new("dropped").unwrap();
        let path = folder.path().to_owned();
        folder.room("data", None).unwrap();
        assert!(path.join("data").is_dir());
        drop(folder);
        assert!(!path.exists());
    }
}
