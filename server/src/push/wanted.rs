//! Whether somebody wants to be told of an event.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use protocol::api::push::Quiet;
use protocol::event::Body;
use protocol::ids::ConversationKind;
use protocol::{Event, Millis, Seq, UserId};

/// Why somebody is not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// It was recalled, or it is nothing to be told of.
    Nothing,
    /// They have a stream.
    There,
    /// They have read it, have gone, or have blocked the sender.
    DoneWith,
    /// They have silenced the conversation.
    Silenced,
    /// It does not call them, and they want nothing else.
    NotCalled,
    /// It is not the time.
    Quiet,
    /// It is too old.
    Expired,
}

impl Why {
    /// For the counter.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::There => "online",
            Self::DoneWith => "read",
            Self::Silenced => "silenced",
            Self::NotCalled => "not_called",
            Self::Quiet => "quiet",
            Self::Expired => "expired",
        }
    }
}

/// How an event concerns somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Concern {
    /// A message to a group.
    Group,
    /// A message to them: in a direct conversation.
    Direct,
    /// A message to a group that calls them.
    Called,
    /// They were brought into a group.
    Invited,
}

impl Concern {
    /// Of an event to a member; `None` where it is nothing to be told of.
    pub(super) fn of(
        event: &Event,
        kind: ConversationKind,
        user: UserId,
        joined_seq: Seq,
    ) -> Option<Self> {
        match event.body() {
            Body::Message(message) => {
                let called = message.mention_all || message.mentions.contains(&user);
                Some(match kind {
                    ConversationKind::Direct => Self::Direct,
                    ConversationKind::Group if called => Self::Called,
                    ConversationKind::Group => Self::Group,
                })
            }
            Body::Created(_) | Body::Invited(_)
                if kind == ConversationKind::Group && joined_seq == event.seq =>
            {
                Some(Self::Invited)
            }
            _ => None,
        }
    }
}

/// What somebody has said about being told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wishes<'a> {
    pub(super) silenced: bool,
    pub(super) mentions_only: bool,
    pub(super) quiet: Option<&'a Quiet>,
}

/// Whether somebody wants to be told of what concerns them so, now. A conversation that they have
/// silenced stays silent also where it calls them, as it does in the app.
pub(super) fn wanted(concern: Concern, wishes: Wishes<'_>, now: Millis) -> Result<(), Why> {
    if wishes.silenced {
        return Err(Why::Silenced);
    }
    if wishes.mentions_only && concern == Concern::Group {
        return Err(Why::NotCalled);
    }
    match wishes.quiet {
        Some(quiet) if is_quiet(quiet, now) => Err(Why::Quiet),
        _ => Ok(()),
    }
}

fn is_quiet(quiet: &Quiet, now: Millis) -> bool {
    let (Ok(zone), Ok(now)) = (
        TimeZone::get(&quiet.time_zone),
        Timestamp::from_millisecond(now),
    ) else {
        return false;
    };
    let time = now.to_zoned(zone).time();
    let minute = i32::from(time.hour()) * 60 + i32::from(time.minute());
    u16::try_from(minute).is_ok_and(|minute| quiet.holds(minute))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-27 23:20 in UTC.
    const NOW: Millis = 1_795_821_600_000;

    fn wishes(quiet: Option<&Quiet>) -> Wishes<'_> {
        Wishes {
            silenced: false,
            mentions_only: false,
            quiet,
        }
    }

    #[test]
    fn silence_and_mentions_only_are_honoured() {
        let all = [
            Concern::Group,
            Concern::Direct,
            Concern::Called,
            Concern::Invited,
        ];
        for concern in all {
            assert_eq!(wanted(concern, wishes(None), NOW), Ok(()));
            let silenced = Wishes {
                silenced: true,
                ..wishes(None)
            };
            assert_eq!(wanted(concern, silenced, NOW), Err(Why::Silenced));
            let only = Wishes {
                mentions_only: true,
                ..wishes(None)
            };
            let expected = match concern {
                Concern::Group => Err(Why::NotCalled),
                _ => Ok(()),
            };
            assert_eq!(wanted(concern, only, NOW), expected);
        }
    }

    #[test]
    fn quiet_hours_go_by_the_clock_of_their_place() {
        let at = |zone: &str, from, to| Quiet {
            from,
            to,
            time_zone: zone.to_owned(),
        };
        // 07:20 of the next day there.
        for (quiet, expected) in [
            (at("Asia/Shanghai", 7 * 60, 8 * 60), true),
            (at("Asia/Shanghai", 22 * 60, 7 * 60 + 20), false),
            (at("Asia/Shanghai", 22 * 60, 7 * 60 + 21), true),
            (at("UTC", 7 * 60, 8 * 60), false),
            (at("UTC", 23 * 60, 60), true),
            // Put there by another version.
            (at("Asia/Nowhere", 0, 1_439), false),
        ] {
            assert_eq!(is_quiet(&quiet, NOW), expected, "{quiet:?}");
        }
    }
}
