//! Web Push: who wants to be told, and what of.

mod jobs;
mod outbox;
mod recipients;
mod settings;
mod subscriptions;

pub use jobs::OfflineJob;
pub use outbox::{Addressed, Due, NotificationKey};
pub use recipients::Candidate;
pub use subscriptions::{ListedSubscription, MostSubscriptions, NewSubscription};

/// A statement over a list of rows, which is its first parameter, as the table `listed (conversation,
/// seq, id)`.
macro_rules! over_list {
    ($which:expr, $rest:literal) => {
        if $which.is_postgres() {
            concat!(
                "WITH listed AS MATERIALIZED (
                     SELECT (value ->> 0)::uuid AS conversation, (value ->> 1)::int8 AS seq,
                         (value ->> 2)::uuid AS id
                     FROM jsonb_array_elements($1::jsonb) AS j(value)) ",
                $rest
            )
        } else {
            concat!(
                "WITH listed AS MATERIALIZED (
                     SELECT unhex(value ->> 0) AS conversation, value ->> 1 AS seq,
                         unhex(value ->> 2) AS id
                     FROM json_each($1)) ",
                $rest
            )
        }
    };
}
use over_list;
