//! Log-ins by a QR code that are under way. Only hashes are kept of what proves one.

use protocol::Millis;

use super::pool::run_on;
use super::{Store, StoreError, on_pool};

/// A log-in that begins by showing a QR code.
#[derive(Debug, Clone)]
pub struct NewQrLogIn {
    /// SHA-256 of what the browser's cookie holds.
    pub browser_hash: [u8; 32],
    /// SHA-256 of the code.
    pub code_hash: [u8; 32],
    /// What is kept of the number that is shown beside it.
    pub number_hash: [u8; 32],
    /// Whether others use that browser too.
    pub shared: bool,
    /// The browser, by its own account.
    pub agent: String,
    /// From where.
    pub address: String,
    /// When it begins.
    pub at: Millis,
    /// When it is over.
    pub expires_at: Millis,
}

/// How many such log-ins may be under way at the same time.
#[derive(Debug, Clone, Copy)]
pub struct MostQrLogIns {
    /// In all.
    pub in_all: i64,
    /// From one address.
    pub from_address: i64,
}

/// How such a log-in stands, for the browser that shows its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct StoredQrLogIn {
    /// Whether others use that browser too.
    pub shared: bool,
    /// When it is over.
    pub expires_at: Millis,
    /// Whether somebody let it in.
    pub confirmed: bool,
    /// Whether somebody refused it.
    pub refused: bool,
}

/// Who asks to be let in, for whoever has scanned the code.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AskingDevice {
    /// The browser, by its own account.
    pub agent: String,
    /// From where.
    pub address: String,
    /// Since when.
    #[sqlx(rename = "created_at")]
    pub at: Millis,
    /// Whether others use that browser too.
    pub shared: bool,
}

impl Store {
    /// Keeps a log-in until somebody confirms it; not if too many are under way, which is told by
    /// `false`.
    ///
    /// # Errors
    /// The database's.
    pub async fn begin_qr_log_in(
        &self,
        log_in: &NewQrLogIn,
        most: MostQrLogIns,
    ) -> Result<bool, StoreError> {
        let begun = run_on!(
            self.write(),
            sqlx::query(
                "INSERT INTO qr_log_ins (browser_hash, code_hash, number_hash, shared, agent, \
                     address, created_at, expires_at) \
                 SELECT $1, $2, $3, $4, $5, $6, $7, $8 \
                 WHERE (SELECT COUNT(*) FROM qr_log_ins WHERE expires_at > $7) < $9 \
                 AND (SELECT COUNT(*) FROM qr_log_ins \
                     WHERE address = $6 AND expires_at > $7) < $10",
            )
            .bind(log_in.browser_hash.as_slice())
            .bind(log_in.code_hash.as_slice())
            .bind(log_in.number_hash.as_slice())
            .bind(log_in.shared)
            .bind(&log_in.agent)
            .bind(&log_in.address)
            .bind(log_in.at)
            .bind(log_in.expires_at)
            .bind(most.in_all)
            .bind(most.from_address)
        )?;
        Ok(begun > 0)
    }

    /// How the log-in of a browser stands, if it is not over.
    ///
    /// # Errors
    /// The database's.
    pub async fn qr_log_in(
        &self,
        browser_hash: &[u8; 32],
        now: Millis,
    ) -> Result<Option<StoredQrLogIn>, StoreError> {
        on_pool!(self.read(), pool => sqlx::query_as(
            "SELECT shared, expires_at, confirmed_by IS NOT NULL AS confirmed, refused \
             FROM qr_log_ins WHERE browser_hash = $1 AND expires_at > $2",
        )
        .bind(browser_hash.as_slice())
        .bind(now)
        .fetch_optional(pool))
    }

    /// Takes the log-in of a browser away, whatever became of it: its code is of no use from here on.
    ///
    /// # Errors
    /// The database's.
    pub async fn drop_qr_log_in(&self, browser_hash: &[u8; 32]) -> Result<(), StoreError> {
        run_on!(
            self.write(),
            sqlx::query("DELETE FROM qr_log_ins WHERE browser_hash = $1")
                .bind(browser_hash.as_slice())
        )?;
        Ok(())
    }

