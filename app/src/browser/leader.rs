//! Which tab leads, and what it does when it begins and ends to.

use std::pin::pin;
use std::rc::Rc;

use futures::future::{Either, select};
use protocol::sync::{Connection, Show};

use super::channel::{Note, Seen, Wish};
use super::disk::DiskError;
use super::driver::{Driver, End};
use super::locks::{Fate, Lock};
use super::tab::Tab;
use super::time::{now, sleep, spawn};

/// How long the one that leads may take to answer, in milliseconds.
const ANSWER: u64 = 2_000;
/// How often a visible tab asks whether somebody leads, in milliseconds.
const ASK: u64 = 10_000;
/// How long after the disk failed a tab may yet hear that it leads no more, in milliseconds.
const AWAKE: u64 = 1_000;
/// How long to wait after the disk failed, in milliseconds.
const DISK_AGAIN: u64 = 15_000;
/// How long whoever changes the disk behind the engine's back may take, in milliseconds.
const CHANGE: u64 = 120_000;

/// Leads whenever it is this tab's turn, for as long as the tab lives.
pub async fn take_part(tab: Rc<Tab>) {
    if !tab.shared {
        return lead(&tab).await;
    }
    let name = format!("zspchat-{}", tab.user());
    let mut steal = false;
    loop {
        let (lock, fate) = Lock::ask(&name, steal);
        let Fate { mut granted, lost } = fate;
        let stealing = steal;
        let waiting = async {
            if stealing {
                std::future::pending::<()>().await;
            }
            until_nobody_leads(&tab).await;
        };
        match select(&mut granted, pin!(waiting)).await {
            Either::Left((Ok(()), _)) => {
                steal = false;
                let leading = lead(&tab);
                let over = matches!(select(pin!(leading), lost).await, Either::Left(_));
                stop(&tab);
                if over {
                    drop(lock);
                    until_somebody_is_live(&tab).await;
                    continue;
                }
                // Taken away while this tab was frozen: what came meanwhile is on the disk.
                tab.stream.set(None);
                super::start::show_all(&tab).await;
            }
            // The browser refused, or this tab was late: again, but never in a tight loop.
            Either::Left((Err(_), _)) => {
                steal = false;
                sleep(1_000).await;
            }
            Either::Right(_) => steal = true,
        }
        drop(lock);
    }
}

/// Ends the engine, if it runs here.
pub fn stop(tab: &Tab) {
    if let Some(driver) = tab.driver.take() {
        driver.stop();
    }
}

/// Ends the engine, if it runs here, so that it starts again from what is now on the disk.
pub fn restart(tab: &Tab) {
    if let Some(driver) = &*tab.driver.borrow() {
        driver.stop();
    }
}

/// Runs the engine, again and again, until it is over: it starts from the disk each time.
async fn lead(tab: &Rc<Tab>) {
    let mut let_go = false;
    loop {
        while tab.changing.get() {
            sleep(100).await;
        }
        let restarts = tab.restarts.get();
        tab.stream.set(None);
        let (driver, inputs) = Driver::new(tab);
        tab.driver.replace(Some(Rc::clone(&driver)));
        if tab.shared {
            tab.say_leading();
        }
        again(tab);
        if tab.heard.get() > 0 {
            show_anew(tab);
        }
        let ended = Rc::clone(&driver).run(inputs).await;
        driver.stop();
        match ended {
            Ok(End::Stopped) => {}
            Ok(End::Over) => return,
            Err(DiskError::Fenced) => {
                // Who did it says when it is done.
                let until = now() + i64::try_from(CHANGE).unwrap_or(i64::MAX);
                while tab.restarts.get() == restarts && now() < until {
                    sleep(100).await;
                }
            }
            // Another tab logs out, and this one is about to be led to the log-in.
            Err(DiskError::LetGo) if !let_go => {
                let_go = true;
                sleep(DISK_AGAIN).await;
            }
            Err(error) => {
                // A tab that was frozen within a transaction finds it aborted, and is about to hear that
                // another tab leads: this ends here then.
                sleep(AWAKE).await;
                web_sys::console::error_1(&error.to_string().into());
                tab.share(Seen::DiskFailed(error == DiskError::Full));
                let offline = Show::Connection(Connection::Offline);
                tab.share(Seen::Show(Box::new(offline)));
                sleep(DISK_AGAIN).await;
            }
        }
    }
}

/// Says again what whoever led before may not have done.
fn again(tab: &Tab) {
    for offer in tab.offers.take() {
        tab.wish(offer);
    }
    if let Some(focus) = tab.focus.get() {
        tab.wish(Wish::Focus(focus));
    }
    let reads = tab.reads.borrow().clone();
    for (conversation, (seq, msg_no)) in reads {
        tab.wish(Wish::Read {
            conversation,
            seq,
            msg_no,
        });
    }
    tab.wish(Wish::Watch {
        tab: tab.id,
        users: tab.watched.borrow().clone(),
    });
}

/// Shows all from the disk: whoever led before may have stored something and told nobody.
fn show_anew(tab: &Rc<Tab>) {
    let tab = Rc::clone(tab);
    spawn(async move { super::start::show_all(&tab).await });
}

/// Waits until another tab is live: its user is logged in again. Until then, it is not for this tab to
/// hold up those that open after a log-in.
async fn until_somebody_is_live(tab: &Tab) {
    while tab.connection.get() != Connection::Live {
        sleep(1_000).await;
    }
}

/// Waits until this tab is visible and nobody answers that they lead.
async fn until_nobody_leads(tab: &Rc<Tab>) {
    loop {
        if visible() {
            let heard = tab.heard.get();
            tab.say(&Note::Ask);
            sleep(ANSWER).await;
            if tab.heard.get() == heard && visible() {
                return;
            }
        }
        sleep(ASK).await;
    }
}

fn visible() -> bool {
    let document = web_sys::window().and_then(|window| window.document());
    document.is_some_and(|document| !document.hidden())
}

/// Hears what another tab says.
pub fn hear(tab: &Rc<Tab>, note: Note) {
    match note {
        // Whoever led before may say last that the network is gone, when this tab has one.
        Note::Seen(Seen::Show(show))
            if tab.shared && tab.leads() && matches!(*show, Show::Connection(_)) => {}
        Note::Seen(seen) => tab.see(seen),
        Note::Wish(wish) => {
            let driver = tab.driver.borrow().clone();
            if let Some(driver) = driver
                && tab.shared
            {
                driver.fulfil(wish);
            }
        }
        Note::Ask => {
            if tab.shared && tab.leads() {
                tab.say_leading();
            }
        }
        Note::Leading {
            connection,
            stream,
            presences,
        } => {
            let known = tab.heard.get() > 0;
            let first = !known || stream != tab.stream.get();
            tab.heard.set(tab.heard.get() + 1);
            if tab.leads() {
                return;
            }
            tab.stream.set(stream);
            if tab.connection.get() != connection {
                tab.see(Seen::Show(Box::new(Show::Connection(connection))));
            }
            for presence in presences {
                tab.see(Seen::Show(Box::new(Show::Presence(presence))));
            }
            if first {
                again(tab);
                if known {
                    show_anew(tab);
                }
            }
        }
        Note::Restart => {
            tab.restarts.set(tab.restarts.get() + 1);
            restart(tab);
            show_anew(tab);
        }
        Note::LoggedOut => super::device::go("/login"),
    }
}
