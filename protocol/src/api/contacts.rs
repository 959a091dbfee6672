//! `contacts`, `contact_requests`.

use serde::{Deserialize, Serialize};

use super::accounts::User;
use crate::command::{block_fault, line_fault};
use crate::ids::{Millis, RequestId, UserId};
use crate::limits::Limits;
use crate::problem::FieldError;

/// Somebody one knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Contact {
    /// Their profile.
    pub user: User,
    /// One's own name for them; empty for none.
    #[serde(default)]
    pub remark: String,
    /// Shown first.
    #[serde(default)]
    pub starred: bool,
    /// Hears nothing from this user and cannot write to them.
    #[serde(default)]
    pub blocked: bool,
    /// Whether they have this user as a contact too, and have not blocked them: without that, this
    /// user cannot write. A block does not show as one.
    #[serde(default)]
    pub mutual: bool,
    /// When they became contacts.
    pub since: Millis,
}

/// `GET contacts`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Contacts {
    /// All of them, by the name shown.
    pub contacts: Vec<Contact>,
}

/// `PATCH contacts/{user}`: what is there is changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct ChangeContact {
    /// One's own name for them; empty for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    /// Shown first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starred: Option<bool>,
    /// Blocked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked: Option<bool>,
}

impl ChangeContact {
    /// Checks shape and limits.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn checked(self, limits: &Limits) -> Result<Self, Vec<FieldError>> {
        match self
            .remark
            .as_ref()
            .and_then(|remark| line_fault("remark", remark, limits.name_chars))
        {
            Some(fault) => Err(vec![fault]),
            None => Ok(self),
        }
    }
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RequestState {
    /// Nobody has answered.
    Open,
    /// They are contacts.
    Accepted,
    /// It was turned down; the sender is not told, and sees it as open.
    Declined,
}

/// A request to become contacts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ContactRequest {
    /// Which.
    pub id: RequestId,
    /// Who asks.
    pub sender: User,
    /// Who is asked.
    pub recipient: User,
    /// What they say of themselves.
    #[serde(default)]
    pub note: String,
    /// Where it stands.
    pub state: RequestState,
    /// When it was made.
    pub at: Millis,
}

/// `GET contact_requests`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ContactRequests {
    /// Those one sent and those one got, newest first.
    pub requests: Vec<ContactRequest>,
}

/// `POST contact_requests`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AskContact {
    /// Whom.
    pub user: UserId,
    /// Who one is.
    #[serde(default)]
    pub note: String,
}

impl AskContact {
    /// Checks shape and limits.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn checked(self, limits: &Limits) -> Result<Self, Vec<FieldError>> {
        match block_fault("note", &self.note, limits.note_chars) {
            Some(fault) => Err(vec![fault]),
            None => Ok(self),
        }
    }
}