    /// Takes a confirmed log-in away, for the browser that began it: nobody is let in twice. Gives the
    /// session by which it was confirmed, if that is still on, and whether others use the browser too.
    ///
    /// # Errors
    /// The database's.
    pub async fn take_qr_log_in(
        &self,
        browser_hash: &[u8; 32],
        now: Millis,
    ) -> Result<Option<([u8; 32], bool)>, StoreError> {
        let row: Option<(Vec<u8>, bool)> = on_pool!(self.write(), pool => sqlx::query_as(
                "DELETE FROM qr_log_ins WHERE browser_hash = $1 AND expires_at > $2 \
                 AND confirmed_by IN (SELECT token_hash FROM sessions \
                     WHERE ended_at IS NULL AND expires_at > $2) \
                 RETURNING confirmed_by, shared",
            )
            .bind(browser_hash.as_slice())
            .bind(now)
            .fetch_optional(pool))?;
        Ok(row.and_then(|(by, shared)| Some((by.try_into().ok()?, shared))))
    }

    /// Who asks by that code, if nobody has answered yet.
    ///
    /// # Errors
    /// The database's.
    pub async fn asking_device(
        &self,
        code_hash: &[u8; 32],
        now: Millis,
    ) -> Result<Option<AskingDevice>, StoreError> {
        on_pool!(self.read(), pool => sqlx::query_as(
            "SELECT agent, address, created_at, shared FROM qr_log_ins \
             WHERE code_hash = $1 AND expires_at > $2 AND confirmed_by IS NULL AND NOT refused",
        )
        .bind(code_hash.as_slice())
        .bind(now)
        .fetch_optional(pool))
    }

    /// Counts that a number was typed for that code, `most` times at most, before it is looked at: what
    /// is kept of the right one, and how often one was typed.
    ///
    /// # Errors
    /// The database's.
    pub async fn try_qr_number(
        &self,
        code_hash: &[u8; 32],
        most: i64,
        now: Millis,
    ) -> Result<Option<(Vec<u8>, i64)>, StoreError> {
        on_pool!(self.write(), pool => sqlx::query_as(
            "UPDATE qr_log_ins SET tries = tries + 1 \
             WHERE code_hash = $1 AND expires_at > $2 AND tries < $3 \
             AND confirmed_by IS NULL AND NOT refused \
             RETURNING number_hash, tries",
        )
        .bind(code_hash.as_slice())
        .bind(now)
        .bind(most)
        .fetch_optional(pool))
    }

    /// Lets the browser of that code in, by a session; `false` where it was answered before, or is over.
    ///
    /// # Errors
    /// The database's.
    pub async fn confirm_qr_log_in(
        &self,
        code_hash: &[u8; 32],
        by: &[u8; 32],
        now: Millis,
    ) -> Result<bool, StoreError> {
        let confirmed = run_on!(
            self.write(),
            sqlx::query(
                "UPDATE qr_log_ins SET confirmed_by = $2 \
                 WHERE code_hash = $1 AND expires_at > $3 AND confirmed_by IS NULL AND NOT refused",
            )
            .bind(code_hash.as_slice())
            .bind(by.as_slice())
            .bind(now)
        )?;
        Ok(confirmed > 0)
    }

    /// Lets nobody in by that code any more; `false` where it was answered before, or is over.
    ///
    /// # Errors
    /// The database's.
    pub async fn refuse_qr_log_in(
        &self,
        code_hash: &[u8; 32],
        now: Millis,
    ) -> Result<bool, StoreError> {
        let refused = run_on!(
            self.write(),
            sqlx::query(
                "UPDATE qr_log_ins SET refused = TRUE \
                 WHERE code_hash = $1 AND expires_at > $2 AND confirmed_by IS NULL AND NOT refused",
            )
            .bind(code_hash.as_slice())
            .bind(now)
        )?;
        Ok(refused > 0)
    }

    /// Takes away what a session has confirmed, and nobody has noticed yet.
    ///
    /// # Errors
    /// The database's.
    pub async fn drop_confirmed_by(&self, session: &[u8; 32]) -> Result<(), StoreError> {
        run_on!(
            self.write(),
            sqlx::query("DELETE FROM qr_log_ins WHERE confirmed_by = $1").bind(session.as_slice())
        )?;
        Ok(())
    }
}
