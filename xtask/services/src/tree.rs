//! Process trees, read from `/proc`: some services put their children into process groups of their
//! own, so a signal to a group does not reach them all.

use std::collections::HashSet;
use std::fs;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

struct Entry {
    pid: Pid,
    parent: i32,
    state: char,
}

/// A process and all its descendants, parents before their children.
pub fn of(root: Pid) -> Vec<Pid> {
    let entries: Vec<Entry> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| read(entry.file_name().to_str()?.parse().ok()?))
        .collect();
    let mut tree = vec![root];
    let mut next = 0;
    while let Some(parent) = tree.get(next).copied() {
        let children = entries
            .iter()
            .filter(|entry| entry.parent == parent.as_raw_nonzero().get());
        tree.extend(children.map(|entry| entry.pid));
        next += 1;
    }
    tree
}

/// Stops a whole tree with `SIGSTOP`: parents first, until none of them can have made another.
pub fn stop(root: Pid) -> Vec<Pid> {
    let mut stopped = HashSet::new();
    loop {
        let tree = of(root);
        let before = stopped.len();
        for pid in &tree {
            if stopped.insert(*pid) {
                signal(*pid, Signal::STOP);
            }
        }
        if stopped.len() == before && tree.iter().all(|pid| is_still(*pid)) {
            return tree;
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// Sends a signal; a process that is already gone needs none.
pub fn signal(pid: Pid, signal: Signal) {
    let _ = kill_process(pid, signal);
}

/// Whether a process runs no more. A zombie does not: it waits only for its parent to look.
pub fn is_gone(pid: Pid) -> bool {
    read(pid.as_raw_nonzero().get()).is_none_or(|entry| matches!(entry.state, 'Z' | 'X'))
}

/// Whether a process is stopped, or gone.
pub fn is_still(pid: Pid) -> bool {
    read(pid.as_raw_nonzero().get())
        .is_none_or(|entry| matches!(entry.state, 'T' | 't' | 'Z' | 'X'))
}

/// `/proc/N/stat` is `pid (name) state parent …`, where the name may hold spaces and brackets.
fn read(number: i32) -> Option<Entry> {
    let text = fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
    let mut fields = text.rsplit_once(')')?.1.split_whitespace();
    Some(Entry {
        pid: Pid::from_raw(number)?,
        state: fields.next()?.chars().next()?,
        parent: fields.next()?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wait::until;
    use std::process::Command;

    #[test]
    fn grandchildren_in_sessions_of_their_own_are_found_stopped_and_killed() {
        let mut child = Command::new("sh")
            .args(["-c", "setsid sh -c 'sleep 100 & wait' & sleep 100"])
            .spawn()
            .unwrap();
        let root = Pid::from_child(&child);
        until("four processes", Duration::from_secs(10), || {
            of(root).len() == 4
        })
        .unwrap();
        let tree = stop(root);
        assert_eq!(tree.len(), 4);
        assert_eq!(tree[0], root);
        assert!(tree.iter().all(|pid| is_still(*pid) && !is_gone(*pid)));
        for pid in &tree {
            signal(*pid, Signal::KILL);
        }
        child.wait().unwrap();
        until("all are gone", Duration::from_secs(10), || {
            tree.iter().all(|pid| is_gone(*pid))
        })
        .unwrap();
    }
}
