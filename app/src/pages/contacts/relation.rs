//! What somebody is to the reader.

use leptos::prelude::*;
use protocol::api::contacts::RequestState;
use protocol::{RequestId, UserId};

use crate::state::Chat;

/// What somebody is to the reader, and so what can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// The reader.
    Oneself,
    /// Each other's contact.
    Contact,
    /// They wait for the reader's answer.
    Asks(RequestId),
    /// The reader waits for theirs.
    Asked,
    /// A contact of the reader's who no longer has the reader as one.
    Lost,
    /// None of these.
    Stranger,
}

/// What a user is to the reader; tracks what that depends on.
pub fn relation(chat: Chat, user: UserId) -> Relation {
    let me = chat.my_id();
    if me == Some(user) {
        return Relation::Oneself;
    }
    let mutual = chat
        .people
        .contacts
        .with(|contacts| contacts.get(&user).map(|contact| contact.mutual));
    if mutual == Some(true) {
        return Relation::Contact;
    }
    let request = chat.people.requests.with(|requests| {
        let mut open = requests
            .iter()
            .filter(|request| request.state == RequestState::Open);
        open.find_map(|request| {
            if request.sender.id == user {
                Some(Relation::Asks(request.id))
            } else {
                (request.recipient.id == user).then_some(Relation::Asked)
            }
        })
    });
    request.unwrap_or(match mutual {
        Some(_) => Relation::Lost,
        None => Relation::Stranger,
    })
}
