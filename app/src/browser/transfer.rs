//! The whole history at once: into a file, from a file, and gone.

use std::rc::Rc;

use js_sys::{Array, Uint8Array};
use litemap::LiteMap;
use protocol::sync::{Meta, Ranges, Record};
use protocol::{Code, ConversationId, Event, Problem, Seq, json};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::archive::{Archive, Header, Line, Unreadable, news};
use super::channel::Note;
use super::device::{offer, reason, today};
use super::disk::{DiskError, How, Key, Table, Write};
use super::history::{event, name, place, put_event, put_record, put_user, seq};
use super::tab::Tab;
use super::{leader, time};

/// Rows that are read or written at once.
const CHUNK: usize = 1_000;
/// Bytes of a file that are read at once.
const SLICE: f64 = 4_194_304.0;

fn disk_problem(error: &DiskError) -> Problem {
    Problem::new(Code::Unavailable, error.to_string())
}

/// Writes all there is to a file, and offers it for download.
pub async fn export(tab: &Tab) -> Result<(), Problem> {
    let parts = Array::new();
    write_all(tab, &parts)
        .await
        .map_err(|error| disk_problem(&error))?;
    let handle = {
        let me = tab.me.borrow();
        me.as_ref()
            .map_or_else(|| tab.user().to_string(), |me| me.user.handle.clone())
    };
    let name = format!("zspchat-history-{handle}-{}.jsonl", today());
    offer(&name, &parts).map_err(|error| Problem::new(Code::Rejected, reason(&error)))
}

async fn write_all(tab: &Tab, parts: &Array) -> Result<(), DiskError> {
    let history = &tab.history;
    let meta: Meta = history.value(name::ENGINE).await?.unwrap_or_default();
    let mut text = json::to_string(&Header::new(tab.user(), meta.history_id, time::now()));
    text.push('\n');
    let start = history.start().await?;
    for user in start.users {
        add(&mut text, &Line::User(Box::new(user)));
    }
    for record in start.records {
        let id = record.conversation.id;
        add(&mut text, &Line::Record(Box::new(record)));
        let mut before = Seq::MAX;
        loop {
            // As it is, the hidden ones too: that they are hidden is a mark beside them.
            let (events, older) = history.unfiltered(id, before, CHUNK).await?;
            let Some(first) = events.first() else { break };
            before = first.seq;
            for event in events {
                add(&mut text, &Line::Event(Box::new(event)));
            }
            parts.push(&JsValue::from_str(&std::mem::take(&mut text)));
            time::sleep(0).await;
            if !older {
                break;
            }
        }
        for seq in history.hidden(id).await? {
            add(&mut text, &Line::Hidden(id, seq));
        }
        for (seq, recalled) in history.recalled(id).await? {
            add(&mut text, &Line::Recalled(id, seq, recalled));
        }
    }
    parts.push(&JsValue::from_str(&text));
    Ok(())
}

fn add(text: &mut String, line: &Line) {
    text.push_str(&json::to_string(line));
    text.push('\n');
}

/// Takes in a file, and says how many events were new.
pub async fn import(tab: &Rc<Tab>, file: &web_sys::File) -> Result<u64, Problem> {
    let archive = read(tab, file).await?;
    behind_the_engine(tab, async |how| take_in(tab, archive, how).await).await
}

/// Deletes the history, but not what waits to be sent.
pub async fn clear(tab: &Rc<Tab>) -> Result<(), Problem> {
    behind_the_engine(tab, async |how| {
        let mut writes: Vec<Write> = [
            Table::Events,
            Table::Conversations,
            Table::Members,
            Table::Hidden,
            Table::Recalled,
        ]
        .map(Write::Empty)
        .into();
        let engine = Key::Text(name::ENGINE.to_owned());
        writes.push(Write::Delete(Table::Meta, engine));
        tab.history.disk.write(writes, how).await.map(drop)
    })
    .await
}

