//! Questions of a tab to the server.

use std::sync::{Arc, Mutex};

use protocol::api::commands::ExpiredEvent;
use protocol::api::conversations::{Conversations, ReadTo};
use protocol::api::events::{Page, Pulled};
use protocol::sync::{Effect, Failure, Input, Posted};
use protocol::{ClientId, Code, ConversationId, Event, json};
use reqwest::Method;

use super::http::Refusal;
use super::{Answered, Client, Said, lock};
use crate::clock::now;

/// Asks in one tab's name. Clones share what it remembers.
#[derive(Clone)]
pub struct Asks {
    client: Arc<Client>,
    list_etag: Arc<Mutex<Option<String>>>,
}

impl Asks {
    pub fn new(client: Arc<Client>) -> Self {
        Self {
            client,
            list_etag: Arc::default(),
        }
    }

    /// Answers an effect that asks the server; `None` for others.
    pub async fn answer(&self, effect: Effect) -> Option<Input> {
        let http = &self.client.http;
        Some(match effect {
            Effect::FetchList => Input::Listed(self.list().await),
            Effect::Pull(ticket, pull) => {
                let answer = http
                    .send(Method::POST, "pull", json::to_string(&pull))
                    .await;
                let answer = answer.and_then(|answer| answer.json::<Pulled>());
                for page in answer.iter().flat_map(|pulled| &pulled.pages) {
                    self.receive(&page.events, "page");
                }
                Input::Pulled(ticket, answer.map_err(failure))
            }
            Effect::FetchNewest(id) => {
                let answer = http.get(&format!("conversations/{id}/events"), None).await;
                let answer = answer.and_then(|answer| answer.json::<Page>());
                if let Ok(page) = &answer {
                    self.receive(&page.events, "page");
                }
                Input::Page(id, answer.map(Box::new).map_err(failure))
            }
            Effect::PutRead(id, seq) => {
                let path = format!("conversations/{id}/read");
                let body = json::to_string(&ReadTo { seq });
                let answer = http.send(Method::PUT, &path, body).await;
                Input::ReadPut(id, answer.map(drop).map_err(failure))
            }
            Effect::Calibrate(ticket, ask) => {
                let body = json::to_string(&ask);
                let answer = http.send(Method::POST, "calibrate", body).await;
                let answer = answer.and_then(|answer| answer.json());
                Input::Calibrated(ticket, answer.map_err(failure))
            }
            _ => return None,
        })
    }

    /// Posts these very bytes, and notes what was said to them.
    pub async fn post(
        &self,
        id: ConversationId,
        client_id: ClientId,
        bytes: String,
        after: Option<ClientId>,
    ) -> Posted {
        let answer = self.client.http.post_command(id, bytes, after).await;
        let (posted, said) = match answer {
            Ok(answer) if answer.status == 202 => (Posted::Queued, Said::Queued),
            Ok(answer) => match (answer.json::<Event>(), answer.json::<ExpiredEvent>()) {
                (Ok(event), _) if event.client_id == client_id => {
                    let said = Said::Stored(event.seq);
                    (Posted::Stored(Box::new(event)), said)
                }
                (_, Ok(expired)) => (Posted::Expired(expired), Said::Stored(expired.seq)),
                _ => {
                    let later = Failure::Later(None);
                    (Posted::Failed(later), Said::Later(answer.status))
                }
            },
            Err(refusal) => {
                let said = match refusal.failure() {
                    Failure::Refused(code) if code != Code::OutOfOrder => Said::Refused(code),
                    _ => Said::Later(refusal.status),
                };
                (Posted::Failed(refusal.failure()), said)
            }
        };
        self.client.answers.note(Answered {
            sender: self.client.user,
            conversation: id,
            client_id,
            at: now(),
            said,
        });
        posted
    }

    async fn list(&self) -> Result<Option<Conversations>, Failure> {
        let etag = lock(&self.list_etag).clone();
        let answer = self.client.http.get("conversations", etag.as_deref()).await;
        let answer = answer.map_err(failure)?;
        if answer.status == 304 {
            return Ok(None);
        }
        let list: Conversations = answer.json().map_err(failure)?;
        *lock(&self.list_etag) = answer.etag;
        let previews = list
            .conversations
            .iter()
            .filter_map(|one| one.last.as_ref());
        self.receive(previews, "list");
        Ok(Some(list))
    }

    fn receive<'a>(&self, events: impl IntoIterator<Item = &'a Event>, way: &'static str) {
        let mut disk = self.client.disk();
        for event in events {
            disk.receive(event, way);
        }
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "to be named where errors are mapped"
)]
fn failure(refusal: Refusal) -> Failure {
    refusal.failure()
}
