//! What a process takes of the machine, as the kernel counts it.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

/// The unit of times in `/proc`, a hundredth of a second on every Linux.
const TICK: Duration = Duration::from_millis(10);

/// The processor time that a process has taken, of all its threads, in steps of 10 ms.
///
/// # Errors
/// When there is no such process.
pub fn processor_time(process: u32) -> Result<Duration> {
    let text = fs::read_to_string(format!("/proc/{process}/stat"))?;
    ticks(&text)
        .map(|ticks| TICK * ticks)
        .context("/proc/N/stat cannot be read")
}

/// How much memory a process holds, in bytes.
///
/// # Errors
/// When there is no such process.
pub fn memory(process: u32) -> Result<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/status"))?;
    resident(&text).context("/proc/N/status cannot be read")
}

/// `pid (name) state …`, where the name may hold spaces; user and system time come 12th and 13th
/// after it.
fn ticks(stat: &str) -> Option<u32> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some(user + system)
}

fn resident(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_system_time_are_added() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 100 0 0 0 42 13 0 0 20 0 8 0 99 1 2";
        assert_eq!(ticks(stat), Some(55));
    }

    #[test]
    fn our_own_process_can_be_read() {
        let own = std::process::id();
        assert!(memory(own).unwrap() > 100_000);
        let before = processor_time(own).unwrap();
        let mut sum = 0_u64;
        while processor_time(own).unwrap() == before {
            sum = (0..100_000).fold(sum, |sum, number| std::hint::black_box(sum ^ number));
        }
        assert!(processor_time(own).unwrap() > before);
    }
}
