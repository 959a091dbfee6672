//! The ways to open the menu of a thing: right click, long press, the menu key, Shift+F10.

use std::time::Duration;

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// So long is a long press.
const LONG_PRESS: Duration = Duration::from_millis(500);

/// Opens a menu at a place in the window.
#[derive(Clone, Copy)]
pub struct MenuGesture {
    open: Callback<(f64, f64)>,
    pressing: StoredValue<Option<TimeoutHandle>>,
    pressed: StoredValue<bool>,
}

impl MenuGesture {
    /// By what opens the menu.
    pub fn new(open: impl Fn((f64, f64)) + Send + Sync + 'static) -> Self {
        let gesture = Self {
            open: Callback::new(open),
            pressing: StoredValue::new(None),
            pressed: StoredValue::new(false),
        };
        // What is pressed may go before the press is a long one.
        on_cleanup(move || gesture.release());
        gesture
    }

    /// Right click, and what the system makes of a long press.
    pub fn context_menu(self, event: &ev::MouseEvent) {
        event.prevent_default();
        self.release();
        self.open
            .run((f64::from(event.client_x()), f64::from(event.client_y())));
    }

    /// The menu key, and Shift+F10.
    pub fn key(self, event: &ev::KeyboardEvent) {
        let key = event.key();
        if key == "ContextMenu" || (key == "F10" && event.shift_key()) {
            event.prevent_default();
            event.stop_propagation();
            self.open_below(event.as_ref());
        }
    }

    /// A click on a button for it.
    pub fn open_below(self, event: &ev::Event) {
        let element = event
            .current_target()
            .and_then(|it| it.dyn_into::<web_sys::Element>().ok());
        if let Some(element) = element {
            let bounds = element.get_bounding_client_rect();
            let middle = bounds.left() + (bounds.width() / 2.0).min(120.0);
            self.open
                .run((middle, bounds.bottom().min(bounds.top() + 48.0)));
        }
    }

    /// A finger comes down.
    pub fn press(self, event: &ev::PointerEvent) {
        self.pressed.set_value(false);
        if event.pointer_type() != "touch" {
            return;
        }
        let at = (f64::from(event.client_x()), f64::from(event.client_y()));
        let handle = set_timeout_with_handle(
            move || {
                self.pressing.set_value(None);
                self.pressed.set_value(true);
                self.open.run(at);
            },
            LONG_PRESS,
        );
        self.pressing.set_value(handle.ok());
    }

    /// The finger goes up, or away.
    pub fn release(self) {
        if let Some(timer) = self.pressing.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    }

    /// The click that follows a long press is none.
    pub fn click(self, event: &ev::MouseEvent) {
        if self.pressed.get_value() {
            self.pressed.set_value(false);
            event.prevent_default();
        }
    }
}
