//! A database with something of everything in it, and what its people see.

use std::path::Path;

use protocol::{ConversationId, Event};
use serde_json::{Value, json};

use super::child::{Server, in_time, text, zspchat};
use crate::http::app::{Answer, Person, fresh_id, say};

/// Messages in the long group: more than are copied at a time.
const MANY: usize = 2_500;

/// People, and what they have done.
pub struct Life {
    pub people: Vec<Person>,
    pub group: ConversationId,
    /// A command that was stored, and the event that came of it.
    pub sent: (Value, Event),
}

impl Life {
    /// Lets people live on a server.
    pub async fn begin(server: &Server) -> Self {
        let mut people = Vec::new();
        for handle in ["ann", "bob", "cid", "dan", "eve"] {
            people.push(server.anybody().register(handle).await);
        }
        let [ann, bob, cid, dan, eve] = &people[..] else {
            panic!("five people");
        };
        for (one, other) in [(ann, bob), (ann, cid), (ann, dan), (bob, cid)] {
            one.befriend(other).await;
        }
        // One request stays open, one is declined.
        let ask = async |other: &Person| {
            let body = json!({"user": other.id, "note": "hi 👋"});
            done(eve.post("/api/v1/contact_requests", body).await).json()
        };
        ask(ann).await;
        let declined = ask(bob).await;
        let id = declined["id"].as_str().unwrap();
        let path = format!("/api/v1/contact_requests/{id}/decline");
        done(bob.post(&path, json!({})).await);
        let profile = json!({"name": "Ann A.", "signature": "\u{202e}a\tb", "invisible": true});
        done(ann.patch("/api/v1/me", profile).await);
        let path = format!("/api/v1/contacts/{}", bob.id);
        let contact = json!({"remark": "Bobby", "starred": true, "blocked": true});
        done(cid.patch(&path, contact).await);

        let long = ann.group(&[bob]).await;
        for first in (0..MANY).step_by(16) {
            let some: Vec<Value> = (first..MANY.min(first + 16))
                .map(|n| say(&format!("message {n}")))
                .collect();
            done(ann.command(long, json!(some)).await);
        }
        let read = json!({"seq": 1_234});
        done(bob.put(&of(long, "read"), read).await);

        let group = ann.group(&[bob, cid, dan]).await;
        let act = async |who: &Person, command: Value| done(who.command(group, command).await);
        let said = bob.say(group, "soon gone").await;
        let recall = json!({"client_id": fresh_id(), "kind": "recall", "target": said.seq});
        act(bob, recall).await;
        let mut called = say("@Cid, look");
        called["mentions"] = json!([cid.id]);
        act(ann, called).await;
        let muted = json!({"client_id": fresh_id(), "kind": "set_nickname", "nickname": "B."});
        act(bob, muted).await;
        act(dan, json!({"client_id": fresh_id(), "kind": "leave"})).await;
        ann.say(group, "dan does not see this").await;
        let refused = json!({"client_id": fresh_id(), "kind": "rename", "name": "mine"});
        assert_eq!(dan.command(group, refused).await.status, 422);
        let wishes = json!({"pinned": true, "silenced": true, "cleared_seq": 2});
        done(bob.put(&of(group, "preferences"), wishes).await);
        done(
            cid.put(&of(group, "preferences"), json!({"marked_unread": true}))
                .await,
        );
        ann.say(ann.with(bob), "between us").await;
        ann.say(ann.with(ann), "to myself").await;

        let command = say("once 'n' only \\u0000 \\");
        let event = done(ann.command(group, command.clone()).await).read();
        Self {
            people,
            group,
            sent: (command, event),
        }
    }

    /// Lets them use another server.
    pub fn go_to(&mut self, server: &Server) {
        for person in &mut self.people {
            person.go_to(&server.base);
        }
    }

