//! What the server hands to the pages it renders, once, as one serialised value: the browser's first
//! render must see exactly what the server's saw.

use serde::{Deserialize, Deserializer, Serialize};

use super::accounts::{Me, User};
use super::contacts::{Contact, ContactRequest};
use super::conversations::{Conversation, Members};
use super::events::Page;
use super::identities::Provider;
use crate::ids::{ClientId, ConversationId, HistoryId, Millis, UserId};
use crate::limits::Limits;
use crate::problem::{Code, FieldError};

/// Everything a page's first render may depend on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Boot {
    /// The server's clock when it rendered.
    pub now: Millis,
    /// The identity of the server's history.
    pub history_id: HistoryId,
    /// How many days the server keeps.
    pub retention_days: u32,
    /// Limits in force.
    pub limits: Limits,
    /// The product's version, and with it the shell's.
    pub version: String,
    /// How the reader wants it shown: from cookies.
    pub display: Display,
    /// For forms: repeated in a hidden field `token`. Empty where no form is.
    pub form_token: String,
    /// A fresh id for the page's command or group, for forms without script.
    pub client_id: ClientId,
    /// Who is logged in.
    pub me: Option<Me>,
    /// Who was logged in here until another device ended that: nothing of theirs is to stay.
    #[serde(default)]
    pub gone: Option<UserId>,
    /// Whether to offer notifications: the server can send some, and nobody was asked in this browser.
    #[serde(default)]
    pub offers_notifications: bool,
    /// What the page shows beside.
    pub data: PageData,
    /// A form that was refused, with what was typed.
    pub form: Option<RefusedForm>,
}

/// How the reader wants it shown; cookies, since the server must know them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Display {
    /// Cookie `language`; else by `Accept-Language`.
    pub language: Language,
    /// Cookie `theme`.
    pub theme: Theme,
    /// Cookie `time_zone`, an IANA name set by the browser; else UTC.
    pub time_zone: String,
    /// Minutes to add to UTC for local time now, by `time_zone` as the server knows it.
    pub utc_offset: i32,
}

/// The languages of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Language {
    /// Simplified Chinese.
    #[default]
    #[serde(rename = "zh-CN")]
    Chinese,
    /// English.
    #[serde(rename = "en")]
    English,
}

impl Language {
    /// As in `lang="…"` and in the cookie.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }
}

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system says.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// As in `data-theme="…"` and in the cookie.
    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// What the signed-in pages show. Each page's first render needs only a part; the rest is empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PageData {
    /// The list, on every page but log in and register.
    pub conversations: Vec<Conversation>,
    /// Profiles of everybody named anywhere on the page.
    pub users: Vec<User>,
    /// On every page but log in and register.
    pub contacts: Vec<Contact>,
    /// On every page but log in and register.
    pub requests: Vec<ContactRequest>,
    /// The open conversation's newest page (or the one asked for by `?before=`).
    pub page: Option<Page>,
    /// The open group's members.
    pub members: Option<(ConversationId, Members)>,
    /// Who was looked for on the page that adds a contact (`?find=`): `Some(None)` if nobody.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub found: Option<Option<User>>,
    /// The user whose card is open.
    pub card: Option<UserId>,
    /// Whose accounts one may log in with, on every page: whoever is logged out stays there.
    pub providers: Vec<Provider>,
}

/// Tells a field that is `null` from one that is not there.
#[expect(clippy::option_option, reason = "the field has three states")]
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<User>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// A form without script that was refused: the page says why and keeps what was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedForm {
    /// The path it was posted to.
    pub action: String,
    /// Why, as a whole.
    pub code: Option<Code>,
    /// What is wrong with single fields.
    pub fields: Vec<FieldError>,
    /// What was typed, by field; passwords are left out.
    pub values: Vec<(String, String)>,
}
