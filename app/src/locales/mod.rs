//! What the interface says, in each language, from one table: a sentence that is missing in one
//! language does not compile.

mod phrases;
mod problems;
#[cfg(feature = "ssr")]
mod still;
mod table;
mod time;

#[cfg(feature = "ssr")]
pub use still::StillMessages;
pub use table::Messages;
pub use time::{Clock, is_separate};

use protocol::api::pages::Language;

/// All sentences in a language.
pub fn messages(language: Language) -> &'static Messages {
    match language {
        Language::Chinese => &table::CHINESE,
        Language::English => &table::ENGLISH,
    }
}

/// What only pages without script say, in a language.
#[cfg(feature = "ssr")]
pub fn still_messages(language: Language) -> &'static StillMessages {
    match language {
        Language::Chinese => &still::CHINESE,
        Language::English => &still::ENGLISH,
    }
}
