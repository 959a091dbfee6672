//! Deliberate mistakes: what brings each to light, and whether it was noticed.

use protocol::mistakes::Mistake;

use crate::faults::Kind;
use crate::report::Report;

/// Faults under which a mistake breaks its promise. What needs none is made to last by churn.
pub fn faults(mistake: Mistake) -> &'static [Kind] {
    match mistake {
        Mistake::ForgetUnanswered => &[Kind::NodeKill, Kind::RabbitmqKill],
        Mistake::NewIdOnRetry | Mistake::ForgetSendKey => &[Kind::WriterKill, Kind::NodeKill],
        Mistake::SendTogether => &[Kind::NodeKill, Kind::RabbitmqKill, Kind::Cut],
        Mistake::FollowNothing => &[Kind::QueueDeleted],
        Mistake::OverlookGaps => &[Kind::NodeKill, Kind::RedisKill],
        Mistake::AcknowledgeBeforeCommit => &[Kind::StalledKill],
        Mistake::AcceptBeforeConfirm => &[Kind::RabbitmqPauseKill],
        Mistake::PublishWithoutMandatory => &[Kind::EmptyQueueDeleted],
        Mistake::NackWithRequeue => &[Kind::PostgresKill, Kind::PostgresPause],
        Mistake::CancelInsteadOfClose => &[Kind::SlowHandover],
        Mistake::PublishBeforeCommit => &[Kind::PostgresFull, Kind::PostgresKill],
        Mistake::ForwardOutOfOrder => &[Kind::Cut, Kind::Freeze],
        Mistake::OverlookDifferences | Mistake::ForwardToAnyone | Mistake::ReadBackwards => {
            &[Kind::Churn]
        }
    }
}

/// Whether the promise that a mistake breaks was seen broken; says which were.
pub fn is_noticed(mistake: Mistake, report: &Report) -> bool {
    let broken = report.broken();
    println!(
        "{}, which breaks {}: seen broken {}",
        mistake.name(),
        mistake.promise(),
        if broken.is_empty() {
            "none".to_owned()
        } else {
            broken.join(", ")
        }
    );
    broken.contains(&mistake.promise())
}
