//! A Postgres that takes only so many rows a second.
//!
//! A trigger on the table of events makes each statement wait for as long as its rows take at that
//! rate, one statement after the other over all connections. So it does not matter how many rows a
//! transaction has, or how many nodes there are, and everything else is as fast as ever: what is
//! known is what it commits. A slow network in between, or a slow disk, would slow a transaction
//! and not a row, and large batches would make up for it.

use anyhow::Result;
use services::Postgres;

/// A throttle that is set.
pub struct Throttle<'a> {
    postgres: &'a Postgres,
    database: &'static str,
}

impl<'a> Throttle<'a> {
    /// Lets Postgres take that many events a second.
    ///
    /// # Errors
    /// When the trigger cannot be made.
    pub fn set(postgres: &'a Postgres, database: &'static str, rows: f64) -> Result<Self> {
        postgres.run_sql(
            database,
            &format!(
                "CREATE TABLE throttle (seconds_a_row FLOAT8 NOT NULL);
                 INSERT INTO throttle VALUES ({});
                 CREATE FUNCTION throttle() RETURNS trigger LANGUAGE plpgsql AS $$
                 BEGIN
                     PERFORM pg_advisory_xact_lock(hashtext('throttle'));
                     PERFORM pg_sleep(seconds_a_row * (SELECT count(*) FROM added)) FROM throttle;
                     RETURN NULL;
                 END $$;
                 CREATE TRIGGER throttle AFTER INSERT ON events REFERENCING NEW TABLE AS added
                     FOR EACH STATEMENT EXECUTE FUNCTION throttle()",
                rows.recip()
            ),
        )?;
        Ok(Self { postgres, database })
    }

    /// Lets it take what it can. The trigger stays: to drop it would wait for all who write.
    ///
    /// # Errors
    /// When Postgres does not answer.
    pub fn lift(&self) -> Result<()> {
        let sql = "UPDATE throttle SET seconds_a_row = 0";
        self.postgres.run_sql(self.database, sql)?;
        Ok(())
    }
}
