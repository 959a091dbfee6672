//! `me/push`: how a user is told by Web Push of what comes while they are away.

use serde::{Deserialize, Serialize};

use crate::ids::Millis;
use crate::problem::{Fault, FieldError};

/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// Longest address of a browser at its push service, in bytes.
pub const ENDPOINT_BYTES: usize = 2_048;

/// Most subscriptions of a user.
pub const MOST_SUBSCRIPTIONS: usize = 20;

/// `GET me/push`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Push {
    /// The server's public key for push services (RFC 8292), as base64url of the uncompressed point:
    /// the `applicationServerKey` of a subscription. `null` where whoever runs the server has made none.
    pub key: Option<String>,
    /// How the user wants to be told.
    pub settings: PushSettings,
    /// The browsers that are told, the latest subscribed first.
    pub subscriptions: Vec<PushSubscription>,
}

/// `PUT me/push/settings`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PushSettings {
    /// Whether notifications carry what was said; else only in which conversation there is something new.
    pub text: bool,
    /// Whether of groups only messages are told that call the user, by name or with everybody. Those of
    /// direct conversations always are.
    pub mentions_only: bool,
    /// When nothing is told; what comes meanwhile is not told later either.
    #[serde(default)]
    pub quiet: Option<Quiet>,
}

impl Default for PushSettings {
    fn default() -> Self {
        Self {
            text: true,
            mentions_only: false,
            quiet: None,
        }
    }
}

/// A time of each day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Quiet {
    /// When it begins, in minutes since midnight.
    pub from: u16,
    /// When it ends; on the next day, where that is before it begins.
    pub to: u16,
    /// Where: a name of the IANA, such as `Asia/Shanghai`.
    pub time_zone: String,
}

impl Quiet {
    /// Whether it is on at a minute of the day, there.
    pub fn holds(&self, minute: u16) -> bool {
        if self.from <= self.to {
            (self.from..self.to).contains(&minute)
        } else {
            minute >= self.from || minute < self.to
        }
    }
}

impl PushSettings {
    /// Checks shape and limits, but for whether the time zone exists.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn checked(self) -> Result<Self, Vec<FieldError>> {
        let mut faults = Vec::new();
        if let Some(quiet) = &self.quiet {
            if quiet.from >= DAY {
                faults.push(FieldError::new("quiet.from", Fault::Malformed));
            }
            if quiet.to >= DAY || quiet.to == quiet.from {
                faults.push(FieldError::new("quiet.to", Fault::Malformed));
            }
            if quiet.time_zone.is_empty() {
                faults.push(FieldError::new("quiet.time_zone", Fault::Missing));
            }
        }
        if faults.is_empty() {
            Ok(self)
        } else {
            Err(faults)
        }
    }
}

/// A browser that is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PushSubscription {
    /// By what it is removed.
    pub id: String,
    /// The browser, by its own account.
    pub agent: String,
    /// When it subscribed.
    pub created_at: Millis,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// `POST me/push/subscriptions`: what a browser's `PushSubscription.toJSON()` gives.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Subscribe {
    /// Where its push service takes what is for it. Whoever knows it can send there.
    pub endpoint: String,
    /// What messages are encrypted by (RFC 8291).
    pub keys: SubscriptionKeys,
}

/// What messages to a browser are encrypted by.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SubscriptionKeys {
    /// Its public key on P-256: base64url of the uncompressed point.
    pub p256dh: String,
    /// A secret of 16 bytes, as base64url.
    pub auth: String,
}

impl std::fmt::Debug for Subscribe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Subscribe")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet(from: u16, to: u16) -> Quiet {
        Quiet {
            from,
            to,
            time_zone: "Asia/Shanghai".to_owned(),
        }
    }

    #[test]
    fn quiet_hours_may_pass_midnight() {
        let night = quiet(23 * 60, 7 * 60);
        let holds = [0, 419, 420, 1_379, 1_380, 1_439].map(|minute| night.holds(minute));
        assert_eq!(holds, [true, true, false, false, true, true]);
        let noon = quiet(12 * 60, 13 * 60);
        let holds = [719, 720, 779, 780].map(|minute| noon.holds(minute));
        assert_eq!(holds, [false, true, true, false]);
    }

    #[test]
    fn each_field_at_fault_is_named() {
        let settings = |quiet| PushSettings {
            quiet: Some(quiet),
            ..PushSettings::default()
        };
        assert!(settings(quiet(0, 1_439)).checked().is_ok());
        let named = |quiet| {
            let faults = settings(quiet).checked().unwrap_err();
            faults.into_iter().map(|it| it.field).collect::<Vec<_>>()
        };
        assert_eq!(named(quiet(1_440, 1)), ["quiet.from"]);
        assert_eq!(named(quiet(5, 5)), ["quiet.to"]);
        let nowhere = Quiet {
            time_zone: String::new(),
            ..quiet(1_440, 1_440)
        };
        assert_eq!(
            named(nowhere),
            ["quiet.from", "quiet.to", "quiet.time_zone"]
        );
    }
}
