//! Deliberate mistakes, so that the tests can show that they would notice.
//!
//! Each breaks one promise. They can be switched on in builds with debug assertions only, for the
//! current thread or for the whole process, and are compiled out of every release.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Whose part of the way makes a mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Maker {
    /// The browser's half.
    Browser,
    /// A node of the server.
    Server,
}

/// No mistake has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no mistake {}: there are {}", .0, names())]
pub struct UnknownMistake(String);

fn names() -> String {
    let names: Vec<&str> = Mistake::ALL.iter().map(|mistake| mistake.name()).collect();
    names.join(", ")
}

macro_rules! mistakes {
    ($($(#[$doc:meta])* $mistake:ident = $name:literal, $maker:ident, $promise:literal;)*) => {
        /// A mistake, by what is done wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub enum Mistake {
            $($(#[$doc])* $mistake,)*
        }

        impl Mistake {
            /// Every mistake there is.
            pub const ALL: &'static [Self] = &[$(Self::$mistake,)*];

            /// Its name on command lines.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$mistake => $name,)* }
            }

            /// Who makes it.
            pub const fn maker(self) -> Maker {
                match self { $(Self::$mistake => Maker::$maker,)* }
            }

            /// The promise that it breaks.
            pub const fn promise(self) -> &'static str {
                match self { $(Self::$mistake => $promise,)* }
            }
        }

        impl FromStr for Mistake {
            type Err = UnknownMistake;

            fn from_str(name: &str) -> Result<Self, UnknownMistake> {
                match name {
                    $($name => Ok(Self::$mistake),)*
                    _ => Err(UnknownMistake(name.to_owned())),
                }
            }
        }
    };
}

mistakes! {
    /// The outbox forgets an entry whose answer did not come.
    ForgetUnanswered = "forget-unanswered", Browser, "P1";
    /// A retry makes a new `client_id`.
    NewIdOnRetry = "new-id-on-retry", Browser, "P2";
    /// The outbox does not wait for one answer before it sends the next.
    SendTogether = "send-together", Browser, "P3";
    /// What follows something queued does not name it.
    FollowNothing = "follow-nothing", Browser, "P3";
    /// All below an event is taken to be here.
    OverlookGaps = "overlook-gaps", Browser, "P4";
    /// What differs is taken to be the same.
    OverlookDifferences = "overlook-differences", Browser, "P5";
    /// A delivery is acknowledged to the broker before its commands are committed.
    AcknowledgeBeforeCommit = "acknowledge-before-commit", Server, "P1";
    /// A command is accepted without waiting for the broker's confirm.
    AcceptBeforeConfirm = "accept-before-confirm", Server, "P1";
    /// What no queue takes is not returned, and looks accepted.
    PublishWithoutMandatory = "publish-without-mandatory", Server, "P1";
    /// What became of a command is forgotten once it is committed.
    ForgetSendKey = "forget-send-key", Server, "P2";
    /// What the database does not take at once goes back to the queue, which delivers what follows
    /// it meanwhile.
    NackWithRequeue = "nack-with-requeue", Server, "P3";
    /// A shard is handed over by `basic.cancel`, with deliveries still to be handled.
    CancelInsteadOfClose = "cancel-instead-of-close", Server, "P3";
    /// Events are published before they are committed.
    PublishBeforeCommit = "publish-before-commit", Server, "P4";
    /// The hub forwards events as they come, also where some are missing before them.
    ForwardOutOfOrder = "forward-out-of-order", Server, "P6";
    /// The hub forwards to streams whose users are not members.
    ForwardToAnyone = "forward-to-anyone", Server, "P6";
    /// A read position moves to wherever it is told.
    ReadBackwards = "read-backwards", Server, "P7";
}

impl TryFrom<String> for Mistake {
    type Error = UnknownMistake;

    fn try_from(name: String) -> Result<Self, UnknownMistake> {
        name.parse()
    }
}

impl From<Mistake> for String {
    fn from(mistake: Mistake) -> Self {
        mistake.name().to_owned()
    }
}

#[cfg(debug_assertions)]
mod switch {
    use std::cell::Cell;
    use std::sync::OnceLock;

    use super::Mistake;

    thread_local! {
        static MADE: Cell<Option<Mistake>> = const { Cell::new(None) };
    }

    static MADE_EVERYWHERE: OnceLock<Mistake> = OnceLock::new();

    /// Whether this mistake is to be made.
    pub fn made(mistake: Mistake) -> bool {
        MADE.get() == Some(mistake) || MADE_EVERYWHERE.get() == Some(&mistake)
    }

    /// Makes one mistake from now on, on this thread; or none.
    pub fn make(mistake: Option<Mistake>) {
        MADE.set(mistake);
    }

    /// Makes one mistake from now on, on every thread of this process. The first one stays.
    pub fn make_everywhere(mistake: Mistake) {
        MADE_EVERYWHERE.get_or_init(|| mistake);
    }
}

#[cfg(not(debug_assertions))]
mod switch {
    /// Never, in a release.
    #[inline]
    pub const fn made(_: super::Mistake) -> bool {
        false
    }
}

pub use switch::*;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mistake_has_a_name_of_its_own() {
        for mistake in Mistake::ALL {
            assert_eq!(mistake.name().parse(), Ok(*mistake));
        }
    }

    #[test]
    fn an_unknown_name_is_told_with_those_there_are() {
        let error = "send-apart".parse::<Mistake>().unwrap_err().to_string();
        assert!(
            error.contains("send-apart") && error.contains("send-together"),
            "{error}"
        );
    }

    #[test]
    fn one_mistake_is_made_at_a_time_and_none_in_the_end() {
        make(Some(Mistake::SendTogether));
        assert!(made(Mistake::SendTogether) && !made(Mistake::OverlookGaps));
        make(Some(Mistake::OverlookGaps));
        assert!(made(Mistake::OverlookGaps) && !made(Mistake::SendTogether));
        make(None);
        assert!(!made(Mistake::OverlookGaps));
    }
}
