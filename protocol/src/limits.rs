//! What the server refuses by size or rate, with the defaults.

use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::{Map, Value};

use crate::ids::Millis;

const SECOND: Millis = 1_000;
const MINUTE: Millis = 60 * SECOND;
const DAY: Millis = 24 * 60 * MINUTE;

/// Limits in force, set by configuration (see [`configured`]) and served at `GET limits`, where a
/// reader ignores those it does not know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Limits {
    /// Longest message text, in characters (Unicode scalar values).
    pub text_chars: usize,
    /// Longest message text, in bytes of UTF-8.
    pub text_bytes: usize,
    /// Largest body of a request, in bytes.
    pub body_bytes: usize,
    /// Most members of a group.
    pub group_members: usize,
    /// Most commands in one request.
    pub commands_per_request: usize,
    /// Most commands of one user in [`Limits::command_window`].
    pub commands_per_window: u32,
    /// The time over which commands are counted, in milliseconds.
    pub command_window: Millis,
    /// Longest name of a user or group, in characters.
    pub name_chars: usize,
    /// Longest announcement, in characters.
    pub announcement_chars: usize,
    /// Longest note, remark or signature, in characters.
    pub note_chars: usize,
    /// Most mentions in a message.
    pub mentions: usize,
    /// Most events on a page.
    pub page_events: usize,
    /// How long one's own message can be recalled, in milliseconds after its acceptance.
    pub recall_window: Millis,
    /// How old a `client_id` may be, in milliseconds.
    pub retry_window: Millis,
    /// How far ahead of the server's clock a `client_id` may be, in milliseconds.
    pub clock_ahead: Millis,
    /// Shortest password, in characters.
    pub password_chars: usize,
    /// Most streams of one user.
    pub streams: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            text_chars: 5_000,
            text_bytes: 20 * 1024,
            body_bytes: 64 * 1024,
            group_members: 500,
            commands_per_request: 16,
            commands_per_window: 64,
            command_window: 10 * SECOND,
            name_chars: 32,
            announcement_chars: 2_000,
            note_chars: 200,
            mentions: 100,
            page_events: 500,
            recall_window: 2 * MINUTE,
            retry_window: 7 * DAY,
            clock_ahead: 10 * MINUTE,
            password_chars: 8,
            streams: 8,
        }
    }
}

/// Reads limits from configuration, for `#[serde(deserialize_with)]`: what is left out stays at its
/// default, and a limit that does not exist is an error, unlike on the wire.
///
/// # Errors
/// Names the limit that does not exist, or says which value is wrong.
pub fn configured<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Limits, D::Error> {
    let given = Map::<String, Value>::deserialize(deserializer)?;
    let defaults = serde_json::to_value(Limits::default()).map_err(de::Error::custom)?;
    if let Some(unknown) = given.keys().find(|name| defaults.get(name).is_none()) {
        return Err(de::Error::custom(format_args!(
            "there is no limit `{unknown}`"
        )));
    }
    serde_json::from_value(Value::Object(given)).map_err(de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Configuration {
        #[serde(default, deserialize_with = "configured")]
        limits: Limits,
    }

    #[test]
    fn configuration_changes_the_limits_it_names() {
        let read: Configuration =
            serde_json::from_str(r#"{"limits": {"group_members": 5000}}"#).unwrap();
        assert_eq!(
            read.limits,
            Limits {
                group_members: 5_000,
                ..Limits::default()
            }
        );
        let none: Configuration = serde_json::from_str("{}").unwrap();
        assert_eq!(none.limits, Limits::default());
    }

    #[test]
    fn configuration_names_no_limit_that_does_not_exist() {
        let error =
            serde_json::from_str::<Configuration>(r#"{"limits": {"members": 5}}"#).unwrap_err();
        assert!(error.to_string().contains("there is no limit `members`"));
    }

    #[test]
    fn on_the_wire_unknown_limits_are_ignored() {
        let read: Limits =
            serde_json::from_str(r#"{"text_chars": 9, "of_a_later_version": 1}"#).unwrap();
        assert_eq!(
            read,
            Limits {
                text_chars: 9,
                ..Limits::default()
            }
        );
    }
}
