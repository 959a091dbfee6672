//! Errors on the wire: `application/problem+json`, RFC 9457.

use serde::{Deserialize, Deserializer, Serialize};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $status:literal, $title:literal;)*) => {
        /// Why something was not done, stable, for programs.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* $name,)*
            /// A code this version does not know.
            Unknown,
        }

        impl Code {
            /// Every code there is, for documents and tests.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code's name on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* Self::Unknown => "unknown" }
            }

            /// The HTTP status it is answered with.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* Self::Unknown => 500 }
            }

            /// What it says, in English.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* Self::Unknown => "Something went wrong" }
            }

            /// The code of that name.
            pub fn from_name(name: &str) -> Self {
                match name { $($text => Self::$name,)* _ => Self::Unknown }
            }
        }
    };
}

codes! {
    /// The request could not be read.
    Malformed = "malformed", 400, "The request could not be read";
    /// Nobody is logged in.
    Unauthenticated = "unauthenticated", 401, "Log in first";
    /// The session was ended from another device: what it has left on this one goes too.
    SessionEnded = "session_ended", 401, "Logged out from another device";
    /// Handle and password do not go together.
    WrongCredentials = "wrong_credentials", 401, "Handle or password is wrong";
    /// The password is right, and the code of the account's app is missing.
    SecondFactor = "second_factor", 401, "A code is asked for besides";
    /// The request came from another site, or its form token is missing or old.
    ForeignOrigin = "foreign_origin", 403, "The request did not come from this site";
    /// The log-in at a provider took too long, was finished before, or was begun in another browser.
    LogInExpired = "log_in_expired", 410, "This log-in is over";
    /// Whoever was to log in at a provider did not want to, or was not let in there.
    ProviderRefused = "provider_refused", 422, "The provider did not let this in";
    /// A provider cannot be reached, or did not answer as it should.
    ProviderUnavailable = "provider_unavailable", 502, "The provider does not answer as it should";
    /// What came from a provider cannot be verified.
    ProviderDistrusted = "provider_distrusted", 422, "What the provider said cannot be verified";
    /// The account elsewhere is somebody else's way in.
    IdentityTaken = "identity_taken", 409, "Another account logs in with this";
    /// Nobody may take away the only way in that is left.
    LastWayIn = "last_way_in", 422, "This is the last way to log in";
    /// Known, but not for the one who asks.
    Forbidden = "forbidden", 403, "Not allowed";
    /// Does not exist, or the caller may not know of it.
    NotFound = "not_found", 404, "Not found";
    /// The path is right, the method is not.
    MethodNotAllowed = "method_not_allowed", 405, "Method not allowed";
    /// The session is another user's than the request is meant for.
    WrongAccount = "wrong_account", 409, "Another account is logged in here";
    /// The `client_id` was used for another command.
    PayloadMismatch = "payload_mismatch", 409, "This client_id was used for another command";
    /// The command it is to follow is not known: that one comes first, then this one again.
    OutOfOrder = "out_of_order", 409, "The command before this one is missing";
    /// The handle is taken.
    HandleTaken = "handle_taken", 409, "This handle is taken";
    /// The id is taken by something else.
    Conflict = "conflict", 409, "It exists already, and differs";
    /// The `client_id` is older than the time in which a retry is recognised.
    Expired = "expired", 410, "Too old to be retried";
    /// The body or a header is too large.
    TooLarge = "too_large", 413, "Too large";
    /// The body is of another media type than the route takes.
    UnsupportedMediaType = "unsupported_media_type", 415, "Unsupported media type";
    /// A field is at fault; `fields` says which.
    Invalid = "invalid", 422, "A field is not right";
    /// The `client_id` is too far ahead of the server's clock.
    ClockAhead = "clock_ahead", 422, "The clock is ahead";
    /// The sender is not a member (any more).
    NotAMember = "not_a_member", 422, "Not a member of this conversation";
    /// In a direct conversation both must have each other as contacts.
    NotAContact = "not_a_contact", 422, "Not each other's contact";
    /// One of the two has blocked the other.
    Blocked = "blocked", 422, "Blocked";
    /// The sender may not write until a time.
    Muted = "muted", 422, "Muted for a time";
    /// Nobody but owner and administrators may write.
    AllMuted = "all_muted", 422, "The group is muted";
    /// The sender's role does not allow it.
    NotAllowed = "not_allowed", 422, "The role in this group does not allow it";
    /// The message can no longer be recalled.
    RecallWindowPassed = "recall_window_passed", 422, "Too late to recall";
    /// The message was recalled before.
    AlreadyRecalled = "already_recalled", 422, "Recalled already";
    /// The event pointed at does not exist, or is not one this can be done to.
    NoSuchTarget = "no_such_target", 422, "No such message";
    /// The user named is not a member.
    TargetNotAMember = "target_not_a_member", 422, "That user is not a member";
    /// The user named is a member already.
    AlreadyAMember = "already_a_member", 422, "Already a member";
    /// The group is full.
    GroupFull = "group_full", 422, "The group is full";
    /// The owner must hand the group over before leaving.
    OwnerMustTransfer = "owner_must_transfer", 422, "Hand the group over first";
    /// Not something that a direct conversation knows.
    NotAGroup = "not_a_group", 422, "Only groups know this";
    /// There is nothing to change.
    NothingToChange = "nothing_to_change", 422, "Nothing to change";
    /// The command could not be stored although it was well-formed.
    Rejected = "rejected", 422, "Could not be stored";
    /// Too much in too short a time.
    TooManyRequests = "too_many_requests", 429, "Too many requests";
    /// The server is at fault.
    Internal = "internal", 500, "Something went wrong on the server";
    /// Not accepted: try again, with the same `client_id`.
    Unavailable = "unavailable", 503, "Unavailable for the moment";
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|name| Self::from_name(&name))
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Code {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .enum_values(Some(Self::ALL.iter().map(|code| code.as_str())))
            .into()
    }
}
#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Code {}

