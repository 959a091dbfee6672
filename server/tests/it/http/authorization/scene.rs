//! A group, with everybody who may ask for something there.

use protocol::{ClientId, ConversationId, UserId};
use reqwest::Method;
use serde_json::{Value, json};
use server::accounts::Origin;
use server::store::NewUser;

use super::super::app::{PASSWORD, Person, Stream, TestApp, fresh_id};
use super::super::pages::token;
use super::super::programs::kept;

/// Who asks, from those who may do least to those who may do most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// Is not logged in.
    Nobody,
    /// Was a member's session, until another device ended it.
    Ended,
    /// Is a program of the member's that may only read.
    ReadOnly,
    /// Is logged in, and knows nobody.
    Stranger,
    /// Was removed from the group.
    Former,
    Member,
    Administrator,
    Owner,
}

impl Actor {
    pub const ALL: [Self; 8] = [
        Self::Nobody,
        Self::Ended,
        Self::ReadOnly,
        Self::Stranger,
        Self::Former,
        Self::Member,
        Self::Administrator,
        Self::Owner,
    ];
}

pub struct Scene {
    pub app: TestApp,
    group: ConversationId,
    actors: Vec<(Actor, Person)>,
    /// Members whom something may be done to, one by each of the last three.
    targets: Vec<Person>,
    /// Contacts of theirs who are not members.
    guests: Vec<Person>,
    /// Where a message of each target stands.
    messages: Vec<u64>,
    /// A request to the owner.
    request: String,
    /// Another session of the owner's.
    session: String,
    /// The owner's.
    stream: (String, Stream),
}

impl Scene {
    pub async fn new() -> Self {
        let app = TestApp::start().await;
        let owner = app.register("owner").await;
        let mut people = Vec::new();
        for handle in ["stranger", "former", "member", "administrator"] {
            people.push(person(&app, handle).await);
        }
        let [stranger, former, member, administrator] = people.try_into().ok().unwrap();
        let (mut targets, mut guests) = (Vec::new(), Vec::new());
        for number in 0..3 {
            targets.push(person(&app, &format!("target{number}")).await);
            guests.push(person(&app, &format!("guest{number}")).await);
        }
        let insiders = [&former, &member, &administrator];
        for other in insiders.into_iter().chain(&targets) {
            owner.befriend(other).await;
        }
        for (number, guest) in guests.iter().enumerate() {
            [&member, &administrator, &owner][number]
                .befriend(guest)
                .await;
        }
        let members: Vec<&Person> = insiders.into_iter().chain(&targets).collect();
        let group = owner.group(&members).await;
        let role = json!({"kind": "set_role", "user": administrator.id, "role": "administrator"});
        done(&owner, group, role).await;
        done(
            &owner,
            group,
            json!({"kind": "remove", "users": [former.id]}),
        )
        .await;
        let mut messages = Vec::new();
        for target in &targets {
            messages.push(target.say(group, "hello").await.seq);
        }
        let asker = person(&app, "asker").await;
        let ask = json!({"user": owner.id});
        let request = asker.post("/api/v1/contact_requests", ask).await.json();

        let ended = again(&app, &member).await;
        let session = listed(&ended).await;
        let path = format!("/api/v1/me/sessions/{session}");
        assert_eq!(member.delete(&path).await.status, 204);
        let session = listed(&again(&app, &owner).await).await;
        let read_only = Person {
            browser: member.program(&kept(&app, &member, 600_000).await),
            id: member.id,
        };
        let mut stream = owner.stream().await;
        let opened = stream.sync().await;
        Self {
            group,
            actors: vec![
                (Actor::Ended, ended),
                (Actor::ReadOnly, read_only),
                (Actor::Stranger, stranger),
                (Actor::Former, former),
                (Actor::Member, member),
                (Actor::Administrator, administrator),
                (Actor::Owner, owner),
            ],
            targets,
            guests,
            messages,
            request: request["id"].as_str().unwrap().to_owned(),
            session,
            stream: (opened.stream.to_string(), stream),
            app,
        }
    }

