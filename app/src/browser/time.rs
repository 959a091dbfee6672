//! The browser's clock, timers and randomness.

use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;

use futures::channel::oneshot;
use futures::future::{Either, select};
use js_sys::{Function, Reflect};
use protocol::Millis;
use wasm_bindgen::prelude::*;

/// The browser's time.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a date is a whole number of milliseconds"
)]
pub fn now() -> Millis {
    js_sys::Date::now() as Millis
}

/// Runs a future beside everything else.
pub fn spawn(future: impl Future<Output = ()> + 'static) {
    wasm_bindgen_futures::spawn_local(future);
}

/// So many random bytes. `crypto.getRandomValues` is there on plain-http addresses too.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let filled = web_sys::window()
        .and_then(|window| window.crypto().ok())
        .is_some_and(|crypto| crypto.get_random_values_with_u8_array(&mut bytes).is_ok());
    if !filled {
        for byte in &mut bytes {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "between 0 and 256"
            )]
            {
                *byte = (js_sys::Math::random() * 256.0) as u8;
            }
        }
    }
    bytes
}

/// A timer that has been set; dropped, it does not ring.
pub struct Timeout {
    id: i32,
    _handler: Closure<dyn FnMut()>,
}

impl Timeout {
    /// Calls `ring` after so many milliseconds.
    pub fn new(milliseconds: u64, ring: impl FnOnce() + 'static) -> Self {
        let ring = Cell::new(Some(ring));
        let handler = Closure::<dyn FnMut()>::new(move || {
            if let Some(ring) = ring.take() {
                ring();
            }
        });
        // A timer of more than 2^31 ms would ring at once.
        let milliseconds = i32::try_from(milliseconds).unwrap_or(i32::MAX);
        let id = web_sys::window()
            .and_then(|window| {
                window
                    .set_timeout_with_callback_and_timeout_and_arguments_0(
                        handler.as_ref().unchecked_ref(),
                        milliseconds,
                    )
                    .ok()
            })
            .unwrap_or_default();
        Self {
            id,
            _handler: handler,
        }
    }
}

impl Drop for Timeout {
    fn drop(&mut self) {
        if let Some(window) = web_sys::window() {
            window.clear_timeout_with_handle(self.id);
        }
    }
}

/// Waits so many milliseconds.
pub async fn sleep(milliseconds: u64) {
    let (send, rang) = oneshot::channel();
    let _timeout = Timeout::new(milliseconds, move || {
        let _ = send.send(());
    });
    let _ = rang.await;
}

/// Waits for a future, but no longer than so many milliseconds: `None` after that.
pub async fn within<T>(milliseconds: u64, future: impl Future<Output = T>) -> Option<T> {
    match select(pin!(future), pin!(sleep(milliseconds))).await {
        Either::Left((value, _)) => Some(value),
        Either::Right(_) => None,
    }
}

/// Waits until the browser has nothing better to do, or a second.
pub async fn idle() {
    let window = web_sys::window().map(JsValue::from).unwrap_or_default();
    let request = Reflect::get(&window, &"requestIdleCallback".into())
        .ok()
        .and_then(|it| it.dyn_into::<Function>().ok());
    let Some(request) = request else {
        // Safari has none.
        return sleep(0).await;
    };
    let (send, idle) = oneshot::channel();
    let send = Rc::new(Cell::new(Some(send)));
    let handler = Closure::<dyn FnMut()>::new(move || {
        if let Some(send) = send.take() {
            let _ = send.send(());
        }
    });
    if request.call1(&window, handler.as_ref()).is_ok() {
        within(1_000, idle).await;
    }
    // The browser may still hold the handler: it is freed with the tab.
    handler.forget();
}
