//! Read positions, preferences, typing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use protocol::api::conversations::{ChangePreferences, Mine};
use protocol::stream::{Account, Read, Typing};
use protocol::{ConversationId, Millis, Seq, UserId};

use crate::bus::{Bus, Message, Payload, Topic};
use crate::clock::Clock;
use crate::store::{Store, StoreError};

/// At most one sign of typing counts in this time.
const TYPING_EVERY: Millis = 3_000;

/// Changes a member's own side of a conversation, and tells their other devices. Clones share it.
#[derive(Clone)]
pub struct Reads {
    store: Store,
    bus: Arc<dyn Bus>,
    clock: Clock,
    typed: Arc<Mutex<HashMap<(UserId, ConversationId), Millis>>>,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ReadsError {
    /// Never a member; of typing: not a member now.
    #[error("not a member")]
    NotFound,
    /// The database cannot serve.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Reads {
    /// Over this store, telling this bus.
    pub fn new(store: Store, bus: Arc<dyn Bus>, clock: Clock) -> Self {
        Self {
            store,
            bus,
            clock,
            typed: Arc::default(),
        }
    }

    /// Moves the read position; it never moves back, and not past the head.
    ///
    /// # Errors
    /// Never a member, or the database cannot serve.
    pub async fn read_to(
        &self,
        user: UserId,
        conversation: ConversationId,
        seq: Seq,
    ) -> Result<Mine, ReadsError> {
        let now = self.clock.now();
        let (mine, moved) = self
            .store
            .read_to(user, conversation, seq, now)
            .await?
            .ok_or(ReadsError::NotFound)?;
        if let Some(msg_no) = moved {
            self.tell(
                user,
                Payload::Read(Read {
                    conversation,
                    user,
                    seq: mine.read_seq,
                    msg_no,
                }),
            );
        }
        Ok(mine)
    }

    /// Changes the preferences given.
    ///
    /// # Errors
    /// Never a member, or the database cannot serve.
    pub async fn change(
        &self,
        user: UserId,
        conversation: ConversationId,
        change: ChangePreferences,
    ) -> Result<Mine, ReadsError> {
        let now = self.clock.now();
        let mine = self
            .store
            .change_preferences(user, conversation, change, now)
            .await?
            .ok_or(ReadsError::NotFound)?;
        self.tell(
            user,
            Payload::Account(Account {
                conversations: true,
                ..Account::default()
            }),
        );
        Ok(mine)
    }

    /// Tells the other members that the user is writing, at most once in 3 s.
    ///
    /// # Errors
    /// Not a member, or the database cannot serve.
    pub async fn typing(
        &self,
        user: UserId,
        conversation: ConversationId,
    ) -> Result<(), ReadsError> {
        let now = self.clock.now();
        if !self.counts(user, conversation, now) {
            return Ok(());
        }
        if !self.store.is_member(user, conversation).await? {
            return Err(ReadsError::NotFound);
        }
        self.bus.publish(vec![Message {
            topic: Topic::Conversation(conversation),
            payload: Payload::Typing(Typing { conversation, user }),
        }]);
        Ok(())
    }

    fn counts(&self, user: UserId, conversation: ConversationId, now: Millis) -> bool {
        let mut typed = self.typed.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = |at: &Millis| now - at < TYPING_EVERY;
        if typed.get(&(user, conversation)).is_some_and(recent) {
            return false;
        }
        if typed.len() >= 1_024 {
            typed.retain(|_, at| recent(at));
        }
        typed.insert((user, conversation), now);
        true
    }

    fn tell(&self, user: UserId, payload: Payload) {
        self.bus.publish(vec![Message {
            topic: Topic::User(user),
            payload,
        }]);
    }
}
