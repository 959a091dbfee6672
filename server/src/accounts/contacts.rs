//! Whom people know: find, ask, accept, decline, remark, block, remove.
//!
//! Each has a list of their own; two can write to each other while each has the other in it and
//! neither has blocked the other. Who is blocked is not told so, and what they ask is swallowed.

use protocol::api::contacts::{AskContact, ChangeContact, Contact, ContactRequest, RequestState};
use protocol::problem::Fault;
use protocol::stream::Account;
use protocol::{Code, RequestId, UserId};

use super::{AccountError, Accounts, invalid};
use crate::chat::Wait;
use crate::store::{NewRequest, UserKey};

const REQUESTS: Account = Account {
    profile: false,
    contacts: false,
    requests: true,
    conversations: false,
};

const CONTACTS: Account = Account {
    profile: false,
    contacts: true,
    requests: false,
    conversations: false,
};

impl Accounts {
    /// Asks somebody to become a contact.
    ///
    /// A repeat takes the place of the one before. Where both have asked, or the other side still
    /// has the asker as a contact, they are contacts at once.
    ///
    /// # Errors
    /// Nobody of that id, oneself, somebody who is a contact already, the database.
    pub async fn ask(&self, user: UserId, ask: AskContact) -> Result<ContactRequest, AccountError> {
        let ask = ask
            .checked(&self.bounds.limits)
            .map_err(AccountError::Invalid)?;
        if ask.user == user {
            return Err(invalid("user", Fault::Malformed));
        }
        if self.store.find_user(UserKey::Id(ask.user)).await?.is_none() {
            return Err(AccountError::Refused(Code::NotFound));
        }
        let seen = self.store.acquaintance(user, ask.user).await?;
        if seen.known && seen.knows_me {
            return Err(AccountError::Refused(Code::Conflict));
        }
        let now = self.clock.now();
        let request = NewRequest {
            id: RequestId::new(now, self.random.bytes()),
            sender: user,
            recipient: ask.user,
            note: ask.note,
            at: now,
            heard: !seen.blocked_by,
        };
        let id = self.store.keep_request(&request).await?;
        let agreed = seen.knows_me || self.store.open_request(ask.user, user).await?.is_some();
        if agreed && request.heard {
            self.become_contacts(user, ask.user).await?;
        } else {
            self.chat.bus.publish_account(user, REQUESTS);
            if request.heard {
                self.chat.bus.publish_account(ask.user, REQUESTS);
            }
        }
        self.request(user, id).await
    }

    /// Requests sent and received, as `user` may see them, the newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn requests(&self, user: UserId) -> Result<Vec<ContactRequest>, AccountError> {
        let requests = self.store.requests(user).await?;
        Ok(requests
            .into_iter()
            .filter_map(|request| seen_by(user, request))
            .collect())
    }

    /// Accepts a request; repeatable.
    ///
    /// # Errors
    /// No such request to `user`, the database.
    pub async fn accept(
        &self,
        user: UserId,
        id: RequestId,
    ) -> Result<ContactRequest, AccountError> {
        let request = self.received(user, id).await?;
        self.become_contacts(user, request.sender.id).await?;
        self.request(user, id).await
    }

    /// Turns a request down; repeatable. The sender is not told.
    ///
    /// # Errors
    /// No such request to `user`, one that was accepted, the database.
    pub async fn decline(&self, user: UserId, id: RequestId) -> Result<(), AccountError> {
        let request = self.received(user, id).await?;
        if request.state == RequestState::Accepted {
            return Err(AccountError::Refused(Code::Conflict));
        }
        let now = self.clock.now();
        self.store.decline_request(user, id, now).await?;
        self.chat.bus.publish_account(user, REQUESTS);
        Ok(())
    }

    /// Changes one's own side of a contact.
    ///
    /// # Errors
    /// Fields at fault, not a contact, the database.
    pub async fn change_contact(
        &self,
        user: UserId,
        peer: UserId,
        change: ChangeContact,
    ) -> Result<Contact, AccountError> {
        let change = change
            .checked(&self.bounds.limits)
            .map_err(AccountError::Invalid)?;
        let now = self.clock.now();
        if !self.store.change_contact(user, peer, &change, now).await? {
            return Err(AccountError::Refused(Code::NotFound));
        }
        self.chat.bus.publish_account(user, CONTACTS);
        let contacts = self.store.contacts(user).await?;
        contacts
            .into_iter()
            .find(|contact| contact.user.id == peer)
            .ok_or(AccountError::Refused(Code::NotFound))
    }

    /// Takes a contact, and with it a block, out of one's own list; repeatable.
    ///
    /// # Errors
    /// The database's.
    pub async fn remove_contact(&self, user: UserId, peer: UserId) -> Result<(), AccountError> {
        let now = self.clock.now();
        if self.store.remove_contact(user, peer, now).await? {
            self.chat.bus.publish_account(user, CONTACTS);
            self.chat.bus.publish_account(peer, CONTACTS);
        }
        Ok(())
    }

    async fn become_contacts(&self, user: UserId, other: UserId) -> Result<(), AccountError> {
        let now = self.clock.now();
        self.store.make_contacts(user, other, now).await?;
        let changed = Account {
            profile: false,
            contacts: true,
            requests: true,
            conversations: true,
        };
        let opened = self.open_direct(user, other, Wait::Moment).await;
        for each in [user, other] {
            self.chat.bus.publish_account(each, changed);
        }
        match opened {
            // One of the two has blocked the other: contacts all the same, with nothing to say yet. And
            // what is queued comes to both by itself.
            Err(AccountError::Refused(_) | AccountError::Queued) => Ok(()),
            opened => opened,
        }
    }

    async fn request(&self, user: UserId, id: RequestId) -> Result<ContactRequest, AccountError> {
        let request = self.store.request(user, id).await?;
        request
            .and_then(|request| seen_by(user, request))
            .ok_or(AccountError::Refused(Code::NotFound))
    }

    async fn received(&self, user: UserId, id: RequestId) -> Result<ContactRequest, AccountError> {
        let request = self.store.request(user, id).await?;
        request
            .filter(|request| request.recipient.id == user)
            .ok_or(AccountError::Refused(Code::NotFound))
    }
}

/// A request as one of the two may see it: whoever was turned down sees it as open, and whoever
/// turned it down sees it no more.
fn seen_by(user: UserId, mut request: ContactRequest) -> Option<ContactRequest> {
    if request.state == RequestState::Declined {
        if request.recipient.id == user {
            return None;
        }
        request.state = RequestState::Open;
    }
    Some(request)
}
