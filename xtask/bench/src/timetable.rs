//! Load by a timetable: each thing is to be done at its time, whether or not those before it are.
//!
//! Who is late is charged for it, since what something takes is counted from its time in the
//! timetable: a server that stands still for a while delays all who come meanwhile.

use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// How many turns a second there are, for how long.
#[derive(Clone, Copy)]
pub struct Timetable {
    pub per_second: f64,
    pub time: Duration,
}

/// Someone's turns: the times, as they come, at which to do something.
pub type Turns = UnboundedReceiver<Instant>;

impl Timetable {
    /// Begins now: gives the turns of so many people, who take them one after the other.
    pub fn begin(self, people: usize) -> Vec<Turns> {
        let (senders, turns): (Vec<_>, Vec<_>) = (0..people).map(|_| unbounded_channel()).unzip();
        // A thread, as the runtime's timer only knows milliseconds.
        std::thread::spawn(move || self.run(&senders));
        turns
    }

    fn run(self, people: &[UnboundedSender<Instant>]) {
        let start = Instant::now();
        let step = self.per_second.recip();
        let mut passed = Duration::ZERO;
        for (number, turn) in (1_u32..).zip(people.iter().cycle()) {
            if passed >= self.time {
                return;
            }
            let time = start + passed;
            std::thread::sleep(time.saturating_duration_since(Instant::now()));
            // Whoever has failed has said why.
            let _ = turn.send(time);
            passed = Duration::from_secs_f64(step * f64::from(number));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_go_round_and_are_as_many_as_asked_for() {
        let timetable = Timetable {
            per_second: 1_000.0,
            time: Duration::from_millis(30),
        };
        let mut turns = timetable.begin(3);
        let mut times = Vec::new();
        for _ in 0..10 {
            for person in &mut turns {
                times.push(person.blocking_recv().unwrap());
            }
        }
        let exactly = |pair: &[Instant]| (pair[1] - pair[0]).abs_diff(Duration::from_millis(1));
        assert!(
            times
                .windows(2)
                .all(|pair| exactly(pair) < Duration::from_micros(1))
        );
        assert!(
            turns
                .iter_mut()
                .all(|person| person.blocking_recv().is_none())
        );
    }
}
