//! What the service worker is told of, so that it can tell the reader.

use leptos::prelude::*;
use protocol::Event;
use protocol::api::conversations::Conversation;
use protocol::event::Body;
use protocol::ids::ConversationKind;

use super::Chat;
use super::port::{Action, News};

impl Chat {
    /// A conversation is about to be shown as it is now. That all of it is read clears what was told;
    /// that more is unread is told while nobody sees this tab. Whether anybody sees another one, what
    /// was told before, and how the reader wants it, the service worker knows.
    pub(super) fn tell(self, now: &Conversation) {
        let before = untrack(|| {
            let of = |conversation: &Conversation| (conversation.head, conversation.mine.unread);
            self.rows.with(now.id, |record| of(&record.conversation))
        });
        let (head, unread) = before.unwrap_or_default();
        let mine = &now.mine;
        let cleared = mine.unread == 0 && unread > 0;
        let is_new = now.head > head && mine.unread > unread && !mine.silenced;
        let is_unseen = is_new && document().hidden();
        if !(cleared || is_unseen) {
            return;
        }
        let direct = now.kind == ConversationKind::Direct;
        let last = now.last.as_ref().map(Event::body);
        let called = matches!(last, Some(Body::Message(message)) if message.mention_all
            || message.mentions.iter().any(|user| Some(*user) == untrack(|| self.my_id())));
        let news = untrack(|| News {
            conversation: now.id,
            seq: now.head,
            at: now.last_at,
            title: self.title(now),
            body: self.preview(now),
            lang: self.t().tag.tag(),
            unread: mine.unread,
            mention: called && !direct,
            direct,
        });
        self.act(Action::Tell(news));
    }
}
