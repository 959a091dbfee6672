//! A file that a reader imports: anybody may have written it.

use litemap::LiteMap;
use protocol::{Event, Seq, UserId};

#[path = "../../app/src/browser/archive.rs"]
mod format;

use format::{Archive, Header, Line, news};

/// Whose browser it is.
fn reader() -> UserId {
    UserId::new(1, [1; 10])
}

/// What is taken in is sound, comes back as it is once it is written again, and adds to a history only
/// what may be added to it.
pub fn holds(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut lines = text.lines();
    if let Some(Ok(header)) = lines.next().map(|line| Header::read(line, reader())) {
        assert_eq!(header.user, reader());
        assert_eq!(Header::read(&written(&header), reader()), Ok(header));
    }
    let mut archive = Archive::default();
    for line in lines {
        archive.take(line);
    }
    let events = archive.events.values().flat_map(LiteMap::values);
    for event in events {
        assert_eq!(event.digest, event.computed_digest());
    }
    comes_back(&archive);
    for (conversation, record) in &archive.records {
        assert_eq!(*conversation, record.conversation.id);
        let log = archive
            .events
            .get(conversation)
            .cloned()
            .unwrap_or_default();
        let held: LiteMap<Seq, Option<Event>> = LiteMap::from_iter([(3, None)]);
        let news = news(record, log.clone(), &held);
        assert!(news.is_sorted_by(|one, next| one.seq < next.seq));
        for event in news {
            assert!(event.seq != 3 && event.seq > record.conversation.mine.cleared_seq);
            assert!(log.contains_key(&event.seq));
            assert_eq!(event.digest, event.computed_digest());
        }
    }
}

fn comes_back(archive: &Archive) {
    let mut again = Archive::default();
    let mut take = |line: Line| again.take(&written(&line));
    for user in &archive.users {
        take(Line::User(Box::new(user.clone())));
    }
    for record in archive.records.values() {
        take(Line::Record(Box::new(record.clone())));
    }
    for event in archive.events.values().flat_map(LiteMap::values) {
        take(Line::Event(Box::new(event.clone())));
    }
    for (conversation, seq) in &archive.hidden {
        take(Line::Hidden(*conversation, *seq));
    }
    for (conversation, seq, text) in &archive.recalled {
        take(Line::Recalled(*conversation, *seq, text.clone()));
    }
    assert_eq!(archive.users, again.users);
    assert_eq!(archive.records, again.records);
    assert_eq!(archive.events, again.events);
    assert_eq!(archive.hidden, again.hidden);
    assert_eq!(archive.recalled, again.recalled);
}

/// On one line.
fn written(value: &impl serde::Serialize) -> String {
    let line = serde_json::to_string(value).expect("what was read can be written");
    assert!(!line.contains('\n'));
    line
}
