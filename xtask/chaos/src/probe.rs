//! Whether messages arrive again, and how long that took.

use std::time::Duration;

use protocol::ConversationId;
use tokio::time::{Instant, sleep};

use crate::client::Client;
use crate::people::People;

/// Between looks.
const STEP: Duration = Duration::from_millis(10);

/// People at each address who write to each other only to see whether it arrives.
pub struct Probes<'a>(&'a [std::sync::Arc<Client>]);

impl<'a> Probes<'a> {
    /// The last `count` of the people.
    pub fn of(people: &'a People, count: usize) -> Self {
        Self(&people.clients[people.clients.len() - count..])
    }

    /// Each writes to each other; gives how long it took until all of that had been stored and had
    /// arrived, or how many had not after so long.
    pub async fn measure(&self, limit: Duration) -> Result<Duration, String> {
        let begin = Instant::now();
        let mut awaited = Vec::new();
        for (place, one) in self.0.iter().enumerate() {
            for other in &self.0[place + 1..] {
                let id = ConversationId::direct(one.user, other.user);
                let text = one.say(id, None);
                awaited.push((one, other, id, text));
            }
        }
        loop {
            awaited.retain(|(_, other, id, text)| !other.has(*id, text));
            if awaited.is_empty() {
                return Ok(begin.elapsed());
            }
            if begin.elapsed() > limit {
                let late = awaited.iter().map(|(one, other, _, text)| {
                    let (from, to) = (one.connection(), other.connection());
                    format!(
                        "{text} of {} ({from:?}) to {} ({to:?})",
                        one.name, other.name
                    )
                });
                return Err(late.collect::<Vec<_>>().join(", "));
            }
            sleep(STEP).await;
        }
    }
}
