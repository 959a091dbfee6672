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
    Memo::new(move |_| {
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
    Memo::new(move |_| chat.refusal(id, &example(), None).is_none()).into()
}

/// Name, number, announcement, and the reader's own name here.
#[component]
fn Titles(id: ConversationId) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let name = read(chat, id, |it| it.name.clone().unwrap_or_default());
    let number = read(chat, id, |it| {
        it.number
            .map(|number| number.to_string())
            .unwrap_or_default()
    });
    let announcement = read(chat, id, |it| it.announcement.clone());
    let nickname = read(chat, id, |it| it.mine.nickname.clone());
    let profile_name = Memo::new(move |_| {
        chat.me
            .with(|me| me.as_ref().map(|me| me.user.name.clone()))
            .unwrap_or_default()
    });
    let shown_nickname = Signal::derive(move || {
        let nickname = nickname.get();
        if nickname.is_empty() {
            profile_name.get()
        } else {
            nickname
        }
    });
    // Something that differs from what there is.
    let other = |now: Memo<String>| move || [&now.get(), "x"].concat();
    let [other_name, other_text, other_nickname] = [name, announcement, nickname].map(other);
    let may_rename = may(chat, id, move || CommandKind::Rename { name: other_name() });
    let may_announce = may(chat, id, move || CommandKind::Announce {
        announcement: other_text(),
    });
    let may_be_called = may(chat, id, move || CommandKind::SetNickname {
        nickname: other_nickname(),
    });
    let rename = Callback::new(move |()| {
        let answer = Answer::new(t.save, move |name| {
            change(chat, id, CommandKind::Rename { name });
        });
        let most = chat.limits().name_chars;
        let now = name.get_untracked();
        chat.overlay.type_in(t.edit_name, now, most, false, answer);
    });
    let announce = Callback::new(move |()| {
        let answer = Answer::new(t.save, move |announcement| {
            change(chat, id, CommandKind::Announce { announcement });
        });
        let most = chat.limits().announcement_chars;
        let now = announcement.get_untracked();
        chat.overlay
            .type_in(t.edit_announcement, now, most, true, answer);
    });
    let be_called = Callback::new(move |()| {
        let answer = Answer::new(t.save, move |nickname| {
            change(chat, id, CommandKind::SetNickname { nickname });
        });
        let most = chat.limits().name_chars;
        let now = nickname.get_untracked();
        chat.overlay
            .type_in(t.edit_nickname, now, most, false, answer);
    });
    view! {
        <Fact
            label=t.group_name
            value=name
            none=t.unnamed
            change=t.change
            change_what=t.edit_name
            may_change=may_rename
            on_change=rename
        />
        <Fact label=t.group_number value=number />
        <Fact
            label=t.announcement
            value=announcement
            none=t.no_announcement
            change=t.change
            change_what=t.edit_announcement
            may_change=may_announce
            on_change=announce
        />
        <Fact
            label=t.my_nickname
            value=shown_nickname
            none=t.not_set
            change=t.change
            change_what=t.edit_nickname
            may_change=may_be_called
            on_change=be_called
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
    let on = Memo::new(move |_| chat.rows.with(id, |it| it.conversation.mute_all) == Some(true));
    let may_mute = may(chat, id, move || CommandKind::MuteAll { on: !on.get() });
    let mute = Callback::new(move |on| chat.command(id, CommandKind::MuteAll { on }));
    move || {
        may_mute
            .get()
            .then(|| view! { <Toggle label=t.mute_all on=on on_change=mute /> })
    }
}
