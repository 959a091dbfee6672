//! What this device and browser offer besides.

use std::rc::Rc;

use js_sys::{Intl, Object, Reflect};
use protocol::api::pages::Display;
use protocol::api::{OFFERED_COOKIE, SHARED_COOKIE};
use protocol::json;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlDocument, MessageEvent, MessagePort, ServiceWorkerContainer, Window};

use super::http::property;
use super::time::spawn;
use crate::state::port::{Capability, News, Storage};

/// A year, in seconds.
const YEAR: u32 = 31_536_000;

/// Tells the server the reader's time zone, for the pages it renders.
pub fn keep_time_zone() {
    let zone = Intl::DateTimeFormat::new(&js_sys::Array::new(), &Object::new()).resolved_options();
    if let Some(zone) = property(&zone, "timeZone").and_then(|it| it.as_string()) {
        set_cookie("time_zone", &zone);
    }
}

/// Keeps language and theme, for the pages the server renders.
pub fn keep_display(display: &Display) {
    set_cookie("language", display.language.tag());
    set_cookie("theme", display.theme.name());
}

/// A cookie's value.
pub fn cookie(name: &str) -> Option<String> {
    let all = document()?.cookie().ok()?;
    let mut pairs = all.split("; ").filter_map(|pair| pair.split_once('='));
    let value = pairs.find_map(|(key, value)| (key == name).then_some(value))?;
    js_sys::decode_uri_component(value).ok()?.as_string()
}

fn set_cookie(name: &str, value: &str) {
    let secure = web_sys::window()
        .and_then(|window| window.location().protocol().ok())
        .is_some_and(|protocol| protocol == "https:");
    let secure = if secure { "; Secure" } else { "" };
    if let Some(document) = document() {
        let text = format!("{name}={value}; Path=/; Max-Age={YEAR}; SameSite=Lax{secure}");
        // Without cookies the pages come in the browser's language.
        let _ = document.set_cookie(&text);
    }
}

fn document() -> Option<HtmlDocument> {
    web_sys::window()?.document()?.dyn_into().ok()
}

/// Goes to another page.
pub fn go(path: &str) {
    if let Some(window) = web_sys::window()
        && let Err(error) = window.location().assign(path)
    {
        web_sys::console::error_1(&error);
    }
}

/// Has the service worker keep the app, where there are service workers. `led` hears where it leads
/// this tab, for as long as the page lives.
pub fn keep_app(led: impl Fn(String) + 'static) {
    let Some(workers) = workers() else {
        return;
    };
    let hear = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
        if let Some(address) = message.data().as_string() {
            led(address);
        }
        let port = message.ports().get(0).dyn_into::<MessagePort>();
        if let Ok(port) = port {
            // It waits for an answer; without one, it loads the page.
            let _ = port.post_message(&JsValue::NULL);
        }
    });
    workers.set_onmessage(Some(hear.as_ref().unchecked_ref()));
    hear.forget();
    let registered = workers.register("/sw.js");
    spawn(async move {
        if let Err(error) = JsFuture::from(registered).await {
            web_sys::console::warn_1(&error);
        }
    });
}

/// Tells the service worker something, where there is one.
pub fn tell(news: &News) {
    if let Some(worker) = workers().and_then(|workers| workers.controller()) {
        // Nobody is told then.
        let _ = worker.post_message(&JsValue::from_str(&json::to_string(news)));
    }
}

fn workers() -> Option<ServiceWorkerContainer> {
    let navigator = web_sys::window()?.navigator();
    property(&navigator, "serviceWorker").map(JsCast::unchecked_into)
}

/// Whether there can be notifications while no tab is open.
fn has_push() -> bool {
    web_sys::window().is_some_and(|window| property(&window, "PushManager").is_some())
}

/// Whether notifications can be offered: there can be some, the browser has not been told yet whether
/// there may, and it is no computer that others use too.
pub fn may_offer_notifications() -> bool {
    let permission = web_sys::window()
        .and_then(|window| property(&window, "Notification"))
        .and_then(|it| property(&it, "permission")?.as_string());
    has_push() && permission.as_deref() == Some("default") && cookie(SHARED_COOKIE).is_none()
}