/// Takes the right to write away from the engine, changes the disk, and has it start again.
async fn behind_the_engine<T>(
    tab: &Rc<Tab>,
    change: impl AsyncFnOnce(How) -> Result<T, DiskError>,
) -> Result<T, Problem> {
    tab.changing.set(true);
    leader::restart(tab);
    let changed = async {
        let how = How {
            strict: true,
            fence: Some(tab.history.take_over().await?),
        };
        change(how).await
    }
    .await;
    tab.changing.set(false);
    tab.say(&Note::Restart);
    leader::hear(tab, Note::Restart);
    changed.map_err(|error| disk_problem(&error))
}

async fn read(tab: &Tab, file: &web_sys::File) -> Result<Archive, Problem> {
    let broken = |error: JsValue| Problem::new(Code::Malformed, reason(&error));
    let mut archive = Archive::default();
    let (mut rest, mut from, mut begun) = (Vec::new(), 0.0, false);
    loop {
        let last = from >= file.size();
        if !last {
            let slice = file
                .slice_with_f64_and_f64(from, from + SLICE)
                .map_err(broken)?;
            let bytes = JsFuture::from(slice.array_buffer()).await.map_err(broken)?;
            rest.extend(Uint8Array::new(&bytes).to_vec());
            from += SLICE;
        }
        // Up to the last line that is whole; at the end, all of it.
        let end = match rest.iter().rposition(|byte| *byte == b'\n') {
            Some(end) if !last => end + 1,
            None if !last => continue,
            _ => rest.len(),
        };
        for line in rest[..end].split(|byte| *byte == b'\n') {
            let line = String::from_utf8_lossy(line);
            if begun {
                archive.take(&line);
            } else {
                Header::read(&line, tab.user()).map_err(unreadable)?;
                begun = true;
            }
        }
        rest.drain(..end);
        if last {
            return Ok(archive);
        }
        time::sleep(0).await;
    }
}

fn unreadable(why: Unreadable) -> Problem {
    match why {
        Unreadable::Foreign => Problem::new(Code::Malformed, "This is no exported history."),
        Unreadable::Newer => Problem::new(
            Code::UnsupportedMediaType,
            "This history was exported by a later version: reload the page, or update the server.",
        ),
        Unreadable::NotYours => Problem::new(
            Code::WrongAccount,
            "This is the history of another account.",
        ),
    }
}

async fn take_in(tab: &Tab, archive: Archive, how: How) -> Result<u64, DiskError> {
    let history = &tab.history;
    let start = history.start().await?;
    let mut records: LiteMap<ConversationId, Record> = start
        .records
        .into_iter()
        .map(|record| (record.conversation.id, record))
        .collect();
    let mut count = 0;
    for (id, events) in archive.events {
        let known = records.remove(&id);
        let Some(mut record) = known.or_else(|| archive.records.get(&id).cloned().map(foreign))
        else {
            continue;
        };
        let rows = history.rows(id, 0, Seq::MAX).await?;
        let held: LiteMap<Seq, Option<Event>> = rows
            .iter()
            .filter_map(|row| Some((seq(&row.0)?, event(row))))
            .collect();
        let events = news(&record, events, &held);
        count += events.len() as u64;
        for some in events.chunks(CHUNK) {
            for event in some {
                // A log has no gaps of its own: what is here is whole.
                record.ranges.insert(event.seq, event.seq);
            }
            let mut writes: Vec<_> = some.iter().map(put_event).collect();
            writes.push(put_record(&record));
            history.disk.write(writes, how).await?;
            time::sleep(0).await;
        }
    }
    let known: Vec<_> = start.users.iter().map(|user| user.id).collect();
    let users = archive
        .users
        .iter()
        .filter(|user| !known.contains(&user.id));
    let mut writes: Vec<_> = users.map(put_user).collect();
    for (id, seq) in archive.hidden {
        writes.push(Write::Put(Table::Hidden, place(id, seq), String::new()));
    }
    for (id, seq, text) in archive.recalled {
        writes.push(Write::Put(Table::Recalled, place(id, seq), text));
    }
    history.disk.write(writes, how).await?;
    Ok(count)
}

/// A record from a file, of a conversation that this browser does not know: nothing of it is here.
fn foreign(record: Record) -> Record {
    Record {
        ranges: Ranges::default(),
        ..record
    }
}
