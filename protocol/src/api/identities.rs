//! `me/identities`: the accounts elsewhere that somebody logs in with.

use serde::{Deserialize, Serialize};

use crate::command::line_fault;
use crate::ids::Millis;
use crate::limits::Limits;
use crate::problem::FieldError;

use super::accounts::handle_fault;

/// Whose accounts one may log in with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Provider {
    /// Names it in addresses.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// What stands beside the label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<ProviderIcon>,
}

/// The icons that a provider may have: there are no trademarks among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ProviderIcon {
    /// A mail address.
    AtSign,
    /// A chat.
    MessageCircle,
    /// Anything.
    Star,
    /// Somebody.
    User,
    /// An organisation.
    Users,
}

impl ProviderIcon {
    /// Its name in the sprite.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AtSign => "at-sign",
            Self::MessageCircle => "message-circle",
            Self::Star => "star",
            Self::User => "user",
            Self::Users => "users",
        }
    }
}

/// An account elsewhere that one logs in with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Identity {
    /// Whose account it is, by its name in addresses.
    pub provider: String,
    /// What people call the provider.
    pub label: String,
    /// The name of the account there, when it was linked.
    pub name: String,
    /// Since when.
    pub linked_at: Millis,
}

/// `GET me/identities`: how one may log in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Identities {
    /// Whether there is a password.
    pub has_password: bool,
    /// The accounts elsewhere, one a provider at most.
    pub identities: Vec<Identity>,
    /// Whose accounts could be linked besides.
    pub linkable: Vec<Provider>,
}

/// Somebody whose account elsewhere is verified, and who has none here yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newcomer {
    /// What people call the provider.
    pub label: String,
    /// A handle that may suit them; empty if nothing does.
    pub handle: String,
    /// The name they have there.
    pub name: String,
}

/// The account that a newcomer wants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Join {
    /// As in `Register`.
    pub handle: String,
    /// As in `Register`.
    pub name: String,
}

impl Join {
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
        if faults.is_empty() {
            Ok(self)
        } else {
            Err(faults)
        }
    }
}

/// A handle made of what somebody is called elsewhere; empty where too little of it may stand in one.
pub fn suggested_handle(text: &str) -> String {
    let lower = text.chars().flat_map(char::to_lowercase);
    let kept: String = lower
        .map(|c| if matches!(c, '-' | '.' | ' ') { '_' } else { c })
        .filter(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '_')
        .skip_while(|c| !c.is_ascii_lowercase())
        .take(32)
        .collect();
    if super::accounts::is_handle(&kept) {
        kept
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_made_of_what_may_stand_in_one() {
        for (called, handle) in [
            ("octocat", "octocat"),
            ("Ann-Marie O'Hara", "ann_marie_ohara"),
            ("42nd.street", "nd_street"),
            ("小林", ""),
            ("ab", ""),
            ("", ""),
        ] {
            assert_eq!(suggested_handle(called), handle, "{called}");
        }
        assert_eq!(suggested_handle(&"x".repeat(80)).len(), 32);
    }

    #[test]
    fn a_newcomer_keeps_to_the_rules_of_registration() {
        let join = |handle: &str, name: &str| {
            let (handle, name) = (handle.to_owned(), name.to_owned());
            Join { handle, name }.checked(&Limits::default())
        };
        assert_eq!(join("ann", " ").unwrap().name, "ann");
        assert_eq!(join("Ann", "").unwrap_err()[0].field, "handle");
        assert_eq!(join("", &"x".repeat(33)).unwrap_err().len(), 2);
    }
}
