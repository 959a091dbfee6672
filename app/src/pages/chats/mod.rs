//! Conversations: the list, and the one that is open.

mod conversation;
mod details;
mod list;
mod new_group;

pub use conversation::{ConversationPage, NoConversation};
pub use details::Details;
pub use list::ConversationList;
pub use new_group::NewGroup;
