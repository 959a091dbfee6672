//! Requests and transactions of IndexedDB as futures.

use std::cell::Cell;
use std::rc::Rc;

use futures::channel::oneshot;
use wasm_bindgen::prelude::*;
use web_sys::{DomException, IdbRequest, IdbTransaction};

use super::DiskError;

/// Waits for a request's result. The transaction stays usable until the next wait for anything else.
pub async fn result(request: &IdbRequest) -> Result<JsValue, DiskError> {
    let (send, done) = oneshot::channel();
    let send = Cell::new(Some(send));
    let handler = Closure::<dyn FnMut()>::new(move || {
        if let Some(send) = send.take() {
            // Nobody waiting is fine.
            let _ = send.send(());
        }
    });
    request.set_onsuccess(Some(handler.as_ref().unchecked_ref()));
    request.set_onerror(Some(handler.as_ref().unchecked_ref()));
    let listening = Listening {
        request,
        _handler: handler,
    };
    let _ = done.await;
    drop(listening);
    match request.error() {
        Ok(None) => request.result().map_err(|error| failed(&error)),
        Ok(Some(error)) => Err(of_exception(&error)),
        Err(error) => Err(failed(&error)),
    }
}

/// Handlers that hang on a request. Whoever waits may be given up, and then they must not be called
/// any more: they are gone.
struct Listening<'a> {
    request: &'a IdbRequest,
    _handler: Closure<dyn FnMut()>,
}

impl Drop for Listening<'_> {
    fn drop(&mut self) {
        self.request.set_onsuccess(None);
        self.request.set_onerror(None);
    }
}

/// Waits for a transaction's end. To be hung on it before the last wait for one of its requests.
pub struct End {
    transaction: IdbTransaction,
    done: oneshot::Receiver<bool>,
    _handlers: [Closure<dyn FnMut()>; 2],
}

impl End {
    /// Begins to listen.
    pub fn of(transaction: &IdbTransaction) -> Self {
        let (send, done) = oneshot::channel();
        let send = Rc::new(Cell::new(Some(send)));
        let handler = |whole: bool| {
            let send = Rc::clone(&send);
            Closure::<dyn FnMut()>::new(move || {
                if let Some(send) = send.take() {
                    let _ = send.send(whole);
                }
            })
        };
        let handlers = [handler(true), handler(false)];
        transaction.set_oncomplete(Some(handlers[0].as_ref().unchecked_ref()));
        transaction.set_onabort(Some(handlers[1].as_ref().unchecked_ref()));
        Self {
            transaction: transaction.clone(),
            done,
            _handlers: handlers,
        }
    }

    /// Waits until it is on the disk, or is not.
    pub async fn wait(mut self) -> Result<(), DiskError> {
        let whole = (&mut self.done).await.unwrap_or(false);
        if whole {
            return Ok(());
        }
        Err(self.transaction.error().map_or_else(
            || DiskError::Failed("the transaction was aborted".to_owned()),
            |error| of_exception(&error),
        ))
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.transaction.set_oncomplete(None);
        self.transaction.set_onabort(None);
    }
}

/// The error that was thrown.
pub fn failed(error: &JsValue) -> DiskError {
    error
        .dyn_ref::<DomException>()
        .map_or_else(|| DiskError::Failed(format!("{error:?}")), of_exception)
}

fn of_exception(error: &DomException) -> DiskError {
    match error.name().as_str() {
        "QuotaExceededError" => DiskError::Full,
        "InvalidStateError" => DiskError::LetGo,
        name => DiskError::Failed(format!("{name}: {}", error.message())),
    }
}
