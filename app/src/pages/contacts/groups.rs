//! `/contacts/groups`: every group the reader is in.

use leptos::prelude::*;
use protocol::ConversationId;
use protocol::ids::ConversationKind;

use crate::components::avatar::Avatar;
use crate::components::page::Page;
use crate::erased::{Each, live, memo};
use crate::state::{Place, use_chat};

/// The groups, by name.
#[component]
pub fn Groups() -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let groups = memo(move || {
        let named = chat.rows.ids().into_iter().filter_map(|id| {
            let name = chat.rows.with(id, |record| {
                let group = &record.conversation;
                let mine = group.kind == ConversationKind::Group && !group.mine.left;
                mine.then(|| chat.title(group).to_lowercase())
            });
            Some((name??, id))
        });
        let mut named: Vec<(String, ConversationId)> = named.collect();
        named.sort_unstable();
        named.into_iter().map(|(_, id)| id).collect::<Vec<_>>()
    });
    view! {
        <Page title=t.groups.to_owned() back=Place::Contacts>
            {move || {
                groups
                    .with(Vec::is_empty)
                    .then(|| {
                        view! {
                            <div class="empty">
                                <p>{t.no_groups}</p>
                                <a class="button" href=Place::NewGroup.path()>
                                    {t.start_group}
                                </a>
                            </div>
                        }
                    })
            }}
            <ul class="groups">
                <Each items=groups let:id>
                    <li class="contact">
                        <Group id />
                    </li>
                </Each>
            </ul>
        </Page>
    }
    .into_any()
}

#[component]
fn Group(id: ConversationId) -> impl IntoView {
    let chat = use_chat();
    let title = memo(move || {
        let title = chat
            .rows
            .with(id, |record| chat.title(&record.conversation));
        title.unwrap_or_default()
    });
    let count = live(move || {
        let count = chat.rows.with(id, |it| it.conversation.member_count);
        ["(", &count.unwrap_or_default().to_string(), ")"].concat()
    });
    view! {
        <a href=Place::Chat(id).path()>
            <Avatar seed=id name=title />
            <bdi class="name">{title}</bdi>
            <span>{count}</span>
        </a>
    }
    .into_any()
}
