//! Web Push: tells those who are away, by the push services of their browsers.
//!
//! A job (`jobs`) says that there is an event. From it follow notifications, one a browser that is to
//! be told (`choosing`), which are rows of the database; and these are sent (`sending`), again and
//! again where a push service is away. So a job is done with once its rows are there, each is there
//! once, and neither a restart nor a slow push service loses one or holds another up.

mod choosing;
mod client;
mod handing;
mod jobs;
mod keys;
mod payload;
mod sending;
mod services;
mod subscribing;
mod telling;
mod wanted;

use std::sync::Arc;

use protocol::Millis;
use tokio::sync::Notify;

use crate::clock::Clock;
use crate::config::Config;
use crate::random::Random;
use crate::store::Store;

pub use keys::{KeyError, Keys};
pub use services::{Endpoint, Services};
pub use subscribing::{PushError, Subscriber};
pub use telling::Telling;

const DAY: Millis = 24 * 60 * 60 * 1_000;

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
    /// How long events are kept, in milliseconds: so long they are told.
    kept: Millis,
    /// Woken where jobs were stored, if no broker carries them.
    jobs: Option<Arc<Notify>>,
}

impl Push {
    /// As configured.
    ///
    /// # Errors
    /// The key cannot be read.
    pub fn new(
        config: &Config,
        store: &Store,
        clock: &Clock,
        random: &Random,
    ) -> Result<Self, KeyError> {
        let contact = config.push.contact.as_deref().unwrap_or_default();
        let file = config.push.key_file.as_deref();
        let keys = file.map(|file| Keys::load(file, contact)).transpose()?;
        let has_table = keys.is_some() && !config.is_clustered();
        Ok(Self(Arc::new(Inner {
            store: store.clone(),
            clock: clock.clone(),
            random: random.clone(),
            services: Services::new(&config.push.services),
            keys,
            kept: Millis::from(config.retention.days) * DAY,
            jobs: has_table.then(Arc::default),
        })))
    }

    /// Who is to be woken when jobs were stored; `None` where none are to be.
    pub fn woken_by(&self) -> Option<Arc<Notify>> {
        self.0.jobs.clone()
    }
}
