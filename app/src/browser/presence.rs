//! Whose presence to watch: what all tabs want, told to the server for the one stream.

use std::rc::Rc;

use protocol::UserId;
use protocol::sync::Show;
use serde::Serialize;

use super::channel::Seen;
use super::driver::Driver;
use super::tab::Tab;
use super::time::spawn;

/// The most that a stream watches.
const MOST: usize = 200;

/// `PUT stream/{stream}/watch`.
#[derive(Serialize)]
struct Watch {
    users: Vec<UserId>,
}

/// Tells the server, if the wish changed since it was told last.
pub fn watch(driver: &Rc<Driver>) {
    let Some(stream) = driver.tab.stream.get() else {
        return;
    };
    let watches = driver.watches.borrow();
    let mut users: Vec<UserId> = watches.values().flatten().copied().collect();
    drop(watches);
    users.sort_unstable();
    users.dedup();
    users.truncate(MOST);
    if driver.watched.borrow().as_ref() == Some(&users) {
        return;
    }
    driver.watched.replace(Some(users.clone()));
    let driver = Rc::clone(driver);
    spawn(async move {
        let path = format!("stream/{stream}/watch");
        let told = driver.tab.http.tell("PUT", &path, &Watch { users }).await;
        if told.is_err() && driver.tab.stream.get() == Some(stream) {
            // With the next wish, or the next stream, it is told again.
            driver.watched.take();
        }
    });
}

/// Says what is known already to a tab that wants it: the server tells only what changes.
pub fn remind(tab: &Tab, users: &[UserId]) {
    let known: Vec<_> = {
        let presences = tab.presences.borrow();
        let known = users.iter().filter_map(|user| presences.get(user).copied());
        known.collect()
    };
    for presence in known {
        tab.share(Seen::Show(Box::new(Show::Presence(presence))));
    }
}