/// An answer that says why something was not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// `urn:zspchat:problem:` and the code.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// What happened, in English.
    #[serde(default)]
    pub title: String,
    /// The HTTP status.
    #[serde(default)]
    pub status: u16,
    /// What to do about it, in English.
    #[serde(default)]
    pub detail: String,
    /// Stable, for programs; the app says it in the reader's language.
    pub code: Code,
    /// The fields at fault, where there are any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldError>,
    /// Names the request in the server's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Problem {
    /// A problem of that code.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:zspchat:problem:{}", code.as_str()),
            title: code.title().to_owned(),
            status: code.status(),
            detail: detail.into(),
            code,
            fields: Vec::new(),
            request_id: None,
        }
    }

    /// Fields at fault.
    pub fn invalid(fields: Vec<FieldError>) -> Self {
        Self {
            fields,
            ..Self::new(Code::Invalid, "Correct the fields named and try again.")
        }
    }
}

/// What is wrong with one field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// The field's name.
    pub field: String,
    /// What is wrong.
    pub fault: Fault,
}

impl FieldError {
    /// Names a field and its fault.
    pub fn new(field: &str, fault: Fault) -> Self {
        Self {
            field: field.to_owned(),
            fault,
        }
    }
}

/// What can be wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Fault {
    /// Nothing was given.
    Missing,
    /// Shorter than allowed.
    TooShort {
        /// The least.
        min: usize,
    },
    /// Longer than allowed.
    TooLong {
        /// The most.
        max: usize,
    },
    /// Has characters or a shape that are not allowed.
    Malformed,
    /// Used by somebody else.
    Taken,
    /// Not what is known, such as the password in force.
    Wrong,
    /// A kind of fault this version does not know.
    Unknown,
}

impl<'de> Deserialize<'de> for Fault {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Fields {
            kind: String,
            #[serde(default)]
            min: usize,
            #[serde(default)]
            max: usize,
        }
        let Fields { kind, min, max } = Fields::deserialize(deserializer)?;
        Ok(match kind.as_str() {
            "missing" => Self::Missing,
            "too_short" => Self::TooShort { min },
            "too_long" => Self::TooLong { max },
            "malformed" => Self::Malformed,
            "taken" => Self::Taken,
            "wrong" => Self::Wrong,
            _ => Self::Unknown,
        })
    }
}
