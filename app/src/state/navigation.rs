//! Which page is shown, and how links lead from one to the next without loading anew.

use leptos::prelude::*;
use leptos::{ev, html};
use wasm_bindgen::{JsCast, JsValue};

use super::place::Place;

/// The path and query of the page that is asked for, as the server knows it.
#[derive(Debug, Clone)]
pub struct Address(pub String);

/// Where the reader is.
#[derive(Clone, Copy)]
pub struct Navigation {
    address: RwSignal<String>,
    /// What is shown there.
    pub place: Memo<Place>,
}

impl Navigation {
    /// At the address the server was asked for, or the browser shows.
    pub fn new() -> Self {
        let address =
            RwSignal::new(use_context::<Address>().map_or_else(shown, |Address(address)| address));
        let place = Memo::new(move |_| address.with(|address| Place::parse(address)));
        Self { address, place }
    }

    /// Goes to a page.
    pub fn go(self, place: Place) {
        self.go_to(&place.path(), false);
    }

    /// Goes to a page, in the place of this one in the browser's history.
    pub fn replace(self, place: Place) {
        self.go_to(&place.path(), true);
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
        self.address.set(address.to_owned());
    }

    /// Follows links and the browser's own buttons. In the browser only.
    pub fn listen(self) {
        let clicks = window_event_listener(ev::click, move |event| {
            if let Some(address) = inside(&event) {
                event.prevent_default();
                if address != shown() {
                    self.go_to(&address, false);
                }
            }
        });
        let steps = window_event_listener(ev::popstate, move |_| self.address.set(shown()));
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
        if let Some(element) = element.get_untracked()
            && let Some(element) = element.dyn_ref::<web_sys::HtmlElement>()
        {
            let _ = element.focus();
        }
    });
}

/// Which column a narrow screen shows: `list`, `chat` or `page`.
pub const fn body_view(place: Place) -> &'static str {
    if place.is_list() {
        "list"
    } else if place.conversation().is_some() {
        "chat"
    } else {
        "page"
    }
}
