//! What owner and administrators can do with a member.

use leptos::prelude::*;
use protocol::command::CommandKind;
use protocol::event::Role;
use protocol::{Code, ConversationId, Millis, UserId};

use crate::state::{Answer, Chat, Choice, Place};

const MINUTE: Millis = 60_000;
const HOUR: Millis = 60 * MINUTE;
const DAY: Millis = 24 * HOUR;

/// The members whom the reader has a say over; tracks what that depends on.
pub fn managed(chat: Chat, id: ConversationId) -> Vec<UserId> {
    let members = chat.people.members_of(id);
    chat.allowed(id, members, |user| CommandKind::Remove {
        users: vec![user],
    })
}

/// What the menu of a member offers: what the rules never allow the reader is left out, what would
/// be refused just now is greyed out.
pub fn choices(chat: Chat, id: ConversationId, user: UserId) -> Vec<Choice> {
    let t = chat.t();
    let view_card = move || chat.navigation.go(Place::Card(user));
    let mut choices = vec![Choice::new(t.view_card, view_card)];
    let Some(member) = untrack(|| chat.people.member(id, user)) else {
        return choices;
    };
    let is_administrator = member.role == Role::Administrator;
    let (role, role_label) = if is_administrator {
        (Role::Member, t.take_administrator)
    } else {
        (Role::Administrator, t.make_administrator)
    };
    let command = move |command: CommandKind| move || chat.command(id, command.clone());
    let mut offer = |label: &str, wanted: CommandKind, grave: Option<&'static str>| {
        let refused = untrack(|| chat.refusal(id, &wanted, None));
        if refused == Some(Code::NotAllowed) || refused == Some(Code::NotAMember) {
            return;
        }
        let run = command(wanted);
        let choice = match grave {
            Some(text) => {
                let title = label.to_owned();
                let ask = move || {
                    let run = run.clone();
                    let answer = Answer::new(&title, move |_| run());
                    chat.overlay.confirm(&title, text, answer.dangerous());
                };
                Choice::new(label, ask).dangerous()
            }
            None => Choice::new(label, run),
        };
        choices.push(choice.unless(refused.map(|code| t.problem(code).to_owned())));
    };
    offer(role_label, CommandKind::SetRole { user, role }, None);
    let now = chat.now.get_untracked();
    if member.muted_until > now {
        offer(t.unmute, CommandKind::MuteMember { user, until: 0 }, None);
    }
    let times = [
        (t.mute_ten_minutes, 10 * MINUTE),
        (t.mute_hour, HOUR),
        (t.mute_day, DAY),
        (t.mute_week, 7 * DAY),
    ];
    for (label, time) in times {
        let until = now + time;
        offer(label, CommandKind::MuteMember { user, until }, None);
    }
    let transfer = CommandKind::Transfer { user };
    offer(t.transfer, transfer, Some(t.transfer_text));
    let remove = CommandKind::Remove { users: vec![user] };
    offer(t.remove_member, remove, Some(t.remove_member_text));
    choices
}