    /// What a route answers to somebody.
    pub async fn ask(&self, route: &str, actor: Actor) -> u16 {
        let mut parts = route.split(' ');
        let method: Method = parts.next().unwrap().parse().unwrap();
        let (template, command) = (parts.next().unwrap(), parts.next());
        let person = self.actors.iter().find(|(who, _)| *who == actor);
        let person = person.map(|(_, person)| person);
        let browser = person.map_or_else(|| self.app.anybody(), |it| it.browser.clone());
        // What only one of the last three can do to somebody, each does to another one.
        let turn = match actor {
            Actor::Administrator => 1,
            Actor::Owner => 2,
            _ => 0,
        };
        let path = self.path(&method, template, turn);
        let request = if template.starts_with("/api/") {
            let body = command.map_or_else(
                || self.body(&method, template, actor),
                |kind| Some(self.command(kind, turn)),
            );
            match body {
                Some(body) => browser.request(method, &path).json(&body),
                None => browser.request(method, &path),
            }
        } else if method == Method::POST {
            let fields = self.fields(person, template, turn);
            browser.request(method, &path).form(&fields)
        } else {
            browser.request(method, &path)
        };
        // A stream has no end: only how it begins is asked for.
        request.send().await.unwrap().status().as_u16()
    }

    fn path(&self, method: &Method, template: &str, turn: usize) -> String {
        let makes = method == Method::PUT && template == "/api/v1/conversations/{conversation}";
        let conversation = if makes {
            ConversationId(fresh_id().0)
        } else {
            self.group
        };
        let of_contact = template.contains("contacts/{user}") || template.contains("direct/");
        let user = if of_contact {
            self.owner().id
        } else {
            self.targets[turn].id
        };
        let path = template
            .replace("{conversation}", &conversation.to_string())
            .replace("{user}", &user.to_string())
            .replace("{request}", &self.request)
            .replace("{session}", &self.session)
            .replace("{token}", "nobody's")
            .replace("{subscription}", "nobody's")
            .replace("{provider}", "nobody")
            .replace("{stream}", &self.stream.0);
        match template {
            "/api/v1/users" => path + "?handle=owner",
            "/api/v1/stream" => format!("{path}?as={}", self.owner().id),
            _ => path,
        }
    }

    fn owner(&self) -> &Person {
        &self.actors.last().unwrap().1
    }

    fn body(&self, method: &Method, template: &str, actor: Actor) -> Option<Value> {
        let noun = template.strip_prefix("/api/v1/").unwrap_or_default();
        let handle = format!("new_{}", format!("{actor:?}").to_lowercase());
        Some(match (method.as_str(), noun) {
            ("POST", "accounts") => json!({"handle": handle, "password": PASSWORD}),
            ("POST", "session") => json!({"handle": "owner", "password": PASSWORD}),
            ("PATCH", "me") => json!({"signature": "changed"}),
            ("PUT", "me/password") => json!({"current": PASSWORD, "password": "another password"}),
            ("POST", "me/access_tokens") => {
                json!({"name": "new", "days": 1, "current": PASSWORD})
            }
            ("PUT", "me/push/settings") => json!({"text": false, "mentions_only": true}),
            ("POST", "me/push/subscriptions") => {
                json!({"endpoint": "https://example.org/x", "keys": {"p256dh": "", "auth": ""}})
            }
            ("POST", "users/lookup") => json!({"users": [{"id": self.owner().id}]}),
            ("PATCH", "contacts/{user}") => json!({"remark": "changed"}),
            ("POST", "contact_requests") => json!({"user": self.targets[0].id}),
            ("PUT", "conversations/{conversation}") => {
                json!({"name": "new", "members": [self.targets[0].id]})
            }
            ("PUT", "conversations/{conversation}/read") => json!({"seq": 2}),
            ("PUT", "conversations/{conversation}/preferences") => json!({"pinned": true}),
            ("POST", "conversations/{conversation}/commands") => self.command("send", 0),
            ("POST", "pull") => {
                json!({"conversations": [{"id": self.group, "after": 0, "limit": 10}]})
            }
            ("POST", "calibrate") => json!({"ranges": []}),
            ("PUT", "stream/{stream}/watch") => json!({"users": []}),
            _ => return None,
        })
    }

