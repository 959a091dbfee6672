//! Profiles: looked up in bulk, kept on the disk, so that history has names offline.

use std::rc::Rc;

use protocol::api::accounts::{Known, Lookup, User, Users};
use protocol::{Millis, UserId};

use super::account::note;
use super::channel::Seen;
use super::disk::How;
use super::history::put_user;
use super::tab::Tab;
use super::time::{now, spawn};

/// How long a profile counts as fresh, in milliseconds.
const FRESH: Millis = 24 * 60 * 60 * 1_000;
/// How many are asked for at once.
const AT_ONCE: usize = 500;

/// Keeps and shows profiles that came along with something else, if they are new or changed.
pub async fn save(tab: &Tab, users: &[User]) {
    let fresh: Vec<User> = {
        let people = tab.people.borrow();
        let known = |user: &User| people.get(&user.id).is_some_and(|(it, _)| it == user);
        users.iter().filter(|user| !known(user)).cloned().collect()
    };
    if fresh.is_empty() {
        return;
    }
    let writes = fresh.iter().map(put_user).collect();
    note(tab.history.disk.write(writes, How::default()).await);
    tab.share(Seen::Users(fresh));
}

/// Looks up those who are not known, or were not asked for in a day.
pub fn look_up(tab: &Rc<Tab>, users: Vec<UserId>) {
    let wanted: Vec<Known> = {
        let people = tab.people.borrow();
        let wanted = users.into_iter().filter_map(|id| match people.get(&id) {
            None => Some(Known { id, version: 0 }),
            Some((user, asked)) => (now() - asked > FRESH).then_some(Known {
                id,
                version: user.version,
            }),
        });
        wanted.collect()
    };
    let tab = Rc::clone(tab);
    spawn(async move {
        for some in wanted.chunks(AT_ONCE) {
            let lookup = Lookup {
                users: some.to_vec(),
            };
            let Ok(found) = tab
                .http
                .send::<Users>("POST", "users/lookup", &lookup)
                .await
            else {
                // They stay unknown, and are asked for when they are next seen.
                return;
            };
            {
                let mut people = tab.people.borrow_mut();
                for known in some {
                    if let Some((_, asked)) = people.get_mut(&known.id) {
                        *asked = now();
                    }
                }
            }
            save(&tab, &found.users).await;
        }
    });
}
