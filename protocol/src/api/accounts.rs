//! `accounts`, `session`, `me`, `users`.

use serde::{Deserialize, Serialize};

use crate::command::{block_fault, line_fault};
use crate::ids::{Millis, UserId};
use crate::limits::Limits;
use crate::problem::{Fault, FieldError};

/// No longer password is worth hashing.
const PASSWORD_CHARS: usize = 1_000;

/// Longest handle, in characters.
const HANDLE_CHARS: usize = 32;

/// What others see of an account. Its picture is the name's first letter on a colour by its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct User {
    /// Never changes.
    pub id: UserId,
    /// A short number by which people find each other, from 10000 on.
    pub number: u64,
    /// The name to log in with and to be found by.
    pub handle: String,
    /// The name shown.
    pub name: String,
    /// A line about oneself.
    #[serde(default)]
    pub signature: String,
    /// Changes when any of the above does.
    pub version: Millis,
}

/// What an account sees of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Me {
    /// What others see.
    pub user: User,
    /// Whether it runs the installation.
    pub administrator: bool,
    /// Whether it hides that it is online.
    pub invisible: bool,
    /// Changes when the profile, contacts or requests do.
    pub account_version: Millis,
}

/// `POST accounts`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Register {
    /// `[a-z][a-z0-9_]{2,31}`, not taken.
    pub handle: String,
    /// The name shown; the handle if empty.
    #[serde(default)]
    pub name: String,
    /// At least eight characters.
    pub password: String,
}

/// `POST session`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogIn {
    /// As registered.
    pub handle: String,
    /// As registered.
    pub password: String,
    /// Whether others use this browser too: then the session ends with the browser or soon after its
    /// last use, and nothing of it stays there.
    #[serde(default)]
    pub shared: bool,
    /// The code of the account's app, or a recovery code, where the account asks for one: without it
    /// the answer is `401 second_factor`.
    #[serde(default)]
    pub code: String,
}

/// `PUT me/password`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangePassword {
    /// The one in force; empty where there is none yet.
    #[serde(default)]
    pub current: String,
    /// The one to be: at least eight characters.
    pub password: String,
}

/// `GET me/sessions`: where one is logged in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Sessions {
    /// The one that asks first, then by their last use, the latest first.
    pub sessions: Vec<Session>,
}

/// A browser or program that is logged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Session {
    /// By what it is ended.
    pub id: String,
    /// Whether it is the one that asks.
    pub current: bool,
    /// The browser, by its own account.
    pub agent: String,
    /// From where it logged in.
    pub address: String,
    /// When it logged in.
    pub since: Millis,
    /// When it was last used, to the hour.
    pub seen_at: Millis,
    /// When it ends if it is not used.
    pub expires_at: Millis,
    /// Whether others use that browser too.
    pub shared: bool,
}

/// `PATCH me`: what is there is changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct ChangeMe {
    /// The name shown; never empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A line about oneself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// Whether to hide that one is online.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invisible: Option<bool>,
}

/// `GET users?handle=` or `?number=`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(default)]
pub struct FindUser {
    /// The exact handle.
    pub handle: Option<String>,
    /// The exact number.
    pub number: Option<u64>,
}

/// `POST users/lookup`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Lookup {
    /// Whom, and the version one has (0 for none); 500 at most.
    pub users: Vec<Known>,
}

/// A profile one has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Known {
    /// Whose.
    pub id: UserId,
    /// As of which version; 0 for none.
    #[serde(default)]
    pub version: Millis,
}

/// Profiles that changed since the versions given. Only of users one shares a conversation with,
/// or has as a contact or in a request; others are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Users {
    /// The profiles.
    pub users: Vec<User>,
}

/// Whether text is `[a-z][a-z0-9_]{2,31}`.
pub fn is_handle(text: &str) -> bool {
    let bytes = text.as_bytes();
    (3..=HANDLE_CHARS).contains(&bytes.len())
        && bytes[0].is_ascii_lowercase()
        && bytes
            .iter()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'_')
}

/// What is wrong with the handle of an account to be made.
pub(super) fn handle_fault(handle: &str) -> Option<FieldError> {
    if handle.is_empty() {
        Some(FieldError::new("handle", Fault::Missing))
    } else if is_handle(handle) {
        None
    } else {
        Some(FieldError::new("handle", Fault::Malformed))
    }
}

impl Register {
    /// Checks shape and limits, and fills in the name.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn checked(mut self, limits: &Limits) -> Result<Self, Vec<FieldError>> {
        let mut faults: Vec<FieldError> = handle_fault(&self.handle).into_iter().collect();
        if self.name.trim().is_empty() {
            self.name.clone_from(&self.handle);
        }
        faults.extend(line_fault("name", &self.name, limits.name_chars));
        faults.extend(password_fault(&self.password, limits));
        if faults.is_empty() {
            Ok(self)
        } else {
            Err(faults)
        }
    }
}

/// What is wrong with a new password.
fn password_fault(password: &str, limits: &Limits) -> Option<FieldError> {
    let min = limits.password_chars;
    let chars = password.chars().count();
    let fault = if chars < min {
        Fault::TooShort { min }
    } else if chars > PASSWORD_CHARS {
        Fault::TooLong {
            max: PASSWORD_CHARS,
        }
    } else {
        return None;
    };
    Some(FieldError::new("password", fault))
}

impl ChangePassword {
    /// Checks shape and limits.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn checked(self, limits: &Limits) -> Result<Self, Vec<FieldError>> {
        let mut faults: Vec<FieldError> =
            password_fault(&self.password, limits).into_iter().collect();
        if self.current.chars().count() > PASSWORD_CHARS {
            let max = PASSWORD_CHARS;
            faults.push(FieldError::new("current", Fault::TooLong { max }));
        }
        if faults.is_empty() {
            Ok(self)
        } else {
            Err(faults)
        }
    }
}

impl LogIn {
    /// Checks that both are given, of a size worth hashing and remembering.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn checked(self, _limits: &Limits) -> Result<Self, Vec<FieldError>> {
        let mut faults = Vec::new();
        if self.handle.is_empty() {
            faults.push(FieldError::new("handle", Fault::Missing));
        } else if self.handle.chars().count() > HANDLE_CHARS {
            let max = HANDLE_CHARS;
            faults.push(FieldError::new("handle", Fault::TooLong { max }));
        }
        if self.password.is_empty() {
            faults.push(FieldError::new("password", Fault::Missing));
        } else if self.password.chars().count() > PASSWORD_CHARS {
            let max = PASSWORD_CHARS;
            faults.push(FieldError::new("password", Fault::TooLong { max }));
        }
        if faults.is_empty() {
            Ok(self)
        } else {
            Err(faults)
        }
    }
}

impl ChangeMe {
    /// Checks shape and limits.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn checked(self, limits: &Limits) -> Result<Self, Vec<FieldError>> {
        let mut faults = Vec::new();
        if let Some(name) = &self.name {
            if name.trim().is_empty() {
                faults.push(FieldError::new("name", Fault::Missing));
            }
            faults.extend(line_fault("name", name, limits.name_chars));
        }
        if let Some(signature) = &self.signature {
            faults.extend(block_fault("signature", signature, limits.note_chars));
        }
        if faults.is_empty() {
            Ok(self)
        } else {
            Err(faults)
        }
    }
}
