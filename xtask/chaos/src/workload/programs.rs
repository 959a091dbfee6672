//! Programs: they keep no outbox. Once the server has accepted a command they forget it, so that
//! nobody but the server can see to it that it is stored.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use protocol::command::Command;
use protocol::sync::{Failure, Posted};
use protocol::{ClientId, CommandKind, Content, ConversationId, json};
use tokio::time::sleep;

use crate::client::{Asks, Client};
use crate::clock::now;
use crate::dice::Dice;

/// A program sends about so often, in milliseconds.
const PAUSE: std::ops::Range<u64> = 50..800;
/// How long it waits before it repeats what was not accepted.
const AGAIN: Duration = Duration::from_millis(250);
/// How often it repeats when all is over: for two minutes at least.
const MOST_REPEATS: u32 = 480;

/// Sends one numbered text after the other.
pub async fn run(client: &Arc<Client>, id: ConversationId, mut dice: Dice, over: &AtomicBool) {
    while !over.load(Ordering::Relaxed) {
        sleep(Duration::from_millis(dice.within(PAUSE))).await;
        say(client, id, &mut dice, over).await;
    }
}

/// Sends the next text, repeated until it is accepted or refused; when it is over, for a while.
pub async fn say(client: &Arc<Client>, id: ConversationId, dice: &mut Dice, over: &AtomicBool) {
    let asks = Asks::new(Arc::clone(client));
    let client_id = ClientId::new(now(), dice.bytes());
    let number = {
        let mut disk = client.disk();
        let number = u64::try_from(disk.written.len()).unwrap_or(u64::MAX);
        disk.note_written(number, id, client_id);
        number
    };
    let text = format!("{}:{number}", client.name);
    let command = Command {
        client_id,
        kind: CommandKind::Send {
            content: Content::Text { text },
            reply_to: None,
            mentions: Vec::new(),
            mention_all: false,
        },
    };
    let bytes = json::to_string(&command);
    // Also when it is over: whether it was accepted must be known.
    let mut repeats_when_over = 0;
    while let Posted::Failed(Failure::Later(_)) =
        asks.post(id, client_id, bytes.clone(), None).await
    {
        repeats_when_over += u32::from(over.load(Ordering::Relaxed));
        if repeats_when_over > MOST_REPEATS {
            return;
        }
        sleep(AGAIN).await;
    }
}
