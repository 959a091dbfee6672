//! Publishing some bodies to one queue, and learning what became of each.
//!
//! lapin hands a returned message to the next confirm that comes, which need not be the message's own.
//! On a channel with several publishes under way, a body that no queue took would look accepted,
//! and another one refused. So a lane has one round under way at a time on its channel, and judges
//! when all its confirms are there: a message is returned before it is confirmed, and each confirm
//! takes one waiting return along, so by then every return has been handed out, and tells by its
//! message id whose it is.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use lapin::options::BasicPublishOptions;
use lapin::types::{FieldTable, ShortString};
use lapin::{BasicProperties, Channel, Confirmation, Error};
use protocol::mistakes::{Mistake, made};

/// What became of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// On the broker's disk.
    Accepted,
    /// The queue does not take any more.
    Refused,
    /// There is no such queue.
    Returned,
    /// The channel ended; nobody knows.
    Unknown,
}

/// Bodies that have been published, and wait for their confirms.
pub(super) struct Round {
    under_way: FuturesUnordered<BoxFuture<'static, (usize, Result<Confirmation, Error>)>>,
    confirms: Vec<Option<Result<Confirmation, Error>>>,
    written: Arc<AtomicUsize>,
}

impl Round {
    /// Publishes, in order.
    pub(super) fn publish(
        channel: &Channel,
        queue: &ShortString,
        messages: impl Iterator<Item = (Bytes, FieldTable)>,
    ) -> Self {
        let under_way = FuturesUnordered::new();
        let written = Arc::new(AtomicUsize::new(0));
        let mut confirms = Vec::new();
        for (index, (body, headers)) in messages.enumerate() {
            let mut confirm = sent(
                channel.clone(),
                queue.clone(),
                (index, body, headers),
                Arc::clone(&written),
            )
            .boxed();
            // The first poll queues the frames: it is made here, so that they are queued in order.
            let failed = (&mut confirm).now_or_never();
            if failed.is_none() {
                under_way.push(confirm);
            }
            confirms.push(failed.map(|(_, error)| error));
        }
        Self {
            under_way,
            confirms,
            written,
        }
    }

    /// Waits until the broker has said something about each. May be dropped and called again.
    pub(super) async fn confirmed(&mut self) {
        while let Some((index, confirm)) = self.under_way.next().await {
            self.confirms[index] = Some(confirm);
        }
    }

    /// Whether all bodies have left this process.
    pub(super) fn is_written(&self) -> bool {
        self.written.load(Ordering::Acquire) == self.confirms.len()
    }

    /// What became of each, in order, once all are confirmed.
    pub(super) fn fates(self) -> Vec<Fate> {
        let confirms = self.confirms.into_iter();
        judged(
            &confirms
                .map(|confirm| read(confirm?.ok()?))
                .collect::<Vec<_>>(),
        )
    }
}

/// What a confirm says.
#[derive(Debug, Clone, Copy)]
struct Confirm {
    accepted: bool,
    /// Whose return it took along.
    returned: Option<usize>,
}

/// `None` for a return without one of the ids given here: there is none.
fn read(confirmation: Confirmation) -> Option<Confirm> {
    let accepted = confirmation.is_ack();
    let returned = match confirmation.take_message() {
        None => None,
        Some(message) => {
            let id = message.delivery.properties.message_id().as_ref()?;
            Some(id.as_str().parse().ok()?)
        }
    };
    Some(Confirm { accepted, returned })
}

/// What became of each, by all confirms; `None` where the channel ended before.
fn judged(confirms: &[Option<Confirm>]) -> Vec<Fate> {
    let ended = confirms.iter().any(Option::is_none);
    let returns = confirms.iter().flatten().filter_map(|it| it.returned);
    let returned: BTreeSet<usize> = returns.collect();
    let fate = |(index, confirm): (usize, &Option<Confirm>)| match confirm {
        None => Fate::Unknown,
        Some(_) if returned.contains(&index) => Fate::Returned,
        // Its own return may have been waiting behind the one that it took along.
        Some(confirm) if ended && confirm.returned.is_some() => Fate::Unknown,
        Some(confirm) if confirm.accepted => Fate::Accepted,
        Some(_) => Fate::Refused,
    };
    confirms.iter().enumerate().map(fate).collect()
}

async fn sent(
    channel: Channel,
    queue: ShortString,
    (index, body, headers): (usize, Bytes, FieldTable),
    written: Arc<AtomicUsize>,
) -> (usize, Result<Confirmation, Error>) {
    const PERSISTENT: u8 = 2;
    let options = BasicPublishOptions {
        // A body that no queue takes is returned.
        mandatory: !made(Mistake::PublishWithoutMandatory),
        ..BasicPublishOptions::default()
    };
    let properties = BasicProperties::default()
        .with_delivery_mode(PERSISTENT)
        .with_message_id(index.to_string().into())
        .with_headers(headers);
    let exchange = ShortString::default();
    let publish = channel.basic_publish(exchange, queue, options, &body, properties);
    let confirmation = match publish.await {
        Ok(confirmation) => {
            written.fetch_add(1, Ordering::Release);
            confirmation.await
        }
        Err(error) => Err(error),
    };
    (index, confirmation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Fate::{Accepted, Refused, Returned, Unknown};

    const ACCEPTED: Option<Confirm> = Some(confirm(true, None));
    const REFUSED: Option<Confirm> = Some(confirm(false, None));
    const RETURNS_1: Option<Confirm> = Some(confirm(true, Some(1)));

    const fn confirm(accepted: bool, returned: Option<usize>) -> Confirm {
        Confirm { accepted, returned }
    }

    #[test]
    fn a_return_belongs_to_the_message_it_names() {
        // The confirm of 0 took the return of 1 along.
        let fates = judged(&[RETURNS_1, ACCEPTED, REFUSED]);
        assert_eq!(fates, [Accepted, Returned, Refused]);
    }

    #[test]
    fn a_return_that_may_be_lost_makes_its_carrier_unknown() {
        let fates = judged(&[RETURNS_1, ACCEPTED, None, ACCEPTED]);
        assert_eq!(fates, [Unknown, Returned, Unknown, Accepted]);
    }
}
