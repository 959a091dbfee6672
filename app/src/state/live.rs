//! What begins when the page comes alive in the browser.

use std::time::Duration;

use leptos::prelude::*;
use litemap::LiteMap;
use protocol::UserId;

use super::Chat;
use super::navigation::body_view;
use super::port::Action;
use crate::erased::{effect, memo};

/// A stream watches no more than this.
const WATCHED: usize = 200;

impl Chat {
    /// Follows links, keeps the time, and keeps the document's own attributes up to date. In the
    /// browser only, once.
    pub fn live(self) {
        self.navigation.listen();
        self.keep_time();
        self.follow_place();
        self.keep_document();
        self.watch_contacts();
    }

    fn keep_time(self) {
        // How far the server's clock is ahead of this device's, as the page said.
        let here = js_sys::Date::now();
        let told = self.now.get_untracked();
        let ahead = if told == 0 {
            0.0
        } else {
            as_float(told) - here
        };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "whole milliseconds since 1970"
        )]
        let tick = move || self.now.set((js_sys::Date::now() + ahead) as i64);
        #[expect(clippy::cast_possible_truncation, reason = "minutes of a day")]
        let offset = -js_sys::Date::new_0().get_timezone_offset() as i32;
        self.display.maybe_update(|display| {
            let differs = display.utc_offset != offset;
            display.utc_offset = offset;
            differs
        });
        tick();
        if let Ok(timer) = set_interval_with_handle(tick, Duration::from_secs(20)) {
            on_cleanup(move || timer.clear());
        }
    }

    fn follow_place(self) {
        let place = self.navigation.place;
        let conversation = memo(move || place.get().conversation());
        effect(move || match conversation.get() {
            Some(id) if self.known.get() => untrack(|| self.open(id)),
            Some(_) => {}
            None => untrack(|| self.close()),
        });
        effect(move || set_on_body("data-view", body_view(place.get())));
    }

    fn keep_document(self) {
        effect(move || {
            let (theme, language) = self
                .display
                .with(|display| (display.theme.name(), display.language.tag()));
            if let Some(root) = document().document_element() {
                let _ = root.set_attribute("data-theme", theme);
                let _ = root.set_attribute("lang", language);
            }
        });
        let unread = self.rows.unread;
        effect(move || {
            let unread = unread.get();
            let title = match unread {
                0 => "zspchat".to_owned(),
                1..=99 => format!("({unread}) zspchat"),
                _ => "(99+) zspchat".to_owned(),
            };
            document().set_title(&title);
            set_favicon(unread);
        });
        effect(move || {
            if self.ready.get() {
                set_on_body("data-ready", "");
            }
        });
    }

    fn watch_contacts(self) {
        let watched = memo(move || {
            self.people.contacts.with(|contacts| {
                let mutual = contacts.values().filter(|it| it.mutual && !it.blocked);
                mutual
                    .map(|it| it.user.id)
                    .take(WATCHED)
                    .collect::<Vec<UserId>>()
            })
        });
        effect(move || self.act(Action::Watch(watched.get())));
        // Who writes, and who is there, is forgotten with the account.
        let me = memo(move || self.my_id());
        Effect::new(move |before: Option<Option<UserId>>| {
            let now = me.get();
            if before.is_some_and(|before| before != now) {
                self.people.presence.update(LiteMap::clear);
            }
            now
        });
    }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit")]
fn as_float(at: protocol::Millis) -> f64 {
    at as f64
}

fn set_on_body(name: &str, value: &str) {
    if let Some(body) = document().body() {
        let _ = body.set_attribute(name, value);
    }
}

/// A favicon with the count on it.
fn set_favicon(unread: u64) {
    let Ok(Some(link)) = document().query_selector("link[rel=icon]") else {
        return;
    };
    let address = if unread == 0 {
        "/favicon.svg".to_owned()
    } else {
        let (count, size) = match unread {
            1..=9 => (unread.to_string(), 40),
            10..=99 => (unread.to_string(), 34),
            _ => ("99+".to_owned(), 26),
        };
        format!(
            "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 64 64'%3E\
             %3Crect width='64' height='64' rx='14' fill='%2307C160'/%3E\
             %3Ccircle cx='38' cy='38' r='26' fill='%23d43d3d'/%3E\
             %3Ctext x='38' y='38' dy='.36em' text-anchor='middle' font-family='sans-serif' \
             font-weight='700' font-size='{size}' fill='%23fff'%3E{count}%3C/text%3E%3C/svg%3E"
        )
    };
    let _ = link.set_attribute("href", &address);
}