/// They are not offered again.
pub fn decline_notifications() {
    set_cookie(OFFERED_COOKIE, "1");
}

/// Asks the browser not to evict the history, where it can be asked.
pub fn ask_to_persist() {
    let Some(storage) = storage_manager() else {
        return;
    };
    let Ok(asked) = storage.persist() else {
        return;
    };
    spawn(async move {
        // Whether it was granted is asked for where it is shown.
        let _ = JsFuture::from(asked).await;
    });
}

/// What the browser says of the room it gives, and what it lacks. `shared` and `lasting` as the
/// tab has it; `events` are counted by the caller.
pub async fn storage(shared: bool, lasting: bool, events: u64) -> Storage {
    let mut missing = Vec::new();
    if !shared {
        missing.push(Capability::SharedStream);
    }
    let navigator = web_sys::window().map(|window| window.navigator());
    let has = |name| {
        navigator
            .as_ref()
            .is_some_and(|navigator| property(navigator, name).is_some())
    };
    if !has("serviceWorker") {
        missing.push(Capability::OfflineOpen);
    }
    if !has_push() {
        missing.push(Capability::Notifications);
    }
    if !lasting {
        missing.push(Capability::History);
    }
    let Some(manager) = storage_manager() else {
        missing.push(Capability::PersistentStorage);
        return Storage {
            events,
            missing,
            ..Storage::default()
        };
    };
    let estimate = match manager.estimate() {
        Ok(estimate) => JsFuture::from(estimate).await.ok(),
        Err(_) => None,
    };
    let persisted = match manager.persisted() {
        Ok(persisted) => JsFuture::from(persisted).await.ok(),
        Err(_) => None,
    };
    let bytes = |name| {
        let value = property(estimate.as_ref()?, name)?.as_f64()?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a count of bytes"
        )]
        Some(value as u64)
    };
    Storage {
        events,
        bytes: bytes("usage"),
        quota: bytes("quota"),
        persisted: persisted.is_some_and(|it| it.is_truthy()),
        missing,
    }
}

fn storage_manager() -> Option<web_sys::StorageManager> {
    let navigator = web_sys::window()?.navigator();
    property(&navigator, "storage").map(JsCast::unchecked_into)
}

/// Calls `hear` on each event of that name, as long as the page lives.
pub fn listen(name: &str, hear: impl Fn() + 'static) {
    let Some(window) = web_sys::window() else {
        return;
    };
    let handler = Closure::<dyn FnMut()>::new(hear);
    let added = window.add_event_listener_with_callback(name, handler.as_ref().unchecked_ref());
    if let Err(error) = added {
        web_sys::console::error_1(&error);
    }
    handler.forget();
}

/// Offers text for download as a file.
pub fn offer(name: &str, parts: &js_sys::Array) -> Result<(), JsValue> {
    let options = web_sys::BlobPropertyBag::new();
    options.set_type("application/jsonl");
    let blob = web_sys::Blob::new_with_str_sequence_and_options(parts, &options)?;
    let address = web_sys::Url::create_object_url_with_blob(&blob)?;
    let document = web_sys::window()
        .and_then(|window: Window| window.document())
        .ok_or("there is no document")?;
    let link: web_sys::HtmlElement = document.create_element("a")?.unchecked_into();
    link.set_attribute("href", &address)?;
    link.set_attribute("download", name)?;
    link.click();
    // The browser has begun to read when the click returns, but keeps the address a while longer.
    let address = Rc::new(address);
    spawn(async move {
        super::time::sleep(60_000).await;
        // It is gone with the page anyway.
        let _ = web_sys::Url::revoke_object_url(&address);
    });
    Ok(())
}

/// Today's date, as in a file's name.
pub fn today() -> String {
    let text = js_sys::Date::new_0().to_iso_string();
    String::from(text).chars().take(10).collect()
}

/// What went wrong, in words.
pub fn reason(error: &JsValue) -> String {
    let message = Reflect::get(error, &"message".into()).ok();
    message
        .and_then(|message| message.as_string())
        .unwrap_or_else(|| format!("{error:?}"))
}