    /// What all of them get to see, question by question; without the identity of the history.
    pub async fn all_seen(&self) -> Vec<(String, Value)> {
        let mut seen = Vec::new();
        for person in &self.people {
            let mut paths = vec![
                "/api/v1/me".to_owned(),
                "/api/v1/contacts".to_owned(),
                "/api/v1/contact_requests".to_owned(),
                "/api/v1/conversations".to_owned(),
            ];
            let others = self.people.iter();
            paths.extend(others.map(|other| format!("/api/v1/users/{}", other.id)));
            let list = done(person.get("/api/v1/conversations").await).json();
            let mut ranges = Vec::new();
            for conversation in list["conversations"].as_array().unwrap() {
                let id: ConversationId = conversation["id"].as_str().unwrap().parse().unwrap();
                paths.push(format!("/api/v1/conversations/{id}"));
                paths.push(of(id, "members"));
                paths.extend(
                    (0..MANY)
                        .step_by(500)
                        .map(|after| of(id, &format!("events?after={after}&limit=500"))),
                );
                let digest = "0000000000000000";
                ranges.push(json!({"conversation": id, "from": 1, "to": 9_999, "digest": digest}));
            }
            for path in paths {
                let answer = person.get(&path).await;
                let status = answer.status;
                assert!(status < 500, "{path}: {}", answer.text);
                let value = if status == 200 {
                    answer.json()
                } else {
                    json!(status)
                };
                seen.push((format!("{} {path}", person.id), value));
            }
            let calibrated = calibrated(person, &ranges).await;
            seen.push((
                format!("{} calibrate", person.id),
                calibrated["ranges"].clone(),
            ));
        }
        seen
    }

    /// The identity of the history, as a browser learns it.
    pub async fn history(&self) -> String {
        let calibrated = calibrated(&self.people[0], &[]).await;
        calibrated["history_id"].as_str().unwrap().to_owned()
    }
}

async fn calibrated(person: &Person, ranges: &[Value]) -> Value {
    let asked = person.post("/api/v1/calibrate", json!({"ranges": ranges}));
    done(asked.await).json()
}

/// Fails where two lists of answers differ, and says where.
pub fn assert_same(before: &[(String, Value)], after: &[(String, Value)]) {
    assert_eq!(before.len(), after.len());
    for (one, other) in before.iter().zip(after) {
        assert_eq!(one, other);
    }
}

/// A path below a conversation.
pub fn of(conversation: ConversationId, what: &str) -> String {
    format!("/api/v1/conversations/{conversation}/{what}")
}

/// An answer that is no problem.
#[track_caller]
pub fn done(answer: Answer) -> Answer {
    assert!((200..300).contains(&answer.status), "{}", answer.text);
    answer
}

/// Stops a server, and waits until it has ended.
pub async fn stop(mut server: Server) {
    server.signal("TERM").await;
    assert!(server.ended().await.success());
}

/// What a command of the program said: whether it worked, and its two outputs.
pub struct Said {
    pub worked: bool,
    pub output: String,
    pub errors: String,
}

/// Runs the program to its end.
pub async fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Said {
    let mut command = zspchat(arguments);
    let ended = command.envs(variables.iter().copied()).output();
    let ended = in_time("it ends", ended).await.unwrap();
    Said {
        worked: ended.status.success(),
        output: String::from_utf8(ended.stdout).unwrap(),
        errors: String::from_utf8(ended.stderr).unwrap(),
    }
}

/// Moves the file of a folder to a Postgres database.
pub async fn migrate(data: &Path, url: &str) -> Said {
    let arguments = ["migrate", "sqlite-to-postgres", "--data", text(data)];
    run(&arguments, &[("ZSPCHAT_DATABASE_URL", url)]).await
}

impl Said {
    /// Fails unless it worked.
    #[track_caller]
    pub fn worked(self) -> String {
        assert!(self.worked, "{}", self.errors);
        self.output
    }

    /// Fails unless it ended with one sentence about what is wrong, and gives it.
    #[track_caller]
    pub fn refused(self) -> String {
        assert!(!self.worked, "{}", self.output);
        assert!(self.output.is_empty(), "{}", self.output);
        let last = self.errors.trim_end().lines().last().unwrap_or_default();
        assert!(last.starts_with("error: "), "{}", self.errors);
        assert_eq!(self.errors.matches("error: ").count(), 1, "{}", self.errors);
        last.to_owned()
    }
}
