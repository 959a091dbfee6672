//! Log lines and the audit, read back from Kafka by whoever runs the server.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::str::FromStr;

use jiff::Timestamp;
use protocol::{ConversationId, Millis, UserId};
use serde_json::Value;

use crate::app_state::database;
use crate::clock::Clock;
use crate::config::Config;
use crate::random::Random;
use crate::store::{DatabaseConfig, OpenError, Store, StoreError, UserKey};
use crate::telemetry::kafka::{KafkaError, Read, Reader};
use crate::telemetry::lines::Stream;

/// How many lines are put in order at most, of those that come while one follows.
const TOGETHER: usize = 1_000;

/// Which lines are wanted, and how.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// Of this request.
    pub request: Option<String>,
    /// What this user did or had done to them: an id or a handle.
    pub user: Option<String>,
    /// About this conversation.
    pub conversation: Option<ConversationId>,
    /// As serious as this, or more so.
    pub level: Option<Level>,
    /// Not older than this.
    pub since: Since,
    /// The audit alone.
    pub audit: bool,
    /// Go on with what comes.
    pub follow: bool,
    /// As they were sent.
    pub json: bool,
}

/// How serious a line is, the most serious first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something is broken.
    Error,
    /// Something is not as it should be.
    Warn,
    /// Something happened.
    Info,
    /// For those who look closer.
    Debug,
    /// For those who look very close.
    Trace,
}

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "error" => Self::Error,
            "warn" => Self::Warn,
            "info" => Self::Info,
            "debug" => Self::Debug,
            "trace" => Self::Trace,
            _ => return Err("say error, warn, info, debug or trace".to_owned()),
        })
    }
}

/// A span of time that ends now, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Since(pub Millis);

impl Default for Since {
    fn default() -> Self {
        Self(10 * 60 * 1_000)
    }
}

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("\"{text}\" is no time such as 30s, 10m, 2h or 3d");
        let unit = text.chars().last().ok_or_else(wrong)?;
        let each: Millis = match unit {
            's' => 1_000,
            'm' => 60 * 1_000,
            'h' => 60 * 60 * 1_000,
            'd' => 24 * 60 * 60 * 1_000,
            _ => return Err(wrong()),
        };
        let count: u32 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
        Ok(Self(each * Millis::from(count)))
    }
}

/// Why they were not read, in one sentence.
#[derive(Debug, thiserror::Error)]
pub enum TailError {
    /// They are nowhere but on stderr.
    #[error("kafka.brokers is not set: log lines are on the server's stderr only")]
    NoBrokers,
    /// Kafka.
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    /// The database, which knows handles, cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such account.
    #[error("there is no account with the handle {0}; an id is looked for without asking")]
    NoAccount(String),
    /// They could not be printed.
    #[error("the lines cannot be printed: {0}")]
    Print(io::Error),
}

/// Prints the lines that are wanted, in the order of their time. Blocks, as Kafka's client does.
///
/// # Errors
/// See [`TailError`].
pub async fn tail(
    config: &Config,
    wish: &Wish,
    clock: &Clock,
    to: &mut impl Write,
) -> Result<(), TailError> {
    if config.kafka.brokers.is_empty() {
        return Err(TailError::NoBrokers);
    }
    let filter = Filter {
        user: match &wish.user {
            Some(text) => Some(user(config, text).await?),
            None => None,
        },
        since: clock.now() - wish.since.0,
        wish,
    };
    let streams: &[Stream] = if wish.audit {
        &[Stream::Audit]
    } else {
        &[Stream::Logs, Stream::Audit]
    };
    let mut readers = Vec::new();
    for stream in streams {
        readers.push(Reader::open(&config.kafka, *stream, filter.since)?);
    }
    let mut found = Vec::new();
    for reader in &mut readers {
        reader.read_all(|line| found.extend(filter.wanted(&line)))?;
    }
    print(found, wish.json, to)?;
    if !wish.follow {
        return Ok(());
    }
    loop {
        let mut found = Vec::new();
        for reader in &mut readers {
            // What comes together is told together, in order.
            for _ in 0..TOGETHER {
                let Read::Line(line) = reader.read()? else {
                    break;
                };
                found.extend(filter.wanted(&line));
            }
        }
        print(found, wish.json, to)?;
    }
}

/// The id of a user, as it is written.
async fn user(config: &Config, text: &str) -> Result<String, TailError> {
    if let Ok(id) = text.parse::<UserId>() {
        return Ok(id.to_string());
    }
    let mut database = database(config);
    if let DatabaseConfig::Sqlite(database) = &mut database {
        if !database.file.exists() {
            return Err(TailError::NoAccount(text.to_owned()));
        }
        database.exclusive = false;
    }
    let store = Store::open(&database, &Clock::system(), &Random::system()).await?;
    let found = store.find_user(UserKey::Handle(text)).await;
    store.close().await;
    let found = found?.ok_or_else(|| TailError::NoAccount(text.to_owned()))?;
    Ok(found.id.to_string())
}

