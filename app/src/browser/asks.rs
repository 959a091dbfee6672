//! Effects that ask the server, or take long; begun and not waited for.

use std::rc::Rc;

use protocol::api::conversations::{Conversations, ReadTo};
use protocol::command::Command;
use protocol::sync::{Effect, Entry, Failure, Input, Posted};
use protocol::{ClientId, ConversationId, Digest, Event, Seq, json};

use super::disk::{DiskError, How, Key, Table};
use super::driver::Driver;
use super::history::{seq, sound_event};
use super::http::{Answer, Refusal};
use super::people;
use super::time::{idle, spawn};

/// Events that are digested before the browser may do something else.
const CHUNK: u64 = 500;

/// Begins to do what an effect asks for.
pub async fn ask(driver: &Rc<Driver>, effect: Effect) -> Result<(), DiskError> {
    let http = driver.tab.http;
    let this = Rc::clone(driver);
    match effect {
        Effect::FetchList => spawn(async move {
            let answer = list(&this).await;
            this.hear(Input::Listed(answer));
        }),
        Effect::Pull(ticket, pull) => spawn(async move {
            let answer = http.send("POST", "pull", &pull).await;
            this.hear(Input::Pulled(ticket, answer.map_err(failure)));
        }),
        Effect::FetchNewest(conversation) => spawn(async move {
            let answer = http
                .get(&format!("conversations/{conversation}/events"))
                .await;
            this.hear(Input::Page(conversation, answer.map_err(failure)));
        }),
        Effect::PutRead(conversation, seq) => spawn(async move {
            let path = format!("conversations/{conversation}/read");
            let answer = http.tell("PUT", &path, &ReadTo { seq }).await;
            this.hear(Input::ReadPut(
                conversation,
                answer.map(drop).map_err(failure),
            ));
        }),
        Effect::Calibrate(ticket, calibrate) => spawn(async move {
            let answer = http.send("POST", "calibrate", &calibrate).await;
            this.hear(Input::Calibrated(ticket, answer.map_err(failure)));
        }),
        Effect::Digest {
            conversation,
            from,
            to,
        } => spawn(async move { digest(&this, conversation, from, to).await }),
        Effect::Post {
            position,
            conversation,
            client_id,
            bytes,
            after,
        } => {
            let entry = fixed(driver, position, client_id, bytes).await?;
            spawn(async move {
                let answer = match entry.and_then(|entry| entry.bytes) {
                    Some(bytes) => post(&this, conversation, &bytes, after).await,
                    None => Posted::Gone,
                };
                this.hear(Input::Posted { position, answer });
            });
        }
        // All others write, or are done by the driver.
        _ => {}
    }
    Ok(())
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "to be named where errors are mapped"
)]
fn failure(refusal: Refusal) -> Failure {
    refusal.failure()
}

async fn list(driver: &Driver) -> Result<Option<Conversations>, Failure> {
    let etag = driver.list_etag.borrow().clone();
    let answer = driver
        .tab
        .http
        .get_newer::<Conversations>("conversations", etag.as_deref())
        .await
        .map_err(failure)?;
    let Some((list, etag)) = answer else {
        return Ok(None);
    };
    *driver.list_etag.borrow_mut() = etag;
    people::save(&driver.tab, &list.users).await;
    Ok(Some(list))
}

/// Fixes the bytes of a request on the disk, unless they are: by this tab, or one before it. Gives
/// the entry as it stands then, `None` if it is gone.
async fn fixed(
    driver: &Driver,
    position: u64,
    client_id: ClientId,
    bytes: String,
) -> Result<Option<Entry>, DiskError> {
    let how = How {
        strict: true,
        ..driver.how()
    };
    let fix = |old: Option<String>| {
        let mut entry: Entry = json::from_str(&old?).ok()?;
        if entry.bytes.is_some() {
            return None;
        }
        entry.position = position;
        entry.client_id = Some(client_id);
        entry.bytes = Some(bytes);
        Some(json::to_string(&entry))
    };
    let disk = &driver.tab.history.disk;
    let text = disk
        .change(Table::Outbox, &Key::Number(position), how, fix)
        .await?;
    Ok(text.and_then(|text| json::from_str(&text).ok()))
}

async fn post(
    driver: &Driver,
    conversation: ConversationId,
    bytes: &str,
    after: Option<ClientId>,
) -> Posted {
    let path = format!("conversations/{conversation}/commands");
    match driver.tab.http.post_bytes(&path, bytes, after).await {
        Ok(answer) => posted(&answer, bytes).unwrap_or(Posted::Failed(Failure::Later(None))),
        Err(refusal) => Posted::Failed(refusal.failure()),
    }
}

/// What an answer says of the command that was posted; `None` if it says something else.
fn posted(answer: &Answer, bytes: &str) -> Option<Posted> {
    if answer.status == 202 {
        return Some(Posted::Queued);
    }
    if let Ok(event) = answer.json::<Event>() {
        let command: Command = json::from_str(bytes).ok()?;
        return (event.client_id == command.client_id).then(|| Posted::Stored(Box::new(event)));
    }
    answer.json().ok().map(Posted::Expired)
}

/// Digests a stretch of the log in the browser's idle time, from the bytes that are stored.
async fn digest(driver: &Driver, conversation: ConversationId, from: Seq, to: Seq) {
    let mut whole = Digest::default();
    let mut next = from;
    while next <= to {
        idle().await;
        if driver.stopped() {
            return;
        }
        let end = to.min(next.saturating_add(CHUNK - 1));
        let Ok(rows) = driver.tab.history.rows(conversation, next, end).await else {
            // Cannot be read: not the server's, whatever it is.
            whole ^= wrong(next);
            break;
        };
        for row in &rows {
            whole ^= sound_event(row).map_or_else(
                || wrong(seq(&row.0).unwrap_or_default()),
                |event| event.digest,
            );
        }
        next = end.saturating_add(1);
    }
    driver.hear(Input::Digested(protocol::api::events::RangeDigest {
        conversation,
        from,
        to,
        digest: whole,
    }));
}

/// Stands for a row that is not what any server made: two of them do not cancel out.
fn wrong(seq: Seq) -> Digest {
    Digest((seq + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
}
