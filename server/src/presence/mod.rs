//! Who is online.
use protocol::UserId;
/// Who is online, as far as this node knows. Clones share it.
#[derive(Clone)]
pub struct Presence {}

impl Presence {
    /// The user hides that they are online, or shows it again. Call it after it was stored.
    pub fn set_invisible(&self, user: UserId, invisible: bool) {
        todo!()
    }
}
