//! Dead letters, as whoever runs the server sees them.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::app_state::database;
use crate::clock::Clock;
use crate::config::Config;
use crate::network::rabbitmq;
use crate::queue::rabbitmq::dead_letters::{DeadLetter, DeadLetterError, DeadLetters};
use crate::random::Random;
use crate::store::{OpenError, Store};

/// Most dead letters that are listed.
const LISTED: usize = 1_000;

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// List them, oldest first.
    List,
    /// Show one with its body.
    Show(Uuid),
    /// Put one into the queue of its shard once more, and remove it here.
    Replay(Uuid),
    /// Remove one for good.
    Remove(Uuid),
}

/// Why it was not done, in one sentence.
#[derive(Debug, thiserror::Error)]
pub enum WishError {
    /// There is no broker, and so there are no dead letters.
    #[error("amqp.url is not set: without a broker there are no dead letters")]
    NoBroker,
    /// The broker cannot be used as configured.
    #[error("amqp: {0}")]
    Settings(String),
    /// The database, which knows how many queues there are, cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The broker did not do it.
    #[error(transparent)]
    Broker(#[from] DeadLetterError),
}

/// Does it, beside servers that run, and gives what to print.
///
/// # Errors
/// See [`WishError`].
pub async fn carry_out(config: &Config, wish: Wish) -> Result<String, WishError> {
    if !config.is_clustered() {
        return Err(WishError::NoBroker);
    }
    let store = Store::open(&database(config), &Clock::system(), &Random::system()).await?;
    let shards = store.installation().shards;
    store.close().await;
    let broker = rabbitmq(config, shards).ok_or(WishError::NoBroker)?;
    broker.check().map_err(WishError::Settings)?;
    let letters = DeadLetters::open(broker).await?;
    let done = ask(&letters, wish).await;
    letters.close().await;
    done
}

async fn ask(letters: &DeadLetters, wish: Wish) -> Result<String, WishError> {
    Ok(match wish {
        Wish::List => list(&letters.list(LISTED).await?),
        Wish::Show(id) => shown(&letters.show(id).await?),
        Wish::Replay(id) => {
            letters.replay(id).await?;
            format!("{id} is in its queue again")
        }
        Wish::Remove(id) => {
            letters.remove(id).await?;
            format!("{id} is removed")
        }
    })
}

fn list(letters: &[DeadLetter]) -> String {
    if letters.is_empty() {
        return "There are no dead letters".to_owned();
    }
    let lines: Vec<String> = letters.iter().map(line).collect();
    lines.join("\n")
}

/// One line, without the body: id, time, shard, bytes, reason.
fn line(letter: &DeadLetter) -> String {
    format!(
        "{}  {}  shard {}  {} bytes  {}",
        letter.id,
        time(letter),
        letter.shard,
        letter.body.len(),
        printable(&letter.reason)
    )
}

/// All of it.
fn shown(letter: &DeadLetter) -> String {
    let mut text = String::new();
    let mut field = |name: &str, value: &dyn std::fmt::Display| {
        writeln!(text, "{name:<8}{value}").expect("a string takes all that is written");
    };
    field("id", &letter.id);
    field("at", &time(letter));
    field("shard", &letter.shard);
    field("reason", &printable(&letter.reason));
    match serde_json::from_slice::<Value>(&letter.body) {
        Ok(json) => text + &format!("{json:#}"),
        Err(_) => text + &format!("not JSON: {}", letter.body.escape_ascii()),
    }
}

/// Without what would move the cursor of a terminal.
fn printable(text: &str) -> String {
    let escaped = |c: char| {
        if c.is_control() {
            c.escape_default().collect()
        } else {
            c.to_string()
        }
    };
    text.chars().map(escaped).collect()
}

fn time(letter: &DeadLetter) -> String {
    Timestamp::from_millisecond(letter.at)
        .map_or_else(|_| letter.at.to_string(), |at| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(body: &'static str) -> DeadLetter {
        DeadLetter {
            id: Uuid::from_u128(7),
            shard: 3,
            reason: "it is\n\u{1b}[2Jodd".to_owned(),
            at: 1_800_000_000_000,
            body: body.into(),
        }
    }

    #[test]
    fn a_letter_is_one_line_in_the_list() {
        assert_eq!(
            list(&[letter("{}"), letter("secret")]),
            "00000000-0000-0000-0000-000000000007  2027-01-15T08:00:00Z  shard 3  2 bytes  \
             it is\\n\\u{1b}[2Jodd\n\
             00000000-0000-0000-0000-000000000007  2027-01-15T08:00:00Z  shard 3  6 bytes  \
             it is\\n\\u{1b}[2Jodd"
        );
        assert_eq!(list(&[]), "There are no dead letters");
    }

    #[test]
    fn a_body_is_shown_as_json_where_it_is_json() {
        let json = shown(&letter(r#"{"a":[1]}"#));
        assert!(json.ends_with("{\n  \"a\": [\n    1\n  ]\n}"), "{json}");
        assert!(json.contains("shard   3\n"), "{json}");
        let other = shown(&letter("\u{1b}[2Jno"));
        assert!(other.ends_with("not JSON: \\x1b[2Jno"), "{other}");
    }
}
