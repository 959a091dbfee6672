//! What must hold after every step, and at the end.

use std::collections::BTreeMap;

use protocol::sync::{EntryState, Record, expired_between};
use protocol::{ConversationId, Seq, UserId};

use super::browser::Browser;
use super::world::World;

/// Read positions seen on the server, which may only grow.
pub type Positions = BTreeMap<(UserId, ConversationId), Seq>;

impl World {
    /// P4, P6: what a browser takes to be whole is whole, and is what the server had or has.
    pub fn check_step(&self) {
        for browser in &self.browsers {
            for record in browser.storage.records.values() {
                let id = record.conversation.id;
                for seq in record.ranges.iter().flat_map(|(from, to)| from..=to) {
                    let held = browser.storage.events.get(&(id, seq));
                    let held = held.unwrap_or_else(|| {
                        panic!("P4: {seq} of {id} is taken to be here, and is not")
                    });
                    let committed = self
                        .model
                        .as_committed(id, seq)
                        .unwrap_or_else(|| panic!("P4: {held:?} was never committed"));
                    let now = self.model.event(id, seq);
                    assert!(
                        held == committed || Some(held) == now.as_ref(),
                        "P5: {held:?}"
                    );
                    assert!(self.model.may_have(browser.user, id, seq), "P6: {held:?}");
                }
            }
        }
    }

    /// P7: read positions on the server.
    pub async fn check_positions(&self, seen: &mut Positions) {
        for user in &self.users {
            let list = self
                .server
                .store
                .conversations(*user)
                .await
                .expect("the list");
            for conversation in list.conversations {
                let position = seen.entry((*user, conversation.id)).or_default();
                let now = conversation.mine.read_seq;
                assert!(
                    now >= *position,
                    "P7: {user} read to {position}, now to {now}"
                );
                *position = now;
            }
        }
    }

    /// P1 to P5, when everything has come to rest.
    pub async fn check_end(&self) {
        for (index, browser) in self.browsers.iter().enumerate() {
            let mut last: BTreeMap<ConversationId, (u64, Seq)> = BTreeMap::new();
            for written in &browser.written {
                let id = written.conversation;
                let stored: Vec<_> = self.model.with_text(id, &written.text).collect();
                let refused = browser
                    .storage
                    .outbox
                    .get(&written.position)
                    .is_some_and(|entry| matches!(entry.state, EntryState::Refused(_)));
                match stored.as_slice() {
                    [] => assert!(refused, "P1: {written:?} of browser {index} is nowhere"),
                    [event] => {
                        assert!(!refused, "P1: {written:?} is stored and refused");
                        let (position, seq) = last.get(&id).copied().unwrap_or_default();
                        assert!(
                            event.seq > seq,
                            "P3: {written:?} stands at {}, and {position}, written before, at {seq}",
                            event.seq
                        );
                        last.insert(id, (written.position, event.seq));
                    }
                    many => panic!("P2: {written:?} is there {} times: {many:?}", many.len()),
                }
            }
        }
        for user in &self.users {
            let list = self
                .server
                .store
                .conversations(*user)
                .await
                .expect("the list");
            for conversation in list.conversations {
                self.check_log(*user, &conversation).await;
            }
        }
    }

    /// P1, P4, P5: one reader's log on the server and in all their browsers.
    async fn check_log(
        &self,
        user: UserId,
        conversation: &protocol::api::conversations::Conversation,
    ) {
        let id = conversation.id;
        let (from, head) = self.model.span(user, id).expect("was a member");
        assert_eq!(conversation.head, head, "P3: the head of {id} for {user}");
        assert!(conversation.floor >= from);
        let mut kept = BTreeMap::new();
        let mut after = conversation.floor - 1;
        while after < head {
            let query = protocol::api::events::PageQuery {
                after: Some(after),
                limit: Some(500),
                ..Default::default()
            };
            let page = self
                .server
                .store
                .page(user, id, query)
                .await
                .expect("a page");
            let page = page.expect("was a member");
            assert!(page.to > after, "P1: the server lost {} of {id}", after + 1);
            after = page.to;
            kept.extend(page.events.into_iter().map(|event| (event.seq, event)));
        }
        for seq in conversation.floor..=head {
            assert_eq!(
                kept.get(&seq),
                self.model.event(id, seq).as_ref(),
                "P1: {seq} of {id}"
            );
        }
        for browser in self.browsers.iter().filter(|browser| browser.user == user) {
            for seq in conversation.floor..=head {
                let held = browser.storage.events.get(&(id, seq));
                // A recall after they left is not told to them: the next check finds it.
                let untold = conversation.mine.left && held == self.model.as_committed(id, seq);
                let same = held == kept.get(&seq) || untold;
                assert!(same, "P4: {seq} of {id} in a browser of {user}: {held:?}");
            }
            let above = browser
                .storage
                .events
                .range((id, head + 1)..=(id, Seq::MAX))
                .next();
            assert_eq!(above, None, "P5: above the server's head");
            let record = &browser.storage.records[&id];
            assert_eq!(record.conversation.head, head);
            assert_eq!(
                accounted_for(browser, record, from),
                self.model
                    .log(id)
                    .filter(|event| event.is_message() && (from..=head).contains(&event.seq))
                    .count() as u64,
                "P4: messages of {id} that a browser of {user} holds or tells as expired"
            );
            let mine = &record.conversation.mine;
            assert_eq!(
                mine.read_seq, conversation.mine.read_seq,
                "P7: {id} of {user}"
            );
            assert_eq!(
                mine.unread, conversation.mine.unread,
                "unread in {id} of {user}"
            );
        }
    }
}

/// How many messages of a reader's span a browser holds, or tells as expired.
fn accounted_for(browser: &Browser, record: &Record, from: Seq) -> u64 {
    let id = record.conversation.id;
    let mut count = 0;
    let mut previous = None;
    for (_, event) in browser.storage.events.range((id, 0)..=(id, Seq::MAX)) {
        count += expired_between(record, previous, Some(event));
        count += u64::from(event.is_message() && event.seq >= from);
        previous = Some(event);
    }
    count + expired_between(record, previous, None)
}