    fn command(&self, kind: &str, turn: usize) -> Value {
        let (target, guest) = (self.targets[turn].id, self.guests[turn].id);
        let mut command = match kind {
            "send" => json!({"content": {"type": "text", "text": "hello"}}),
            "recall" => json!({"target": self.messages[turn]}),
            "rename" => json!({"name": format!("new {turn}")}),
            "announce" => json!({"announcement": format!("new {turn}")}),
            "invite" => json!({"users": [guest]}),
            "remove" => json!({"users": [target]}),
            "leave" => json!({}),
            "set_role" => json!({"user": target, "role": "administrator"}),
            "transfer" => json!({"user": target}),
            "mute_member" => json!({"user": target, "until": 9_000_000_000_000_i64}),
            "mute_all" => json!({"on": turn == 1}),
            "set_nickname" => json!({"nickname": "new"}),
            other => panic!("no command {other}"),
        };
        command["kind"] = json!(kind);
        command["client_id"] = json!(fresh_id());
        command
    }

    fn fields(
        &self,
        person: Option<&Person>,
        template: &str,
        turn: usize,
    ) -> Vec<(String, String)> {
        let form_token = match person {
            Some(person) if !person.cookies.is_empty() => token(person),
            _ => String::new(),
        };
        let id: ClientId = fresh_id();
        let user = person.map_or_else(String::new, |person| person.id.to_string());
        let target: UserId = self.targets[turn].id;
        let fields = [
            ("token", form_token),
            ("user", user),
            ("client_id", id.to_string()),
            ("handle", "owner".to_owned()),
            ("name", "changed".to_owned()),
            ("signature", "changed".to_owned()),
            ("current", PASSWORD.to_owned()),
            (
                "password",
                if template == "/login" {
                    PASSWORD
                } else {
                    "another password"
                }
                .to_owned(),
            ),
            ("language", "en".to_owned()),
            ("theme", "dark".to_owned()),
            ("text", "hello".to_owned()),
            ("members", target.to_string()),
            ("contact", target.to_string()),
            ("session", self.session.clone()),
            ("access_token", "nobody's".to_owned()),
            ("subscription", "nobody's".to_owned()),
            ("scope", "read".to_owned()),
            ("days", "7".to_owned()),
            ("code", "000000".to_owned()),
            ("proof", "none".to_owned()),
        ];
        fields.map(|(name, value)| (name.to_owned(), value)).into()
    }
}

/// Somebody, without the time that a password takes.
async fn person(app: &TestApp, handle: &str) -> Person {
    let server = app.running().app();
    let now = server.clock.now();
    let id = UserId::new(now, server.random.bytes());
    let user = NewUser {
        id,
        handle: handle.to_owned(),
        name: handle.to_owned(),
        phc: Some(String::new()),
        administrator: false,
        at: now,
    };
    server.store.create_user(&user).await.unwrap();
    let browser = app.anybody();
    again(app, &Person { browser, id }).await
}

/// Another session of somebody's.
async fn again(app: &TestApp, person: &Person) -> Person {
    let sessions = &app.running().app().accounts.sessions;
    let origin = Origin::default();
    let token = sessions.begin(person.id, &origin, false).await.unwrap();
    let mut browser = app.anybody();
    let cookie = ("session".to_owned(), token.as_str().to_owned());
    browser.cookies.push(cookie);
    Person {
        browser,
        id: person.id,
    }
}

/// The id of somebody's own session.
async fn listed(person: &Person) -> String {
    let sessions = person.get("/api/v1/me/sessions").await.json();
    sessions["sessions"][0]["id"].as_str().unwrap().to_owned()
}

async fn done(person: &Person, group: ConversationId, mut command: Value) {
    command["client_id"] = json!(fresh_id());
    let answer = person.command(group, command).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
}
