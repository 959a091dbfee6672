//! Conversations: the list, and the one that is open.

mod conversation;
mod list;

pub use conversation::{ConversationPage, NoConversation};
pub use list::ConversationList;
