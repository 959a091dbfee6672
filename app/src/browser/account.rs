//! The account's own lists: profile, contacts, requests. Kept on the disk with their `ETag`s, and
//! fetched again when the stream says that they changed.

use std::rc::Rc;

use protocol::Millis;
use protocol::api::accounts::{Me, User};
use protocol::api::contacts::{Contact, ContactRequest, ContactRequests, Contacts};
use protocol::stream::Account;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::channel::Seen;
use super::disk::How;
use super::history::{Kept, name, put_user, put_value};
use super::http::Refusal;
use super::tab::Tab;
use super::time::spawn;

/// The name under which the version of the account stands that all lists are as new as.
const VERSION: &str = "account_version";

/// Fetches all lists if the account changed since they were.
pub fn check(tab: &Rc<Tab>, version: Millis) {
    let tab = Rc::clone(tab);
    spawn(async move {
        let known: Option<Millis> = tab.history.value(VERSION).await.ok().flatten();
        if known == Some(version) {
            return;
        }
        let all = Account {
            profile: true,
            contacts: true,
            requests: true,
            conversations: false,
        };
        // What fails is tried again at the next `sync`, since the version is not noted.
        if fetch(&tab, all).await.is_ok() {
            let write = put_value(VERSION, &version);
            note(tab.history.disk.write(vec![write], How::default()).await);
        }
    });
}

/// Fetches what changed.
pub fn refresh(tab: &Rc<Tab>, changed: Account) {
    let tab = Rc::clone(tab);
    spawn(async move {
        if fetch(&tab, changed).await.is_err() {
            // Not to be missed: the next `sync` asks for all.
            let write = put_value(VERSION, &0);
            note(tab.history.disk.write(vec![write], How::default()).await);
        }
    });
}

async fn fetch(tab: &Tab, what: Account) -> Result<(), Refusal> {
    if what.profile {
        fetch_me(tab).await?;
    }
    if what.contacts {
        fetch_contacts(tab).await?;
    }
    if what.requests {
        fetch_requests(tab).await?;
    }
    Ok(())
}

async fn fetch_me(tab: &Tab) -> Result<(), Refusal> {
    if let Some((me, etag)) = newer::<Me, Me>(tab, "me", name::ME).await? {
        keep_me(tab, me, etag).await;
    }
    Ok(())
}

/// Fetches the contacts, if they changed.
pub async fn fetch_contacts(tab: &Tab) -> Result<(), Refusal> {
    let newer = newer::<Contacts, Vec<Contact>>(tab, "contacts", name::CONTACTS).await?;
    if let Some((list, etag)) = newer {
        keep_contacts(tab, list.contacts, etag).await;
    }
    Ok(())
}

/// Fetches the requests, if they changed.
pub async fn fetch_requests(tab: &Tab) -> Result<(), Refusal> {
    let newer =
        newer::<ContactRequests, Vec<ContactRequest>>(tab, "contact_requests", name::REQUESTS)
            .await?;
    if let Some((list, etag)) = newer {
        keep_requests(tab, list.requests, etag).await;
    }
    Ok(())
}

/// Keeps and shows the reader's own profile.
pub async fn keep_me(tab: &Tab, me: Me, etag: Option<String>) {
    keep(tab, name::ME, &me, etag, [&me.user]).await;
    tab.share(Seen::Users(vec![me.user.clone()]));
    tab.share(Seen::Me(Box::new(me)));
}

/// Keeps and shows the contacts.
pub async fn keep_contacts(tab: &Tab, contacts: Vec<Contact>, etag: Option<String>) {
    let users = contacts.iter().map(|it| &it.user);
    keep(tab, name::CONTACTS, &contacts, etag, users).await;
    tab.share(Seen::Contacts(contacts));
}

/// Keeps and shows the requests.
pub async fn keep_requests(tab: &Tab, requests: Vec<ContactRequest>, etag: Option<String>) {
    let users = requests.iter().flat_map(|it| [&it.sender, &it.recipient]);
    keep(tab, name::REQUESTS, &requests, etag, users).await;
    tab.share(Seen::Requests(requests));
}

async fn newer<T: DeserializeOwned, K: DeserializeOwned>(
    tab: &Tab,
    path: &str,
    name: &str,
) -> Result<Option<(T, Option<String>)>, Refusal> {
    let kept: Option<Kept<K>> = tab.history.value(name).await.ok().flatten();
    let etag = kept.and_then(|kept| kept.etag);
    tab.http.get_newer(path, etag.as_deref()).await
}

async fn keep<'a, T: Serialize>(
    tab: &Tab,
    name: &str,
    value: &T,
    etag: Option<String>,
    users: impl IntoIterator<Item = &'a User>,
) {
    let mut writes: Vec<_> = users.into_iter().map(put_user).collect();
    writes.push(put_value(name, &Kept { value, etag }));
    note(tab.history.disk.write(writes, How::default()).await);
}

/// A cache that cannot be written is fetched again at the next start: said, and no more.
pub fn note<T>(written: Result<T, super::disk::DiskError>) {
    if let Err(error) = written {
        web_sys::console::warn_1(&error.to_string().into());
    }
}
