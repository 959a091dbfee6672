//! What a browser is given: JSON for its service worker, encrypted for it alone.

use app::locales::{Messages, messages};
use app::state::text::one_line;
use p256::PublicKey;
use protocol::api::pages::Language;
use protocol::event::{Body, Content};
use protocol::ids::ConversationKind;
use protocol::{ConversationId, Event, Millis, Seq, UserId};
use serde::Serialize;
use web_push_native::{Auth, encrypt};

use super::wanted::Concern;
use crate::store::Addressed;

/// Longest title and longest text, in characters: with all the rest no more than 3 KiB, of the 4 KiB
/// that push services take.
const LONGEST: (usize, usize) = (80, 240);

/// What the service worker is given.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Payload {
    user: UserId,
    conversation: ConversationId,
    seq: Seq,
    at: Millis,
    /// What the user calls the conversation.
    title: String,
    /// What was said; nothing where it is not to be carried.
    body: Option<String>,
    lang: &'static str,
    /// How many messages they have not read there.
    unread: u64,
    /// Whether it calls them.
    mention: bool,
}

impl Payload {
    /// Of an event to a browser. `others` are the names of others in a group without a name.
    pub(super) fn new(to: &Addressed, event: &Event, concern: Concern, others: &[String]) -> Self {
        let language = match to.language.as_str() {
            "en" => Language::English,
            _ => Language::Chinese,
        };
        let t = messages(language);
        let title = match (to.kind, &to.name) {
            (ConversationKind::Direct, _) => to.sender_name.clone(),
            (ConversationKind::Group, Some(name)) => name.clone(),
            (ConversationKind::Group, None) if others.is_empty() => t.unnamed.to_owned(),
            (ConversationKind::Group, None) => t.list(others),
        };
        let body = to.with_text.then(|| short(&said(to, event, t), LONGEST.1));
        Self {
            user: to.user,
            conversation: event.conversation,
            seq: event.seq,
            at: event.at,
            title: short(&title, LONGEST.0),
            body,
            lang: language.tag(),
            unread: to.unread,
            mention: concern == Concern::Called,
        }
    }

    /// As what only that browser can read; `None` where its keys are none.
    pub(super) fn encrypted(&self, to: &Addressed) -> Option<Vec<u8>> {
        let json = serde_json::to_vec(self).ok()?;
        let key = PublicKey::from_sec1_bytes(&to.p256dh).ok()?;
        let auth: [u8; 16] = to.auth.as_slice().try_into().ok()?;
        encrypt(json, &key, &Auth::from(auth)).ok()
    }
}

/// What is said of an event, by whom in a group.
fn said(to: &Addressed, event: &Event, t: &Messages) -> String {
    let name = &to.sender_name;
    match event.body() {
        Body::Message(message) => {
            let text = match &message.content {
                Content::Text { text } => one_line(text),
                Content::Unknown => t.unknown_content.to_owned(),
            };
            match to.kind {
                ConversationKind::Direct => text,
                ConversationKind::Group => t.says(name, &text),
            }
        }
        _ => t.invited(name, t.you),
    }
}

fn short(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most - 1).collect();
    kept + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_long_is_cut_between_characters() {
        assert_eq!(short("好的", 2), "好的");
        assert_eq!(short("好的呀", 2), "好…");
    }
}
