//! Which page is shown, and how links lead from one to the next without loading anew.

use leptos::prelude::*;
use leptos::{ev, html};
use wasm_bindgen::{JsCast, JsValue};

use super::place::Place;
use crate::erased::memo;

/// The path and query of the page that is asked for, as the server knows it.
#[derive(Debug, Clone)]
pub struct Address(pub String);

/// Where the reader is.
#[derive(Clone, Copy)]
pub struct Navigation {
    address: RwSignal<String>,
    moved: StoredValue<bool>,
    /// What is shown there.
    pub place: Memo<Place>,
}

impl Navigation {
    /// At the address the server was asked for, or the browser shows.
    pub fn new() -> Self {
        let address =
            RwSignal::new(use_context::<Address>().map_or_else(shown, |Address(address)| address));
        let place = memo(move || address.with(|address| Place::parse(address)));
        Self {
            address,
            moved: StoredValue::new(false),
            place,
        }
    }

    /// Whether the reader came here from another page of the app: then the focus goes along. It is
    /// theirs on a page that the browser has loaded.
    pub fn has_moved(self) -> bool {
        self.moved.get_value()
    }

    /// A value in the address's query, where it has one.
    pub fn query(self, name: &str) -> Option<String> {
        self.address
            .with_untracked(|address| queried(address, name))
    }

    /// Goes to a page.
    pub fn go(self, place: Place) {
        self.go_to(&place.path(), false);
    }

    /// Goes to a page, in the place of this one in the browser's history.
    pub fn replace(self, place: Place) {
        self.go_to(&place.path(), true);
    }

    /// Goes to an address of the app, unless that is shown.
    pub fn follow(self, address: &str) {
        if address != shown() {
            self.go_to(address, false);
        }
    }

    /// Loads a page anew from the server.
    pub fn load(place: Place) {
        let _ = window().location().assign(&place.path());
    }

    fn go_to(self, address: &str, replace: bool) {
        if let Ok(history) = window().history() {
            let _ = if replace {
                history.replace_state_with_url(&JsValue::NULL, "", Some(address))
            } else {
                history.push_state_with_url(&JsValue::NULL, "", Some(address))
            };
        }
        self.moved.set_value(true);
        self.address.set(address.to_owned());
    }

    /// Follows links and the browser's own buttons. In the browser only.
    pub fn listen(self) {
        let clicks = window_event_listener(ev::click, move |event| {
            if let Some(address) = inside(&event) {
                event.prevent_default();
                self.follow(&address);
            }
        });
        let steps = window_event_listener(ev::popstate, move |_| {
            self.moved.set_value(true);
            self.address.set(shown());
        });
        on_cleanup(move || {
            clicks.remove();
            steps.remove();
        });
    }
}

impl Default for Navigation {
    fn default() -> Self {
        Self::new()
    }
}

fn shown() -> String {
    let location = window().location();
    location.pathname().unwrap_or_default() + &location.search().unwrap_or_default()
}

/// The value of that name in an address's query.
fn queried(address: &str, name: &str) -> Option<String> {
    let (_, query) = address.split_once('?')?;
    let query = query.split('#').next().unwrap_or_default();
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.into_iter().find(|(key, _)| *key == name)?;
    Some(unescaped(value))
}

/// Text as it stood in a form before it became part of an address.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = (*first == b'%').then(|| after.get(..2)).flatten();
        let byte = escaped
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        rest = if byte.is_some() { &after[2..] } else { after };
        bytes.push(byte.unwrap_or(if *first == b'+' { b' ' } else { *first }));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The address of the link that was clicked, if it leads to another page of the app, here.
fn inside(event: &ev::MouseEvent) -> Option<String> {
    if event.default_prevented()
        || event.button() != 0
        || event.meta_key()
        || event.ctrl_key()
        || event.shift_key()
        || event.alt_key()
    {
        return None;
    }
    let element: web_sys::Element = event.target()?.dyn_into().ok()?;
    let link = element.closest("a[href]").ok()??;
    if link.has_attribute("target") || link.has_attribute("download") {
        return None;
    }
    let href = link.get_attribute("href")?;
    let inside = href.starts_with('/') && !href.starts_with("//");
    (inside && Place::parse(&href) != Place::Nowhere).then_some(href)
}

/// Moves the focus to an element, when the page has settled.
pub fn focus_soon<E>(element: NodeRef<E>)
where
    E: html::ElementType,
    E::Output: JsCast + Clone + 'static,
{
    request_animation_frame(move || {
        // It may be gone by then, and the page it was on as well.
        if let Some(element) = element.try_get_untracked().flatten()
            && let Some(element) = element.dyn_ref::<web_sys::HtmlElement>()
        {
            let _ = element.focus();
        }
    });
}

/// Whether list and conversation are a stack here, as on a phone.
pub fn is_narrow() -> bool {
    let width = window().inner_width().ok().and_then(|it| it.as_f64());
    width.is_some_and(|width| width < 768.0)
}

/// Which column a narrow screen shows: `list`, `chat`, its `details` or `page`.
pub const fn body_view(place: Place) -> &'static str {
    if place.is_list() {
        "list"
    } else if matches!(place, Place::Details(_)) {
        "details"
    } else if place.conversation().is_some() {
        "chat"
    } else {
        "page"
    }
}

#[cfg(test)]
mod tests {
    use super::queried;

    #[test]
    fn a_query_is_read_as_it_was_typed() {
        let read = |address| queried(address, "find");
        assert_eq!(read("/contacts/add?find=anna"), Some("anna".to_owned()));
        assert_eq!(
            read("/contacts/add?a=b&find=%E5%B0%8F+%E6%9E%97%21#x"),
            Some("小 林!".to_owned())
        );
        assert_eq!(read("/contacts/add?find=100%"), Some("100%".to_owned()));
        assert_eq!(read("/contacts/add?find="), Some(String::new()));
        assert_eq!(read("/contacts/add"), None);
    }
}