struct Filter<'a> {
    user: Option<String>,
    since: Millis,
    wish: &'a Wish,
}

impl Filter<'_> {
    /// A line, if it is one and is wanted.
    fn wanted(&self, line: &[u8]) -> Option<Value> {
        let line: Value = serde_json::from_slice(line).ok()?;
        let is = |name: &str, wanted: &str| line[name] == *wanted;
        let of_user = |user: &String| is("user", user) || line["fields"]["on"] == **user;
        let conversation = self.wish.conversation.map(|id| id.to_string());
        let serious = |most: Level| {
            let level = line["level"].as_str().and_then(|level| level.parse().ok());
            level.is_some_and(|level: Level| level <= most)
        };
        let wanted = line["at"].as_i64()? >= self.since
            && self.wish.level.is_none_or(serious)
            && self.user.as_ref().is_none_or(of_user)
            && conversation.is_none_or(|id| is("conversation", &id))
            && self
                .wish
                .request
                .as_ref()
                .is_none_or(|id| is("request", id));
        wanted.then_some(line)
    }
}

fn print(mut lines: Vec<Value>, json: bool, to: &mut impl Write) -> Result<(), TailError> {
    lines.sort_by_key(|line| line["at"].as_i64());
    for line in &lines {
        let printed = if json {
            writeln!(to, "{line}")
        } else {
            writeln!(to, "{}", readable(line))
        };
        printed.map_err(TailError::Print)?;
    }
    to.flush().map_err(TailError::Print)
}

/// Time, level, target, message, and then whatever else was said.
fn readable(line: &Value) -> String {
    let text = |name: &str| line[name].as_str().unwrap_or_default();
    let at = line["at"].as_i64().unwrap_or_default();
    let at = Timestamp::from_millisecond(at).map_or_else(|_| at.to_string(), |at| at.to_string());
    let mut shown = format!(
        "{at} {:>5} {}: {}",
        text("level").to_uppercase(),
        text("target"),
        text("message")
    );
    let mut more = |name: &str, value: &Value| {
        let value = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        write!(shown, " {name}={value}").expect("a string takes all that is written");
    };
    for name in ["request", "user", "conversation", "node"] {
        if let Some(value) = line.get(name) {
            more(name, value);
        }
    }
    for (name, value) in line["fields"].as_object().into_iter().flatten() {
        more(name, value);
    }
    printable(&shown)
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_are_read() {
        assert_eq!("90s".parse(), Ok(Since(90_000)));
        assert_eq!("2h".parse(), Ok(Since(7_200_000)));
        for wrong in ["", "10", "m", "-1m", "1w", "1é"] {
            assert!(wrong.parse::<Since>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_line_is_readable_and_moves_no_cursor() {
        let line = json!({
            "at": 1_800_000_000_000_i64, "node": "n", "level": "warn", "target": "server::http",
            "message": "no\u{1b}[2J", "request": "r", "fields": {"status": 503},
        });
        assert_eq!(
            readable(&line),
            "2027-01-15T08:00:00Z  WARN server::http: no\\u{1b}[2J request=r node=n status=503"
        );
    }

    #[test]
    fn lines_are_wanted_by_each_filter() {
        let line = json!({
            "at": 10, "node": "n", "level": "info", "target": "audit", "message": "log_in",
            "request": "r", "user": "u", "conversation": "c",
            "fields": {"on": "v"},
        })
        .to_string();
        let wanted = |user: Option<&str>, since: Millis, wish: Wish| {
            let filter = Filter {
                user: user.map(str::to_owned),
                since,
                wish: &wish,
            };
            filter.wanted(line.as_bytes()).is_some()
        };
        assert!(wanted(None, 10, Wish::default()));
        assert!(!wanted(None, 11, Wish::default()));
        assert!(wanted(Some("u"), 0, Wish::default()));
        assert!(wanted(Some("v"), 0, Wish::default()));
        assert!(!wanted(Some("w"), 0, Wish::default()));
        for (level, is) in [
            (Level::Warn, false),
            (Level::Info, true),
            (Level::Trace, true),
        ] {
            let wish = Wish {
                level: Some(level),
                ..Wish::default()
            };
            assert_eq!(wanted(None, 0, wish), is);
        }
        for (request, is) in [("r", true), ("s", false)] {
            let wish = Wish {
                request: Some(request.to_owned()),
                ..Wish::default()
            };
            assert_eq!(wanted(None, 0, wish), is);
        }
    }
}
