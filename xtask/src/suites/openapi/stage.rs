//! A server with somebody who is logged in, and all that routes may name: Schemathesis makes up the
//! rest.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use services::{Folder, Health, Port, health, until};

use crate::project::list;

/// How long the server may take to be ready.
const READY: Duration = Duration::from_mins(1);
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

const PASSWORD: &str = "a good password";

/// The server, until it is dropped.
pub struct Server {
    child: Child,
    port: Port,
    _data: Folder,
}

impl Server {
    /// Starts it, so patient with those who ask much that it counts nothing against them.
    ///
    /// # Errors
    /// When it does not get ready in time.
    pub fn start(program: &Path, database: &str) -> Result<Self> {
        let (port, data) = (Port::free()?, Folder::new("openapi")?);
        let child = Command::new(program)
            .args(["serve", "--listen", &port.address().to_string(), "--data"])
            .arg(data.path())
            .env("ZSPCHAT_DATABASE_URL", database)
            .env("ZSPCHAT_LIMITS_COMMANDS_PER_WINDOW", "1000000")
            .env("ZSPCHAT_THROTTLE_LOG_INS_PER_ACCOUNT", "1000000")
            .env("ZSPCHAT_THROTTLE_LOG_INS_PER_ADDRESS", "1000000")
            .env("ZSPCHAT_THROTTLE_REGISTRATIONS_PER_ADDRESS", "1000000")
            .env("ZSPCHAT_THROTTLE_READS_PER_USER", "1000000")
            .env("ZSPCHAT_THROTTLE_CHANGES_PER_USER", "1000000")
            .env("ZSPCHAT_THROTTLE_VISITS_PER_ADDRESS", "1000000")
            .env("ZSPCHAT_LOG_LEVEL", "error")
            .spawn()
            .with_context(|| format!("{} cannot be started", program.display()))?;
        let server = Self {
            child,
            port,
            _data: data,
        };
        let address = server.address();
        until("the server", READY, || health(address) == Health::Ready)?;
        Ok(server)
    }

    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; there is nobody left to tell.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What is there: two contacts, a group of theirs in which both have written, and a third person who
/// wants to become a contact.
pub struct Stage {
    variables: Vec<(&'static str, String)>,
}

impl Stage {
    /// # Errors
    /// When the server refuses any of it.
    pub fn set(server: SocketAddr) -> Result<Self> {
        let nobody = Asker {
            server,
            cookie: String::new(),
        };
        let [(ann, ann_id), (bob, bob_id), (eve, _)] = [
            nobody.register("ann")?,
            nobody.register("bob")?,
            nobody.register("eve")?,
        ];
        let asked = bob.ask(
            "POST",
            "contact_requests",
            &json!({"user": ann_id, "note": "hello"}),
        )?;
        let request = text(&asked, "id")?;
        ann.ask(
            "POST",
            &format!("contact_requests/{request}/accept"),
            &json!({}),
        )?;
        let asked = eve.ask(
            "POST",
            "contact_requests",
            &json!({"user": ann_id, "note": "hello"}),
        )?;
        let request = text(&asked, "id")?;
        let group = v7()?;
        let path = format!("conversations/{group}");
        ann.ask("PUT", &path, &json!({"name": "group", "members": [bob_id]}))?;
        for (sender, said) in [(&ann, "你好"), (&bob, "hello")] {
            let content = json!({"type": "text", "text": said});
            let command = json!({"client_id": v7()?, "kind": "send", "content": content});
            sender.ask("POST", &format!("{path}/commands"), &command)?;
        }
        // Another session of hers: without one that is named, her own would be ended.
        nobody.ask(
            "POST",
            "session",
            &json!({"handle": "ann", "password": PASSWORD}),
        )?;
        let sessions = ann.ask("GET", "me/sessions", &json!({}))?;
        let other = list(&sessions["sessions"]).find(|session| session["current"] == false);
        let other = text(other.context("she is logged in once only")?, "id")?;
        Ok(Self {
            variables: vec![
                ("ORIGIN", format!("http://{server}")),
                ("SESSION", ann.session()?),
                ("CONVERSATION", group),
                ("OTHER_SESSION", other),
                ("USER", bob_id),
                ("REQUEST", request),
            ],
        })
    }

    /// As `schemathesis.toml` names them.
    pub fn variables(&self) -> impl Iterator<Item = (String, &String)> {
        self.variables
            .iter()
            .map(|(name, value)| (format!("STAGE_{name}"), value))
    }
}

struct Asker {
    server: SocketAddr,
    cookie: String,
}

impl Asker {
    /// Somebody new, and their id.
    fn register(&self, handle: &str) -> Result<(Self, String)> {
        let body = json!({"handle": handle, "password": PASSWORD});
        let (head, me) = self.exchange("POST", "accounts", &body)?;
        let cookie = head
            .lines()
            .find_map(|line| line.strip_prefix("set-cookie: "));
        let cookie = cookie.and_then(|line| line.split(';').next());
        let cookie = cookie.context("a new account has no session")?.to_owned();
        let server = self.server;
        Ok((Self { server, cookie }, text(&me["user"], "id")?))
    }

    /// What the cookie holds.
    fn session(&self) -> Result<String> {
        let value = self
            .cookie
            .split_once('=')
            .context("the cookie has no value")?
            .1;
        Ok(value.to_owned())
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Value> {
        self.exchange(method, path, body).map(|(_, body)| body)
    }

    fn exchange(&self, method: &str, path: &str, body: &Value) -> Result<(String, Value)> {
        let (server, body) = (self.server, body.to_string());
        let mut head = format!("{method} /api/v1/{path} HTTP/1.1\r\n");
        let _ = write!(head, "host: {server}\r\norigin: http://{server}\r\n");
        let _ = write!(head, "cookie: {}\r\nconnection: close\r\n", self.cookie);
        let _ = write!(head, "content-type: application/json\r\n");
        let _ = write!(head, "content-length: {}\r\n\r\n{body}", body.len());
        let mut stream = TcpStream::connect(server)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(head.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
        ensure!(head.starts_with("HTTP/1.1 2"), "{method} {path}: {answer}");
        Ok((head.to_owned(), serde_json::from_str(body)?))
    }
}

fn text(value: &Value, field: &str) -> Result<String> {
    match value[field].as_str() {
        Some(text) => Ok(text.to_owned()),
        None => bail!("the answer has no {field}: {value}"),
    }
}

/// A new UUIDv7, as clients make them, but counted instead of random.
fn v7() -> Result<String> {
    static COUNT: AtomicU32 = AtomicU32::new(1);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let time = format!("{:012x}", now.as_millis());
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    Ok(format!(
        "{}-{}-7000-8000-{count:012x}",
        &time[..8],
        &time[8..]
    ))
}
