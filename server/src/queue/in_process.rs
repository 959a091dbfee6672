//! The queue of a single node: memory.

use tokio::sync::{mpsc, oneshot, watch};

/// Nothing was taken: the queue is full, or closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed;

/// The end that takes commands in. Clones share one queue.
#[derive(Debug)]
pub struct Sender<C, R> {
    deliveries: mpsc::Sender<Delivery<C, R>>,
    stop: watch::Sender<bool>,
}

/// The writer's end.
#[derive(Debug)]
pub struct Receiver<C, R> {
    deliveries: mpsc::Receiver<Delivery<C, R>>,
    stop: watch::Receiver<bool>,
    /// Taken from the queue, but too large for the batch it would have been in.
    held: Option<Delivery<C, R>>,
}

/// Commands that were handed over together, and where their results go.
#[derive(Debug)]
pub struct Delivery<C, R> {
    /// In order; never empty.
    pub commands: Vec<C>,
    /// One result a command. Nobody may be waiting any more.
    pub reply: oneshot::Sender<Vec<R>>,
}

/// A queue that holds `capacity` deliveries.
///
/// Deliveries come out once each, in the order they went in. The queue itself keeps nothing on disk:
/// a command is accepted only when its result arrives.
pub fn in_process<C, R>(capacity: usize) -> (Sender<C, R>, Receiver<C, R>) {
    let (deliveries, receiver) = mpsc::channel(capacity);
    let (stop, stopped) = watch::channel(false);
    (
        Sender { deliveries, stop },
        Receiver {
            deliveries: receiver,
            stop: stopped,
            held: None,
        },
    )
}

impl<C, R> Clone for Sender<C, R> {
    fn clone(&self) -> Self {
        Self {
            deliveries: self.deliveries.clone(),
            stop: self.stop.clone(),
        }
    }
}

impl<C, R> Sender<C, R> {
    /// Hands commands over. The results arrive at what is returned; should the writer die, that
    /// ends without any.
    ///
    /// # Errors
    /// Nothing was taken.
    pub fn push(&self, commands: Vec<C>) -> Result<oneshot::Receiver<Vec<R>>, Closed> {
        if *self.stop.borrow() {
            return Err(Closed);
        }
        let (reply, results) = oneshot::channel();
        self.deliveries
            .try_send(Delivery { commands, reply })
            .map_err(|_| Closed)?;
        Ok(results)
    }

    /// Takes no more. What is in the queue still comes out.
    pub fn close(&self) {
        self.stop.send_replace(true);
    }
}

impl<C, R> Receiver<C, R> {
    /// All that has queued, up to `most` commands, waiting for the first; a delivery is never split.
    /// `None` once the queue is closed and empty.
    pub async fn next_batch(&mut self, most: usize) -> Option<Vec<Delivery<C, R>>> {
        let first = match self.held.take() {
            Some(held) => held,
            None => self.next().await?,
        };
        let mut commands = first.commands.len();
        let mut batch = vec![first];
        while commands < most
            && let Ok(delivery) = self.deliveries.try_recv()
        {
            commands += delivery.commands.len();
            if commands > most {
                self.held = Some(delivery);
            } else {
                batch.push(delivery);
            }
        }
        Some(batch)
    }

    async fn next(&mut self) -> Option<Delivery<C, R>> {
        tokio::select! {
            biased;
            delivery = self.deliveries.recv() => return delivery,
            _ = self.stop.wait_for(|stop| *stop) => {}
        }
        // Nothing can be pushed any more once the channel is closed too; what was is still there.
        self.deliveries.close();
        self.deliveries.recv().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_has_queued_comes_out_together_and_in_order() {
        let (sender, mut receiver) = in_process::<u32, ()>(8);
        for commands in [vec![1], vec![2, 3], vec![4, 5], vec![6]] {
            drop(sender.push(commands).unwrap());
        }
        let taken = |batch: Vec<Delivery<u32, ()>>| {
            batch
                .into_iter()
                .flat_map(|d| d.commands)
                .collect::<Vec<_>>()
        };
        assert_eq!(taken(receiver.next_batch(4).await.unwrap()), [1, 2, 3]);
        assert_eq!(taken(receiver.next_batch(4).await.unwrap()), [4, 5, 6]);
    }

    #[tokio::test]
    async fn a_full_queue_takes_nothing() {
        let (sender, _receiver) = in_process::<u32, ()>(1);
        assert!(sender.push(vec![1]).is_ok());
        assert!(sender.push(vec![2]).is_err());
    }

    #[tokio::test]
    async fn a_closed_queue_takes_nothing_but_is_emptied() {
        let (sender, mut receiver) = in_process::<u32, ()>(8);
        drop(sender.push(vec![1]).unwrap());
        sender.close();
        assert!(sender.push(vec![2]).is_err());
        assert!(receiver.next_batch(4).await.is_some());
        assert!(receiver.next_batch(4).await.is_none());
    }
}
