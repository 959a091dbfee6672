//! Web Locks: a name that one tab holds at a time.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures::channel::oneshot;
use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortController;

use super::http::property;
use super::time::spawn;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["navigator", "locks"], js_name = request, catch)]
    fn request_lock(name: &str, options: &JsValue, callback: &Function)
    -> Result<Promise, JsValue>;
}

/// Whether the browser has them: not on plain-http addresses.
pub fn there() -> bool {
    web_sys::window().is_some_and(|window| property(&window.navigator(), "locks").is_some())
}

/// A lock that has been asked for. Dropped, it is given up, or no longer waited for.
pub struct Lock {
    abort: Option<AbortController>,
    release: Rc<RefCell<Option<Function>>>,
    given_up: Rc<Cell<bool>>,
}

/// What becomes of a lock, in this order.
pub struct Fate {
    /// It is this tab's.
    pub granted: oneshot::Receiver<()>,
    /// It is no longer: another tab took it, or the browser refused.
    pub lost: oneshot::Receiver<()>,
}

impl Lock {
    /// Asks for it; with `steal`, whoever holds it loses it at once.
    pub fn ask(name: &str, steal: bool) -> (Self, Fate) {
        let (grant, granted) = oneshot::channel();
        let (lose, lost) = oneshot::channel();
        // A lock that is stolen cannot also be aborted: it does not wait.
        let abort = if steal {
            None
        } else {
            AbortController::new().ok()
        };
        let lock = Self {
            abort,
            release: Rc::default(),
            given_up: Rc::default(),
        };
        let callback = Closure::once_into_js({
            let (release, given_up) = (Rc::clone(&lock.release), Rc::clone(&lock.given_up));
            move |_: JsValue| {
                if given_up.get() {
                    return JsValue::UNDEFINED;
                }
                // Held until this promise is resolved.
                let held = Promise::new(&mut |resolve, _| {
                    release.replace(Some(resolve));
                });
                let _ = grant.send(());
                held.into()
            }
        });
        let options = Object::new();
        let set = |name: &str, value: &JsValue| {
            // Setting a property of a plain object cannot fail.
            let _ = Reflect::set(&options, &name.into(), value);
        };
        if steal {
            set("steal", &JsValue::TRUE);
        } else if let Some(abort) = &lock.abort {
            set("signal", &abort.signal());
        }
        let asked = request_lock(name, &options, callback.unchecked_ref());
        spawn(async move {
            if let Ok(asked) = asked {
                let _ = JsFuture::from(asked).await;
            }
            let _ = lose.send(());
        });
        (lock, Fate { granted, lost })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.given_up.set(true);
        let release = self.release.take();
        match release {
            Some(release) => {
                let _ = release.call0(&JsValue::UNDEFINED);
            }
            None => {
                if let Some(abort) = &self.abort {
                    abort.abort();
                }
            }
        }
    }
}
