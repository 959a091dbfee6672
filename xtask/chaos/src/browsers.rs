//! Real browsers, which write and read meanwhile: by Playwright, in a process of its own.

use std::fs::{self, File};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use protocol::sync::{Entry, Record};
use protocol::{ClientId, Code, ConversationId, Event, Millis, Seq, UserId, json};
use serde::Deserialize;
use serde_json::json;
use services::{Folder, until};

use crate::client::{Answered, Said};
use crate::field::Field;
use crate::options::Options;
use crate::people::{PASSWORD, People};

/// How long they may take to log in: they are started one by one on a busy machine.
const LOGGED_IN: Duration = Duration::from_mins(2);
/// How long they may take to send all, and then to have all: a little more than they give themselves.
const RESTED: Duration = Duration::from_mins(5);

/// Browsers that run.
pub struct Browsers {
    child: Child,
    folder: Folder,
    people: Arc<People>,
}

/// What one of them holds at the end.
#[derive(Debug, Deserialize)]
pub struct Dump {
    pub user: UserId,
    pub name: String,
    pub events: Vec<Event>,
    pub records: Vec<Record>,
    pub outbox: Vec<Entry>,
    /// What its screen shows of the open conversation, in order.
    pub shown: Vec<String>,
    /// What was written and taken by the page, in order.
    pub said: Vec<Text>,
    answers: Vec<Answer>,
}

#[derive(Debug, Deserialize)]
pub struct Text {
    pub conversation: ConversationId,
    pub text: String,
}

#[derive(Debug, Deserialize)]
struct Answer {
    conversation: ConversationId,
    client_id: ClientId,
    status: u16,
    at: Millis,
    seq: Option<Seq>,
    code: Option<String>,
}

impl Browsers {
    /// Starts one for each of those who have none of our clients, and waits until they are logged
    /// in.
    ///
    /// # Errors
    /// When Playwright cannot be started, or one cannot log in: with what it printed.
    pub fn start(options: &Options, field: &Field, people: &Arc<People>) -> Result<Self> {
        let folder = Folder::new("chaos-browsers")?;
        let nodes = field.cluster.nodes.iter().cycle();
        let persons = people.in_browsers.iter().zip(nodes).map(|(person, node)| {
            json!({
                "handle": person.name,
                "id": person.user,
                "node": node.address().to_string(),
            })
        });
        // The first group of each size.
        let shared = people.groups.iter().filter(|group| {
            let guest = people.in_browsers.first();
            guest.is_some_and(|guest| group.members.contains(&guest.user))
        });
        let plan = json!({
            "origin": field.cluster.url(),
            "folder": folder.path(),
            "program": std::process::id(),
            "password": PASSWORD,
            "people": persons.collect::<Vec<_>>(),
            "conversations": shared.map(|group| group.id).collect::<Vec<_>>(),
        });
        let path = folder.path().join("plan.json");
        fs::write(&path, plan.to_string())?;
        let log = File::create(folder.path().join("log"))?;
        let child = Command::new("node_modules/.bin/playwright")
            .args(["test", "--config", "chaos"])
            .current_dir(&options.end2end)
            .env("ZSPCHAT_CHAOS", &path)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("Playwright cannot be started")?;
        let mut browsers = Self {
            child,
            folder,
            people: Arc::clone(people),
        };
        browsers.wait("every browser is logged in", LOGGED_IN, "ready")?;
        Ok(browsers)
    }

    /// Waits until each has written this, or they have ended without.
    fn wait(&mut self, what: &str, patience: Duration, written: &str) -> Result<()> {
        until(what, patience, || self.have(written) || self.have_ended())
            .with_context(|| self.log())?;
        ensure!(self.have(written), "Playwright ended: {}", self.log());
        Ok(())
    }

    fn have_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    fn have(&self, what: &str) -> bool {
        let mut people = self.people.in_browsers.iter();
        people.all(|one| {
            self.folder
                .path()
                .join(format!("{}.{what}", one.name))
                .exists()
        })
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Lets them write no more, and waits until they have sent all.
    ///
    /// # Errors
    /// When something went wrong in the pages: with what was printed.
    pub fn rest(&mut self) -> Result<()> {
        fs::write(self.folder.path().join("stop"), "")?;
        self.wait("the browsers' rest", RESTED, "sent")
    }

    /// Waits until they have all, now that nobody writes any more, and gives what they hold. What they
    /// were answered is noted with what the clients were.
    ///
    /// # Errors
    /// When they do not end in time, or something went wrong in the pages: with what was printed.
    pub fn end(mut self) -> Result<Vec<Dump>> {
        fs::write(self.folder.path().join("end"), "")?;
        until("the end of the browsers", RESTED, || self.have_ended())
            .with_context(|| self.log())?;
        ensure!(
            self.have("json"),
            "a browser left no history: {}",
            self.log()
        );
        let dumps = self.people.in_browsers.iter().map(|one| {
            let path = self.folder.path().join(format!("{}.json", one.name));
            let dump: Dump = json::from_str(&fs::read_to_string(path)?)?;
            for answer in &dump.answers {
                self.people.answers.note(answered(dump.user, answer));
            }
            Ok(dump)
        });
        dumps.collect()
    }
}

impl Drop for Browsers {
    fn drop(&mut self) {
        // It has ended already, where all went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn answered(sender: UserId, answer: &Answer) -> Answered {
    let said = match (answer.status, answer.seq, &answer.code) {
        (201, Some(seq), _) => Said::Stored(seq),
        (202, ..) => Said::Queued,
        (400..500, _, Some(code)) if answer.status != 429 && code != "out_of_order" => {
            Said::Refused(Code::from_name(code))
        }
        (status, ..) => Said::Later(status),
    };
    Answered {
        sender,
        conversation: answer.conversation,
        client_id: answer.client_id,
        at: answer.at,
        said,
    }
}
