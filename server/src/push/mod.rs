//! Web Push: tells those who are away, by the push services of their browsers.

mod keys;
mod services;
mod subscribing;

use std::sync::Arc;

use crate::clock::Clock;
use crate::config;
use crate::random::Random;
use crate::store::Store;

pub use keys::{KeyError, Keys};
pub use services::{Endpoint, Services};
pub use subscribing::{PushError, Subscriber};

/// Who wants to be told, and how. Clones share it.
#[derive(Debug, Clone)]
pub struct Push(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    clock: Clock,
    random: Random,
    services: Services,
    /// Without them nobody is told.
    keys: Option<Keys>,
}

impl Push {
    /// As configured.
    ///
    /// # Errors
    /// The key cannot be read.
    pub fn new(
        config: &config::Push,
        store: &Store,
        clock: &Clock,
        random: &Random,
    ) -> Result<Self, KeyError> {
        let contact = config.contact.as_deref().unwrap_or_default();
        let keys = config.key_file.as_deref();
        Ok(Self(Arc::new(Inner {
            store: store.clone(),
            clock: clock.clone(),
            random: random.clone(),
            services: Services::new(&config.services),
            keys: keys.map(|file| Keys::load(file, contact)).transpose()?,
        })))
    }
}
