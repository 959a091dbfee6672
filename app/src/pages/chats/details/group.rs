//! What a group is, and what its members may change of it.

use leptos::prelude::*;
use protocol::api::conversations::Conversation;
use protocol::command::CommandKind;
use protocol::{Code, ConversationId};

use super::fact::Fact;
use super::leaving::Leaving;
use super::members::MemberGrid;
use super::own_side::OwnSide;
use super::picking::Handover;
use crate::components::toggle::Toggle;
use crate::erased::{live, memo};
use crate::state::{Answer, Chat, use_chat};

/// A group's details.
#[component]
pub fn Group(id: ConversationId) -> impl IntoView {
    view! {
        <MemberGrid id />
        <Titles id />
        <MuteAll id />
        <OwnSide id />
        <Handover id />
        <Leaving id />
    }
    .into_any()
}

/// Reads from the conversation; empty if it is not known.
fn read(chat: Chat, id: ConversationId, read: fn(&Conversation) -> String) -> Memo<String> {
    memo(move || {
        let text = chat.rows.with(id, |it| read(&it.conversation));
        text.unwrap_or_default()
    })
}

/// Whether the rules let the reader do such a thing at all.
fn may(
    chat: Chat,
    id: ConversationId,
    example: impl Fn() -> CommandKind + Send + Sync + 'static,
) -> Signal<bool> {
    memo(move || chat.refusal(id, &example(), None).is_none()).into()
}

/// Name, number, announcement, and the reader's own name here.
#[component]
fn Titles(id: ConversationId) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let number = read(chat, id, |it| {
        it.number
            .map(|number| number.to_string())
            .unwrap_or_default()
    });
    let nickname = read(chat, id, |it| it.mine.nickname.clone());
    let shown_nickname = Signal::derive(move || {
        let nickname = nickname.get();
        let profile = || chat.me.with(|me| Some(me.as_ref()?.user.name.clone()));
        if nickname.is_empty() {
            profile().unwrap_or_default()
        } else {
            nickname
        }
    });
    let names = chat.limits().name_chars;
    view! {
        <Title
            id
            label=t.group_name
            now=read(chat, id, |it| it.name.clone().unwrap_or_default())
            none=t.unnamed
            edit=t.edit_name
            most=names
            command=|name| CommandKind::Rename { name }
        />
        <Fact label=t.group_number value=number />
        <Title
            id
            label=t.announcement
            now=read(chat, id, |it| it.announcement.clone())
            none=t.no_announcement
            edit=t.edit_announcement
            most=chat.limits().announcement_chars
            long=true
            command=|announcement| CommandKind::Announce { announcement }
        />
        <Title
            id
            label=t.my_nickname
            now=nickname
            shown=shown_nickname
            none=t.not_set
            edit=t.edit_nickname
            most=names
            command=|nickname| CommandKind::SetNickname { nickname }
        />
    }
    .into_any()
}

/// A text that a command sets, and a way to change it for those who may.
#[component]
fn Title(
    /// Of which group.
    id: ConversationId,
    /// What it is.
    label: &'static str,
    /// How it is set.
    now: Memo<String>,
    /// What is shown in its place.
    #[prop(optional, into)]
    shown: Option<Signal<String>>,
    /// What is said when it is not set.
    none: &'static str,
    /// What changing it is called.
    edit: &'static str,
    /// How many characters it may have.
    most: usize,
    /// Whether it may have several lines.
    #[prop(optional)]
    long: bool,
    /// What sets it.
    command: fn(String) -> CommandKind,
) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    // Something that differs from what there is.
    let may_change = may(chat, id, move || command([&now.get(), "x"].concat()));
    let ask = Callback::new(move |()| {
        let answer = Answer::new(t.save, move |text| change(chat, id, command(text)));
        chat.overlay
            .type_in(edit, now.get_untracked(), most, long, answer);
    });
    view! {
        <Fact
            label
            value=shown.unwrap_or_else(|| now.into())
            none
            change=t.change
            change_what=edit
            may_change
            on_change=ask
        />
    }
    .into_any()
}

/// Sends a command, unless it would change nothing.
fn change(chat: Chat, id: ConversationId, command: CommandKind) {
    if untrack(|| chat.refusal(id, &command, None)) != Some(Code::NothingToChange) {
        chat.command(id, command);
    }
}

/// Whether all but a few are silent; for those who may say so.
#[component]
fn MuteAll(id: ConversationId) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let on = memo(move || chat.rows.with(id, |it| it.conversation.mute_all) == Some(true));
    let may_mute = may(chat, id, move || CommandKind::MuteAll { on: !on.get() });
    let mute = Callback::new(move |on| chat.command(id, CommandKind::MuteAll { on }));
    live(move || {
        may_mute
            .get()
            .then(|| view! { <Toggle label=t.mute_all on=on on_change=mute /> })
    })
}
