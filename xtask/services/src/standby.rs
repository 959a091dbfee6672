//! A second Postgres that has all that the first has committed, and can take its place.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::call::call;
use crate::postgres::{Postgres, program};
use crate::wait::until;

/// How the standby calls itself, and the primary waits for it by that name.
const NAME: &str = "zspchat_standby";
/// A copy of a small database costs a second.
const COPY: Duration = Duration::from_mins(1);

impl Postgres {
    /// Starts a copy of this one that follows it by streaming. From now on a commit here waits until
    /// it is on the standby too, and waits for ever while there is none.
    ///
    /// # Errors
    /// When the copy cannot be made, or does not follow in time.
    pub fn standby(&self) -> Result<Self> {
        let mut options = self.options().clone();
        // A file system of its own is for the one it was asked for.
        options.folder = None;
        let mut source = self.url("postgres");
        source.push(if source.contains('?') { '&' } else { '?' });
        source.push_str("application_name=");
        source.push_str(NAME);
        let standby = Self::start_with(&options, |data, account, _| {
            let mut copy = program("pg_basebackup", account)?;
            copy.args(["-R", "-X", "stream", "-c", "fast", "--no-sync"]);
            copy.arg("-d").arg(source).arg("-D").arg(data);
            call("pg_basebackup", copy, "", COPY)?;
            Ok(())
        })?;
        self.run_sql(
            "postgres",
            &format!(
                "ALTER SYSTEM SET synchronous_standby_names = '{NAME}'; SELECT pg_reload_conf()"
            ),
        )?;
        let followed = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
        until("the standby follows", COPY, || {
            self.run_sql("postgres", followed)
                .is_ok_and(|count| count != "0")
        })?;
        Ok(standby)
    }

    /// Makes a primary of a standby. It no longer follows, and waits for no standby of its own.
    ///
    /// # Errors
    /// When it is none.
    pub fn promote(&self) -> Result<()> {
        let promoted = self.run_sql("postgres", "SELECT pg_promote()")?;
        ensure!(promoted == "t", "the standby was not promoted in time");
        self.run_sql(
            "postgres",
            "ALTER SYSTEM RESET synchronous_standby_names; SELECT pg_reload_conf()",
        )?;
        Ok(())
    }
}
