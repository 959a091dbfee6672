//! The way in.

use protocol::{ConversationId, UserId};

use super::{Accepted, Outcome, Submitted, Unavailable, Writer};
use crate::queue;

/// What the writer answers.
pub(super) type Answer = Result<Outcome, Unavailable>;

/// Takes commands in, and tells what became of them. Clones share one queue.
#[derive(Debug, Clone)]
pub struct Ingest {
    queue: queue::Sender<Accepted, Answer>,
}

/// How many requests may wait for the writer.
const WAITING: usize = 4_096;

/// Most commands in one transaction.
const BATCH: usize = 256;

impl Ingest {
    /// An entrance, and the queue behind it.
    pub(super) fn new() -> (Self, queue::Receiver<Accepted, Answer>) {
        let (queue, receiver) = queue::in_process(WAITING);
        (Self { queue }, receiver)
    }

    /// Hands commands over, in order, all or none, and waits until they are committed or refused.
    ///
    /// The answer holds one outcome a command, in the same order. Dropping the future does not take
    /// the commands back.
    pub async fn submit(
        &self,
        sender: UserId,
        conversation: ConversationId,
        commands: Vec<Submitted>,
    ) -> Vec<Result<Outcome, Unavailable>> {
        let count = commands.len();
        if count == 0 {
            return Vec::new();
        }
        let accepted = commands
            .into_iter()
            .map(|submitted| Accepted {
                sender,
                conversation,
                submitted,
            })
            .collect();
        let answers = match self.queue.push(accepted) {
            Ok(answers) => answers.await.ok(),
            Err(queue::Closed) => None,
        };
        answers.unwrap_or_else(|| vec![Err(Unavailable); count])
    }

    /// Takes no more; what was taken is still committed and answered.
    pub(super) fn stop(&self) {
        self.queue.close();
    }
}

/// Stores what queues, until the queue is closed and empty: while one batch commits, the next one
/// gathers, so that an idle server adds no delay and a busy one commits many at once.
pub(super) async fn drain(mut queue: queue::Receiver<Accepted, Answer>, writer: Writer) {
    while let Some(deliveries) = queue.next_batch(BATCH).await {
        let mut commands = Vec::new();
        let mut replies = Vec::with_capacity(deliveries.len());
        for delivery in deliveries {
            replies.push((delivery.commands.len(), delivery.reply));
            commands.extend(delivery.commands);
        }
        let mut answers = writer.batch(&commands).await.into_iter();
        for (count, reply) in replies {
            // Nobody may be waiting any more; a repeat will ask again.
            let _ = reply.send(answers.by_ref().take(count).collect());
        }
    }
}
