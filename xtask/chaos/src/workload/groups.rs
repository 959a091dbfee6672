//! Groups: their owners take members out and bring those back who went.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use protocol::{CommandKind, UserId};
use tokio::time::sleep;

use super::members;
use crate::dice::Dice;
use crate::people::{Group, People};

/// An owner looks after the group about so often, in milliseconds.
const PAUSE: std::ops::Range<u64> = 2_000..7_000;

pub async fn run(people: &People, place: usize, mut dice: Dice, over: &AtomicBool) {
    let group = &people.groups[place];
    while !over.load(Ordering::Relaxed) {
        sleep(Duration::from_millis(dice.within(PAUSE))).await;
        swap(people, group, &mut dice);
    }
}

/// Brings back one who went, or takes one out.
pub fn swap(people: &People, group: &Group, dice: &mut Dice) {
    let owner = &people.clients[group.owner];
    let there = members(owner, group);
    let members = group.members.iter().copied();
    let (here, gone): (Vec<UserId>, Vec<UserId>) = members.partition(|user| there.contains(user));
    let users = |user: &UserId| vec![*user];
    // A few are always missing, so that both sides of a membership see traffic.
    let command = if gone.len() > 2 || (dice.percent(50) && !gone.is_empty()) {
        dice.pick(&gone)
            .map(users)
            .map(|users| CommandKind::Invite { users })
    } else {
        dice.pick(&here)
            .map(users)
            .map(|users| CommandKind::Remove { users })
    };
    if let Some(command) = command {
        owner.write(group.id, command, None);
    }
}
