//! The way in.

use std::sync::Arc;

use protocol::{ConversationId, UserId};
use tokio::runtime::Handle;

use super::broker::Door;
use super::{Accepted, Outcome, Submitted, Unavailable, Wait};
use crate::queue;

/// What the writer answers.
pub(super) type Answer = Result<Outcome, Unavailable>;

/// Takes commands in, and tells what became of them. Clones share one queue.
#[derive(Clone)]
pub struct Ingest(Way);

#[derive(Clone)]
enum Way {
    Memory(Lanes),
    Broker(Door),
}

/// The queues in front of this node's writers, which store side by side. What concerns one conversation
/// goes to the same one each time, and so keeps its order.
#[derive(Clone)]
pub(super) struct Lanes(Arc<[queue::Sender<Accepted, Answer>]>);

impl Lanes {
    /// Over the queues of at least one writer.
    pub fn new(queues: Vec<queue::Sender<Accepted, Answer>>) -> Self {
        Self(queues.into())
    }

    /// The queue of that number, and of each that differs from it by how many there are.
    pub fn of(&self, number: u32) -> &queue::Sender<Accepted, Answer> {
        &self.0[number as usize % self.0.len()]
    }

    fn of_conversation(&self, conversation: ConversationId) -> &queue::Sender<Accepted, Answer> {
        let count = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        self.of(conversation.shard(count))
    }

    /// Takes no more; what was taken still comes out.
    pub fn close(&self) {
        self.0.iter().for_each(queue::Sender::close);
    }
}

/// How many requests may wait for the writer.
const WAITING: usize = 4_096;

/// Most commands in one transaction.
const BATCH: usize = 256;

impl Ingest {
    /// An entrance to queues in memory.
    pub(super) fn to_memory(lanes: Lanes) -> Self {
        Self(Way::Memory(lanes))
    }

    /// An entrance to the broker's queues.
    pub(super) fn to_broker(door: Door) -> Self {
        Self(Way::Broker(door))
    }

    /// Hands commands over, in order, all or none, and waits until they are committed or refused; with
    /// a broker that has them, no longer than is said.
    ///
    /// The answer holds one outcome a command, in the same order. Dropping the future does not take
    /// the commands back.
    pub async fn submit(
        &self,
        sender: UserId,
        conversation: ConversationId,
        commands: Vec<Submitted>,
        wait: Wait,
    ) -> Vec<Result<Outcome, Unavailable>> {
        let count = commands.len();
        if count == 0 {
            return Vec::new();
        }
        let queue = match &self.0 {
            Way::Memory(lanes) => lanes.of_conversation(conversation),
            Way::Broker(door) => {
                return door.submit(sender, conversation, commands, wait).await;
            }
        };
        let accepted = commands
            .into_iter()
            .map(|submitted| Accepted {
                sender,
                conversation,
                submitted,
            })
            .collect();
        let answers = match queue.push(accepted) {
            Ok(answers) => answers.await.ok(),
            Err(queue::Closed) => None,
        };
        answers.unwrap_or_else(|| vec![Err(Unavailable); count])
    }

    /// Takes no more; what was taken is still committed and answered.
    pub(super) async fn stop(&self) {
        match &self.0 {
            Way::Memory(lanes) => lanes.close(),
            Way::Broker(door) => door.close().await,
        }
    }

    /// Takes in what the bus says of requests of this node.
    pub(super) fn answered(&self, request: u64, answers: &[u8]) {
        if let Way::Broker(door) = &self.0 {
            door.answered(request, answers);
        }
    }

    /// How the broker is; `None` without one.
    pub fn broker(&self) -> Option<&Door> {
        match &self.0 {
            Way::Memory(_) => None,
            Way::Broker(door) => Some(door),
        }
    }
}

/// A queue in memory, in front of this node's writer.
pub(super) fn memory() -> (
    queue::Sender<Accepted, Answer>,
    queue::Receiver<Accepted, Answer>,
) {
    queue::in_process(WAITING)
}

/// Stores what queues, until the queue is closed and empty: while one batch commits, the next one
/// gathers, so that an idle server adds no delay and a busy one commits many at once.
///
/// A batch that the database did not take may have been too much for it in the time that a statement
/// has: it is tried with half as many commands next, and with twice as many once that went well.
///
/// Replies go out on the runtime on which they are waited for.
pub(super) async fn drain<C, R: Send + 'static>(
    mut queue: queue::Receiver<C, Result<R, Unavailable>>,
    runtime: &Handle,
    store: impl AsyncFn(&[C]) -> Vec<Result<R, Unavailable>>,
) {
    let mut most = BATCH;
    while let Some(deliveries) = queue.next_batch(BATCH).await {
        let mut commands = Vec::new();
        let mut replies = Vec::with_capacity(deliveries.len());
        for delivery in deliveries {
            replies.push((delivery.commands.len(), delivery.reply));
            commands.extend(delivery.commands);
        }
        let mut answers = Vec::with_capacity(commands.len());
        while answers.len() < commands.len() {
            let rest = &commands[answers.len()..];
            let batch = &rest[..rest.len().min(most)];
            let stored = store(batch).await;
            let all = stored.iter().all(Result::is_ok);
            answers.extend(stored);
            if all {
                most = BATCH.min(most * 2);
            } else {
                most = (batch.len() / 2).max(1);
                // What follows would overtake what was not stored.
                answers.resize_with(commands.len(), || Err(Unavailable));
            }
        }
        let mut answers = answers.into_iter();
        // On a thread of the runtime: from this one, each reply would have to wake one by itself.
        runtime.spawn(async move {
            for (count, reply) in replies {
                // Nobody may be waiting any more; a repeat will ask again.
                let _ = reply.send(answers.by_ref().take(count).collect());
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[tokio::test]
    async fn batches_shrink_to_what_the_database_takes_and_grow_again() {
        let (sender, receiver) = queue::in_process(8);
        let sizes = RefCell::new(Vec::new());
        let runtime = Handle::current();
        let draining = drain(receiver, &runtime, async |batch: &[u32]| {
            sizes.borrow_mut().push(batch.len());
            let takes = batch.len() <= 30;
            let answer = |command: &u32| takes.then_some(*command).ok_or(Unavailable);
            batch.iter().map(answer).collect()
        });
        let all: Vec<u32> = (0..200).collect();
        let sending = async {
            let mut stored = Vec::new();
            while stored.len() < all.len() {
                let answers = sender.push(all[stored.len()..].to_vec()).unwrap();
                stored.extend(answers.await.unwrap().into_iter().map_while(Result::ok));
            }
            sender.close();
            stored
        };
        let ((), stored) = tokio::join!(draining, sending);
        assert_eq!(stored, all, "each once, in order");
        let sizes = sizes.into_inner();
        assert_eq!(sizes[..5], [200, 100, 50, 25, 50]);
    }
}
