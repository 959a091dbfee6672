//! Actions on conversations and their members.

use std::rc::Rc;

use protocol::api::conversations::{ChangePreferences, Conversation, CreateGroup, Members, Mine};
use protocol::{ConversationId, Problem, UserId, json};

use crate::browser::account::note;
use crate::browser::channel::{Seen, Wish};
use crate::browser::disk::{How, Key, Table, Write};
use crate::browser::people;
use crate::browser::tab::Tab;
use crate::browser::time::{self, spawn};
use crate::state::port::Update;

pub fn members(tab: Rc<Tab>, conversation: ConversationId) {
    spawn(async move {
        if let Ok(Some(kept)) = tab.history.members(conversation).await {
            tab.tell(Update::Members(conversation, kept));
        }
        let path = format!("conversations/{conversation}/members");
        let Ok(members) = tab.http.get::<Members>(&path).await else {
            // Those that were kept stay on the screen.
            return;
        };
        people::save(&tab, &members.users).await;
        let write = Write::Put(
            Table::Members,
            Key::Text(conversation.to_string()),
            json::to_string(&members),
        );
        note(tab.history.disk.write(vec![write], How::default()).await);
        tab.share(Seen::Members(conversation, members));
    });
}

pub async fn prefer(
    tab: &Tab,
    conversation: ConversationId,
    change: ChangePreferences,
) -> Result<(), Problem> {
    let path = format!("conversations/{conversation}/preferences");
    let mine: Mine = tab.http.send("PUT", &path, &change).await?;
    let kept = tab.history.record(conversation).await?;
    let known = match kept {
        Some(record) => Conversation {
            mine,
            ..record.conversation
        },
        None => {
            tab.http
                .get(&format!("conversations/{conversation}"))
                .await?
        }
    };
    tab.wish(Wish::Known(Box::new(known)));
    Ok(())
}

pub async fn create(tab: &Tab, group: CreateGroup) -> Result<Conversation, Problem> {
    // Asked for again, what was not answered well is the same group, not a second one.
    let begun = tab.begun.take().filter(|(_, begun)| *begun == group);
    let id = begun.map_or_else(
        || ConversationId::new(time::now(), time::random()),
        |(id, _)| id,
    );
    *tab.begun.borrow_mut() = Some((id, group.clone()));
    let path = format!("conversations/{id}");
    let conversation: Conversation = tab.http.send("PUT", &path, &group).await?;
    tab.begun.take();
    tab.wish(Wish::Known(Box::new(conversation.clone())));
    Ok(conversation)
}

pub async fn direct(tab: &Tab, user: UserId) -> Result<Conversation, Problem> {
    let path = format!("conversations/direct/{user}");
    let conversation: Conversation = tab.http.order("PUT", &path).await?.json()?;
    tab.wish(Wish::Known(Box::new(conversation.clone())));
    Ok(conversation)
}
