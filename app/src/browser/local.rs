//! Small things in `localStorage`: they are there at once, and missing them hurts nobody.

use protocol::api::SHARED_COOKIE;
use protocol::api::accounts::Me;
use protocol::api::pages::{Boot, Display, Language, PageData, Theme};
use protocol::{ConversationId, UserId, json};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::device;
use crate::state::port::Local;

/// Who was logged in here last, for a start without a network.
const LAST_USER: &str = "zspchat-user";
/// Ends the key that is there for whom [`shared_with`] names.
const SHARED: &str = "shared";

/// Who was logged in here last.
pub fn last_user() -> Option<UserId> {
    read_text(LAST_USER)?.parse().ok()
}

/// Nobody is logged in here.
pub fn nobody() {
    remove(LAST_USER);
}

/// Remembers who is logged in, and what every page starts from.
pub fn remember(me: &Me, boot: &Boot) {
    let user = me.user.id;
    write_text(LAST_USER, &user.to_string());
    let bare = Boot {
        data: PageData::default(),
        form: None,
        form_token: String::new(),
        ..boot.clone()
    };
    write(&key(user, "boot"), &bare);
    if device::cookie(SHARED_COOKIE).is_some() {
        write_text(&key(user, SHARED), "");
    } else {
        remove(&key(user, SHARED));
    }
}

/// Of whom nothing may stay here once nobody is logged in: others use this browser too.
pub fn shared_with() -> Vec<UserId> {
    let end = format!("-{SHARED}");
    let users = keys().into_iter().filter_map(|key| {
        let user = key.strip_prefix("zspchat-")?.strip_suffix(&end)?;
        user.parse().ok()
    });
    users.collect()
}

/// What pages started from last, shown as the cookies say now.
pub fn boot(user: UserId) -> Option<Boot> {
    let mut boot: Boot = read(&key(user, "boot"))?;
    boot.now = super::time::now();
    boot.display = display(boot.display);
    Some(boot)
}

fn display(mut display: Display) -> Display {
    let languages = [Language::Chinese, Language::English];
    let themes = [Theme::System, Theme::Light, Theme::Dark];
    if let Some(tag) = device::cookie("language")
        && let Some(language) = languages.into_iter().find(|it| it.tag() == tag)
    {
        display.language = language;
    }
    if let Some(name) = device::cookie("theme")
        && let Some(theme) = themes.into_iter().find(|it| it.name() == name)
    {
        display.theme = theme;
    }
    display
}

/// Settings of this device.
pub fn settings(user: UserId) -> Local {
    read(&key(user, "local")).unwrap_or_default()
}

/// Keeps settings of this device.
pub fn save_settings(user: UserId, local: &Local) {
    write(&key(user, "local"), local);
}

/// What stands in the composers.
pub fn drafts(user: UserId) -> Vec<(ConversationId, String)> {
    let prefix = key(user, "draft-");
    let drafts = keys().into_iter().filter_map(|key| {
        let conversation = key.strip_prefix(&prefix)?.parse().ok()?;
        Some((conversation, read_text(&key)?))
    });
    drafts.collect()
}

/// Keeps what stands in a composer.
pub fn save_draft(user: UserId, conversation: ConversationId, text: &str) {
    let key = key(user, &format!("draft-{conversation}"));
    if text.is_empty() {
        remove(&key);
    } else {
        write_text(&key, text);
    }
}

/// Nobody is logged in here any more; without `keep`, nothing of theirs stays.
pub fn forget(user: UserId, keep: bool) {
    nobody();
    if !keep {
        let prefix = key(user, "");
        for key in keys().iter().filter(|key| key.starts_with(&prefix)) {
            remove(key);
        }
    }
}

fn key(user: UserId, name: &str) -> String {
    format!("zspchat-{user}-{name}")
}

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok()?
}

fn keys() -> Vec<String> {
    let Some(storage) = storage() else {
        return Vec::new();
    };
    let length = storage.length().unwrap_or(0);
    (0..length)
        .filter_map(|index| storage.key(index).ok()?)
        .collect()
}

fn read_text(key: &str) -> Option<String> {
    storage()?.get_item(key).ok()?
}

fn read<T: DeserializeOwned>(key: &str) -> Option<T> {
    json::from_str(&read_text(key)?).ok()
}

fn write_text(key: &str, text: &str) {
    if let Some(storage) = storage()
        && let Err(error) = storage.set_item(key, text)
    {
        web_sys::console::warn_1(&error);
    }
}

fn write(key: &str, value: &impl Serialize) {
    write_text(key, &json::to_string(value));
}

fn remove(key: &str) {
    if let Some(storage) = storage() {
        // Nothing there is as good as removed.
        let _ = storage.remove_item(key);
    }
}
