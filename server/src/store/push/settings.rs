//! How users want to be told.

use protocol::UserId;
use protocol::api::push::{PushSettings, Quiet};

use super::super::{Store, StoreError, on_pool, run_on};

#[derive(Debug, sqlx::FromRow)]
struct SettingsRow {
    with_text: bool,
    mentions_only: bool,
    quiet_from: Option<i64>,
    quiet_to: Option<i64>,
    time_zone: Option<String>,
}

impl Store {
    /// How a user wants to be told.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn push_settings(&self, user: UserId) -> Result<PushSettings, StoreError> {
        let row: Option<SettingsRow> = on_pool!(self.read(), pool => sqlx::query_as(
            "SELECT with_text, mentions_only, quiet_from, quiet_to, time_zone FROM push_settings
             WHERE user_id = $1",
        )
        .bind(user.0)
        .fetch_optional(pool))?;
        Ok(row.map_or_else(PushSettings::default, |row| PushSettings {
            text: row.with_text,
            mentions_only: row.mentions_only,
            quiet: quiet(row.quiet_from, row.quiet_to, row.time_zone),
        }))
    }

    /// Keeps how a user wants to be told.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn set_push_settings(
        &self,
        user: UserId,
        settings: &PushSettings,
    ) -> Result<(), StoreError> {
        let quiet = settings.quiet.as_ref();
        run_on!(
            self.write(),
            sqlx::query(
                "INSERT INTO push_settings
                 (user_id, with_text, mentions_only, quiet_from, quiet_to, time_zone)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (user_id) DO UPDATE SET with_text = excluded.with_text,
                 mentions_only = excluded.mentions_only, quiet_from = excluded.quiet_from,
                 quiet_to = excluded.quiet_to, time_zone = excluded.time_zone",
            )
            .bind(user.0)
            .bind(settings.text)
            .bind(settings.mentions_only)
            .bind(quiet.map(|quiet| i64::from(quiet.from)))
            .bind(quiet.map(|quiet| i64::from(quiet.to)))
            .bind(quiet.map(|quiet| quiet.time_zone.as_str()))
        )?;
        Ok(())
    }
}

/// The columns of a quiet time, which are there all or none.
pub(super) fn quiet(
    from: Option<i64>,
    to: Option<i64>,
    time_zone: Option<String>,
) -> Option<Quiet> {
    Some(Quiet {
        from: u16::try_from(from?).ok()?,
        to: u16::try_from(to?).ok()?,
        time_zone: time_zone?,
    })
}
