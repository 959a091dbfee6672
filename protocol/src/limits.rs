//! What the server refuses by size or rate, with the defaults.

use serde::{Deserialize, Serialize};

use crate::ids::Millis;

const SECOND: Millis = 1_000;
const MINUTE: Millis = 60 * SECOND;
const DAY: Millis = 24 * 60 * MINUTE;

/// Limits in force, set by configuration and served at `GET limits`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
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
