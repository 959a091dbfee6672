//! `me/access_tokens`: what programs prove themselves by, as `Authorization: Bearer`.

use serde::{Deserialize, Serialize};

use crate::command::line_fault;
use crate::ids::Millis;
use crate::limits::Limits;
use crate::problem::{Fault, FieldError};

/// No token lasts longer, in days.
const MOST_DAYS: u32 = 366;

/// What a program may do in its user's name. Passwords, sessions and tokens are for no program.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// See what the user sees.
    #[default]
    Read,
    /// Also write and change what the user may.
    Write,
}

impl Scope {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }

    /// The scope of that name; whatever is not known may do the least.
    pub fn from_name(name: &str) -> Self {
        match name {
            "write" => Self::Write,
            _ => Self::Read,
        }
    }
}

/// `GET me/access_tokens`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccessTokens {
    /// The latest made first.
    pub access_tokens: Vec<AccessToken>,
}

/// A token, without what the program holds of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccessToken {
    /// By what it is ended.
    pub id: String,
    /// What its user calls it.
    pub name: String,
    /// What it is good for.
    pub scope: Scope,
    /// When it was made.
    pub since: Millis,
    /// When it was last used, to the hour.
    pub seen_at: Millis,
    /// When it ends.
    pub expires_at: Millis,
}

/// `POST me/access_tokens`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewAccessToken {
    /// What to call it.
    pub name: String,
    /// What it is to be good for.
    #[serde(default)]
    pub scope: Scope,
    /// For how many days, 366 at most.
    pub days: u32,
    /// The account's password, where it has one: whoever finds a browser open cannot stay in by a token.
    #[serde(default)]
    pub current: String,
}

/// `201` to `POST me/access_tokens`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MadeAccessToken {
    /// What the program sends. It is shown this once.
    pub token: String,
    /// What it is listed as from now on.
    pub access_token: AccessToken,
}

impl NewAccessToken {
    /// Checks shape and limits.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn checked(self, limits: &Limits) -> Result<Self, Vec<FieldError>> {
        let mut faults = Vec::new();
        if self.name.trim().is_empty() {
            faults.push(FieldError::new("name", Fault::Missing));
        }
        faults.extend(line_fault("name", &self.name, limits.name_chars));
        if !(1..=MOST_DAYS).contains(&self.days) {
            faults.push(FieldError::new("days", Fault::Malformed));
        }
        if faults.is_empty() {
            Ok(self)
        } else {
            Err(faults)
        }
    }
}
