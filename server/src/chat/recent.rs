//! Conversations as they were left by the last batch, so that one in which people are talking need not
//! be read for each message.
//!
//! Nothing is decided by what is not so any more: such a batch is stored only where each log still ends
//! where it ended here, and where nothing else that the rules look at has changed, which the
//! conversation's version tells. Else it is decided again by what is read. Keys are not looked up for it
//! either: a repeat fails by its key, and is then found.

use std::collections::HashMap;

use protocol::conversation::State;
use protocol::{CommandKind, ConversationId, Millis};

use super::Accepted;
use crate::store::append::Loaded;

/// How many conversations are kept; beyond it all are forgotten.
const KEPT: usize = 4_096;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Recent(HashMap<ConversationId, Kept>);

#[derive(Debug)]
struct Kept {
    state: State,
    version: Millis,
}

impl Recent {
    /// Takes out what a batch is decided by, if all of it is here and the batch holds nothing but plain
    /// messages.
    pub fn take(&mut self, batch: &[Accepted]) -> Option<Loaded> {
        if !batch.iter().all(|accepted| self.knows(accepted)) {
            return None;
        }
        let mut loaded = Loaded::default();
        for accepted in batch {
            let id = accepted.conversation;
            if let Some(kept) = self.0.remove(&id) {
                loaded.states.insert(id, kept.state);
                loaded.versions.insert(id, kept.version);
            }
        }
        Some(loaded)
    }

    /// Adds the members that are known here to conversations that were read and have not changed since.
    pub fn complete(&mut self, loaded: &mut Loaded) {
        for (id, state) in &mut loaded.states {
            let Some(kept) = self.0.remove(id) else {
                continue;
            };
            if loaded.versions.get(id) == Some(&kept.version) && kept.state.head == state.head {
                for (user, member) in kept.state.members {
                    if !state.members.contains_key(&user) {
                        state.members.insert(user, member);
                    }
                }
            }
        }
    }

    /// Keeps conversations as a batch has left them, of those versions.
    pub fn keep(
        &mut self,
        states: HashMap<ConversationId, State>,
        versions: &HashMap<ConversationId, Millis>,
    ) {
        if self.0.len() >= KEPT {
            self.0.clear();
        }
        for (id, mut state) in states {
            if let Some(&version) = versions.get(&id) {
                state.targets.clear();
                self.0.insert(id, Kept { state, version });
            }
        }
    }

    fn knows(&self, accepted: &Accepted) -> bool {
        let submitted = &accepted.submitted;
        let is_plain = match &submitted.command.kind {
            CommandKind::Send {
                reply_to,
                mentions,
                mention_all,
                ..
            } => reply_to.is_none() && mentions.is_empty() && !mention_all,
            _ => false,
        };
        let kept = self.0.get(&accepted.conversation);
        is_plain
            && submitted.after.is_none()
            && kept.is_some_and(|kept| kept.state.members.contains_key(&accepted.sender))
    }
}
