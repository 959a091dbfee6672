//! Actions on this device and the session.

use std::rc::Rc;

use protocol::{Code, Problem, UserId};

use super::answer;
use crate::browser::channel::{Note, Seen, Wish};
use crate::browser::disk::{Disk, Table};
use crate::browser::history::History;
use crate::browser::tab::Tab;
use crate::browser::{device, leader, local, time};
use crate::state::port::{Local, Reply, Storage};

pub fn watch(tab: &Tab, users: Vec<UserId>) {
    tab.watched.replace(users.clone());
    tab.wish(Wish::Watch { tab: tab.id, users });
}

pub fn set_local(tab: &Tab, settings: Local) {
    local::save_settings(tab.user(), &settings);
    tab.say(&Note::Seen(Seen::Local(settings)));
}

pub async fn outbox_size(tab: &Tab) -> Result<usize, Problem> {
    Ok(tab.history.outbox().await?.len())
}

pub async fn storage(tab: &Tab) -> Result<Storage, Problem> {
    let disk = &tab.history.disk;
    let events = disk.count(Table::Events).await?;
    Ok(device::storage(tab.shared, disk.lasting(), events).await)
}

/// Ends the session on the server first: only then may the page forget whose it is.
pub async fn log_out(tab: &Rc<Tab>, keep: bool, reply: Reply<()>) {
    match tab.http.order("DELETE", "session").await {
        Ok(_) => {}
        Err(refusal) if refusal.problem.code == Code::Unauthenticated => {}
        Err(refusal) => return answer(reply, Err(refusal.problem)),
    }
    // Nothing is written any more, so that the database can go.
    tab.changing.set(true);
    leader::stop(tab);
    tab.say(&Note::LoggedOut);
    local::forget(tab.user(), keep);
    tab.history.disk.close();
    if !keep {
        let name = History::name(tab.user());
        // Other tabs let go of it when they are asked to; one that hangs must not hold this up.
        match time::within(5_000, Disk::delete(&name)).await {
            Some(Ok(())) => {}
            Some(Err(error)) => return answer(reply, Err(error.into())),
            None => {
                let why = "Close the other tabs of this site, then clear its data in the browser.";
                return answer(reply, Err(Problem::new(Code::Unavailable, why)));
            }
        }
    }
    answer(reply, Ok(()));
    device::go("/login");
}
