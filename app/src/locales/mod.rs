//! What the interface says, in each language, from one table: a sentence that is missing in one
//! language does not compile.

mod phrases;
mod problems;
mod table;
mod time;

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
