//! What people do meanwhile: write, read, recall, go offline, close their tab at the wrong moment.

mod groups;
pub mod programs;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use protocol::api::conversations::ReadTo;
use protocol::sync::Input;
use protocol::{CommandKind, ConversationId, Kind, Seq, json};
use reqwest::Method;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::client::Client;
use crate::clock::now;
use crate::dice::Dice;
use crate::people::{Group, People};

/// A person does something about so often, in milliseconds.
const PAUSE: std::ops::Range<u64> = 500..4_000;
/// How old a message may be that somebody still takes back, in milliseconds.
const RECALLED: i64 = 60_000;

/// People at work. Told to stop, they stop where they are; their tabs are left as they were.
pub struct Workload {
    people: JoinSet<()>,
    over: Arc<AtomicBool>,
}

impl Workload {
    /// Lets the first `count` of them begin, and those who run groups run them.
    pub fn begin(people: &Arc<People>, count: usize, dice: &mut Dice) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let mut tasks = JoinSet::new();
        for place in 0..count {
            let (people, over, dice) = (Arc::clone(people), Arc::clone(&over), dice.split());
            tasks.spawn(async move {
                let client = Arc::clone(&people.clients[place]);
                Person { client, dice }.live(&over).await;
            });
        }
        for place in 0..people.programs.len().saturating_sub(1) {
            let (people, over, dice) = (Arc::clone(people), Arc::clone(&over), dice.split());
            tasks.spawn(async move {
                let (program, conversation) = &people.programs[place];
                programs::run(program, *conversation, dice, &over).await;
            });
        }
        for place in 0..people.groups.len() {
            let (people, over, dice) = (Arc::clone(people), Arc::clone(&over), dice.split());
            tasks.spawn(async move { groups::run(&people, place, dice, &over).await });
        }
        Self {
            people: tasks,
            over,
        }
    }

    /// Ends it, and waits until all have stopped.
    pub async fn end(mut self) {
        self.over.store(true, Ordering::Relaxed);
        while self.people.join_next().await.is_some() {}
    }
}

/// Removes members of every group and brings them back, while messages flow.
pub fn churn(people: &People, dice: &mut Dice) {
    for group in &people.groups {
        groups::swap(people, group, dice);
    }
}

struct Person {
    client: Arc<Client>,
    dice: Dice,
}

impl Person {
    async fn live(mut self, over: &AtomicBool) {
        while !over.load(Ordering::Relaxed) {
            sleep(Duration::from_millis(self.dice.within(PAUSE))).await;
            match self.dice.below(100) {
                0..70 => self.say(None),
                70..74 => self.recall(),
                74..77 => self.rename(),
                77..78 => self.leave(),
                78..89 => self.read(),
                89..92 => self.read_elsewhere().await,
                92..95 => self.be_offline().await,
                95..98 => self.die_in_mid_send().await,
                _ => self.close_the_tab().await,
            }
        }
    }

    /// A conversation that this person is in, as far as their disk knows.
    fn somewhere(&mut self, groups_only: bool) -> Option<ConversationId> {
        let disk = self.client.disk();
        let here: Vec<_> = disk
            .records
            .values()
            .filter(|record| !record.conversation.mine.left)
            .map(|record| record.conversation.id)
            .filter(|id| !groups_only || id.kind() == Some(protocol::ids::ConversationKind::Group))
            .collect();
        drop(disk);
        self.dice.pick(&here).copied()
    }

    fn say(&mut self, dies_after: Option<usize>) {
        if let Some(id) = self.somewhere(false) {
            self.client.say(id, dies_after);
        }
    }

    fn recall(&mut self) {
        let Some(id) = self.somewhere(false) else {
            return;
        };
        let user = self.client.user;
        let own: Vec<Seq> = {
            let disk = self.client.disk();
            let young = now() - RECALLED;
            let own = disk.log(id).filter(|event| {
                event.sender == user && event.kind == Kind::Message && event.at > young
            });
            own.map(|event| event.seq).collect()
        };
        if let Some(target) = self.dice.pick(&own).copied() {
            self.client.write(id, CommandKind::Recall { target }, None);
        }
    }

    fn rename(&mut self) {
        if let Some(id) = self.somewhere(true) {
            let name = format!("name {}", self.dice.below(1_000));
            self.client.write(id, CommandKind::Rename { name }, None);
        }
    }

    /// An owner is refused, and who runs the group brings everybody else back.
    fn leave(&mut self) {
        if let Some(id) = self.somewhere(true) {
            self.client.write(id, CommandKind::Leave, None);
        }
    }

    fn read(&mut self) {
        let Some(conversation) = self.somewhere(false) else {
            return;
        };
        let newest = {
            let disk = self.client.disk();
            disk.log(conversation)
                .next_back()
                .map(|event| (event.seq, event.msg_no))
        };
        if let Some((seq, msg_no)) = newest {
            self.client.tell(Input::Focus(conversation));
            self.client.tell(Input::Read {
                conversation,
                seq,
                msg_no,
            });
        }
    }

    /// Another device of theirs that has not caught up says how far they have read there.
    async fn read_elsewhere(&mut self) {
        let Some(id) = self.somewhere(false) else {
            return;
        };
        let seqs: Vec<Seq> = {
            let disk = self.client.disk();
            let record = disk.records.get(&id);
            let read = record.map_or(0, |record| record.conversation.mine.read_seq);
            let seqs = disk.log(id).map(|event| event.seq);
            seqs.filter(|seq| *seq < read).collect()
        };
        if let Some(seq) = self.dice.pick(&seqs) {
            let path = format!("conversations/{id}/read");
            let body = json::to_string(&ReadTo { seq: *seq });
            // It changes nothing, and is not repeated.
            let _ = self.client.http.send(Method::PUT, &path, body).await;
        }
    }

    /// What is written meanwhile waits in the outbox.
    async fn be_offline(&mut self) {
        self.client.tell(Input::Network(false));
        for _ in 0..self.dice.below(4) {
            self.say(None);
        }
        let away = self.dice.within(1_000..12_000);
        sleep(Duration::from_millis(away)).await;
        self.client.tell(Input::Network(true));
    }

    async fn die_in_mid_send(&mut self) {
        let effects = self.dice.below(4);
        self.say(Some(effects));
        self.come_back().await;
    }

    async fn close_the_tab(&mut self) {
        self.say(None);
        // Sometimes before the answer, sometimes after it.
        sleep(Duration::from_millis(self.dice.within(0..60))).await;
        self.client.kill().await;
        self.come_back().await;
    }

    async fn come_back(&mut self) {
        let away = self.dice.within(0..8_000);
        sleep(Duration::from_millis(away)).await;
        self.client.open();
    }
}

/// Who is a member now, as far as this person's own history tells.
fn members(client: &Client, group: &Group) -> std::collections::BTreeSet<protocol::UserId> {
    let mut members = std::collections::BTreeSet::new();
    for event in client.disk().log(group.id) {
        match event.body() {
            protocol::Body::Created(created) => members.extend(created.members),
            protocol::Body::Invited(users) => members.extend(users.users),
            protocol::Body::Removed(users) | protocol::Body::Left(users) => {
                for user in users.users {
                    members.remove(&user);
                }
            }
            _ => {}
        }
    }
    members
}
