//! What a check found that should not be.

use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Breach {
    /// P1: accepted, and neither stored nor refused.
    Lost,
    /// P4: never seen by one who should have it.
    Missing,
    /// P2: took effect twice, or is shown twice.
    Duplicated,
    /// P3: a log with gaps, one device's sends in another order, or a history in another order.
    Reordered,
    /// P6: somebody has an event from outside their membership.
    Leaked,
    /// P4, P5: a history is not the server's, or a refusal was not told.
    Differing,
    /// P7: a read position moved back.
    MovedBack,
    /// It does not come to rest, or does not recover, in time.
    Stuck,
}

impl Breach {
    /// The promises that it breaks, or one of which it does.
    pub fn promises(self) -> &'static [&'static str] {
        match self {
            Self::Lost => &["P1"],
            Self::Missing => &["P4"],
            Self::Duplicated => &["P2"],
            Self::Reordered => &["P3"],
            Self::Differing => &["P4", "P5"],
            Self::Leaked => &["P6"],
            Self::MovedBack => &["P7"],
            Self::Stuck => &[],
        }
    }
}

#[derive(Debug, Clone)]
pub struct Violation {
    pub breach: Breach,
    pub what: String,
}

impl Violation {
    pub fn new(breach: Breach, what: String) -> Self {
        Self { breach, what }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.breach, self.what)
    }
}
