//! Whom one may call while writing, to choose from.

use leptos::ev;
use leptos::prelude::*;
use protocol::event::Role;
use protocol::{ConversationId, UserId};

use super::avatar::Avatar;
use crate::erased::listener;
use crate::state::{Chat, use_chat};

/// The id of the list, by which the composer points at it.
pub const LIST_ID: &str = "mentions";

/// Somebody who may be called; nobody stands for everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callee {
    /// Whom; `None`: all.
    pub user: Option<UserId>,
    /// The name that goes into the text: one that others know, not one's own name for them.
    pub name: String,
    /// The name by which the reader knows them.
    pub known_as: String,
}

/// Those who fit what was typed after `@`, by remark, nickname or name.
pub fn callees(chat: Chat, conversation: ConversationId, typed: &str) -> Vec<Callee> {
    let t = chat.t();
    let typed = typed.to_lowercase();
    let me = chat.my_id();
    let role = chat.rows.with(conversation, |it| it.conversation.mine.role);
    let mut callees = Vec::new();
    if role.is_some_and(|role| role >= Role::Administrator) && t.everybody.contains(&typed) {
        callees.push(Callee {
            user: None,
            name: t.everybody.to_owned(),
            known_as: t.everybody.to_owned(),
        });
    }
    let members = chat.people.members_of(conversation).into_iter();
    for user in members.filter(|user| Some(*user) != me) {
        let profile = chat.people.users.with(|users| users.get(&user).cloned());
        let Some(profile) = profile else { continue };
        let nickname = chat.people.nickname(conversation, user);
        let known_as = chat.people.name_in(conversation, user).unwrap_or_default();
        let fits = |text: &str| text.to_lowercase().contains(&typed);
        if fits(&known_as)
            || fits(&profile.name)
            || fits(&profile.handle)
            || nickname.as_deref().is_some_and(fits)
        {
            callees.push(Callee {
                user: Some(user),
                name: nickname.unwrap_or(profile.name),
                known_as,
            });
        }
        if callees.len() == 50 {
            break;
        }
    }
    callees
}

/// The id of a line of the list.
pub fn option_id(at: usize) -> String {
    format!("mention-{at}")
}

/// The list above the composer; the focus stays in the composer.
#[component]
pub fn Mentions(
    /// Whom.
    callees: Memo<Vec<Callee>>,
    /// Which of them is chosen.
    chosen: RwSignal<usize>,
    /// One was picked.
    on_pick: Callback<Callee>,
) -> impl IntoView {
    let t = use_chat().t();
    let line = move |(at, callee): (usize, Callee)| {
        let picked = callee.clone();
        let name = Signal::stored(callee.known_as.clone());
        view! {
            <li
                id=option_id(at)
                role="option"
                aria-selected=move || if chosen.get() == at { "true" } else { "false" }
                on:mousedown=listener(move |event: ev::MouseEvent| {
                    event.prevent_default();
                    on_pick.run(picked.clone());
                })
            >
                {callee.user.map(|user| view! { <Avatar seed=user name /> })}
                <span dir="auto">{callee.known_as}</span>
            </li>
        }
    };
    view! {
        <ul class="popover mentions" role="listbox" id=LIST_ID aria-label=t.mention>
            {move || callees.get().into_iter().enumerate().map(line).collect_view()}
        </ul>
    }
    .into_any()
}
