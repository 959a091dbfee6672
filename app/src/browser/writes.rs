//! Effects that write.

use std::rc::Rc;

use litemap::LiteMap;
use protocol::sync::{Effect, Input};
use protocol::{Event, Seq, json};

use super::channel::Seen;
use super::disk::{DiskError, Key, Table, Write};
use super::driver::Driver;
use super::history::{
    event, message_text, name, place, put_event, put_record, put_value, seq, sound_event,
};

/// Adds what an effect writes without looking; gives back the effects that do more.
pub fn collect(effect: Effect, writes: &mut Vec<Write>) -> Option<Effect> {
    match effect {
        Effect::Store { events, record } => {
            writes.extend(events.iter().map(put_event));
            writes.push(put_record(&record));
        }
        Effect::Clear { to, record } => {
            let id = record.conversation.id;
            for table in [Table::Events, Table::Hidden, Table::Recalled] {
                writes.push(Write::DeleteSpan(table, place(id, 0), place(id, to)));
            }
            writes.push(put_record(&record));
        }
        Effect::SaveRecord(record) => writes.push(put_record(&record)),
        Effect::RemoveEntry(position) => {
            writes.push(Write::Delete(Table::Outbox, Key::Number(position)));
        }
        Effect::SaveMeta(meta) => writes.push(put_value(name::ENGINE, &meta)),
        other => return Some(other),
    }
    None
}

/// Carries out effects that read before they write; gives back those that do not write.
pub async fn write(driver: &Rc<Driver>, effect: Effect) -> Result<Option<Effect>, DiskError> {
    let history = &driver.tab.history;
    match effect {
        Effect::Replace {
            from,
            to,
            events,
            record,
        } => {
            let id = record.conversation.id;
            let rows = history.rows(id, from, to).await?;
            let changed = changed(
                rows.iter().map(|row| (seq(&row.0), sound_event(row))),
                &events,
            );
            let span = Write::DeleteSpan(Table::Events, place(id, from), place(id, to));
            let mut writes = vec![span];
            writes.extend(events.iter().map(put_event));
            writes.push(put_record(&record));
            driver.write(writes).await?;
            driver.hear(Input::Replaced(id, changed));
        }
        Effect::Erase {
            conversation,
            target,
        } => {
            let rows = history.rows(conversation, target, target).await?;
            let Some(message) = rows.first().and_then(event) else {
                return Ok(None);
            };
            let Some(text) = message_text(&message) else {
                return Ok(None);
            };
            let mine = message.sender == driver.tab.user();
            let mut writes = vec![put_event(&message.recalled())];
            if mine {
                let key = place(conversation, target);
                writes.push(Write::Put(Table::Recalled, key, text.clone()));
            }
            driver.write(writes).await?;
            if mine {
                driver
                    .tab
                    .share(Seen::RecalledText(conversation, target, text));
            }
        }
        Effect::Prune { from, keep, record } => {
            let id = record.conversation.id;
            let held = history.seqs(id, from).await?;
            let gone = held.into_iter().filter(|seq| !keep.contains(*seq));
            let mut writes: Vec<_> = gone
                .map(|seq| Write::Delete(Table::Events, place(id, seq)))
                .collect();
            let count = writes.len() as u64;
            writes.push(put_record(&record));
            driver.write(writes).await?;
            driver.hear(Input::Replaced(id, count));
        }
        Effect::SaveEntry(entry) => {
            let key = Key::Number(entry.position);
            let disk = &history.disk;
            disk.change(Table::Outbox, &key, driver.how(), |old| {
                old.map(|_| json::to_string(&entry))
            })
            .await?;
        }
        other => return Ok(Some(other)),
    }
    Ok(None)
}

/// How many places hold something else than before.
fn changed(before: impl Iterator<Item = (Option<Seq>, Option<Event>)>, after: &[Event]) -> u64 {
    let mut after: LiteMap<Seq, &Event> = after.iter().map(|it| (it.seq, it)).collect();
    let mut count = 0;
    for (seq, old) in before {
        let new = seq.and_then(|seq| after.remove(&seq));
        count += u64::from(old.as_ref() != new || old.is_none());
    }
    count + after.len() as u64
}
