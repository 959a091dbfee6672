//! Which stretch of a log is rendered, so that a long one costs no more than a short one.

use protocol::Seq;

/// So many events are rendered when a conversation opens: as many as on a page that the server renders.
const AT_FIRST: usize = 50;
/// So many more when the reader comes near an end.
const STEP: usize = 40;
/// No more than this at once.
const MOST: usize = 180;

/// The stretch that is rendered, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// First seq; 0: all there is.
    pub from: Seq,
    /// Last seq; the greatest there can be: to the end, and what comes.
    pub to: Seq,
}

impl Default for Window {
    fn default() -> Self {
        Self {
            from: 0,
            to: Seq::MAX,
        }
    }
}

impl Window {
    /// Whether it reaches the newest event, and what comes.
    pub fn at_end(&self) -> bool {
        self.to == Seq::MAX
    }

    /// Whether it reaches the oldest event that is here.
    pub fn at_start(&self, seqs: &[Seq]) -> bool {
        seqs.first().is_none_or(|first| self.from <= *first)
    }

    /// The newest events only.
    pub fn rest_at_end(&mut self, seqs: &[Seq], older: bool) {
        *self = Self {
            from: nth_from_end(seqs, AT_FIRST, older),
            to: Seq::MAX,
        };
    }

    /// Drops the oldest when too many have come while the reader followed the end.
    pub fn trim(&mut self, seqs: &[Seq]) {
        if self.at_end() && seqs.len() - position(seqs, self.from) > MOST {
            self.rest_at_end(seqs, true);
        }
    }

    /// More of the older ones; the newest far away are dropped. Whether anything changed.
    pub fn grow_up(&mut self, seqs: &[Seq], older: bool) -> bool {
        let from = position(seqs, self.from);
        let up = from.saturating_sub(STEP);
        let next = if up == 0 && !older {
            0
        } else {
            seqs.get(up).copied().unwrap_or(0)
        };
        let grown = next < self.from;
        self.from = self.from.min(next);
        if let Some(last) = seqs.get(up + MOST) {
            self.to = self.to.min(*last);
        }
        grown
    }

    /// More of the newer ones; the oldest far away are dropped.
    pub fn grow_down(&mut self, seqs: &[Seq]) {
        if self.at_end() {
            return;
        }
        let down = position(seqs, self.to) + STEP;
        self.to = match seqs.get(down) {
            Some(seq) if down + 1 < seqs.len() => *seq,
            _ => Seq::MAX,
        };
        let last = down.min(seqs.len().saturating_sub(1));
        if last > MOST {
            self.from = self.from.max(seqs[last - MOST]);
        }
    }

    /// Around a message. It stays as it is if the message is in it.
    pub fn show(&mut self, seq: Seq, seqs: &[Seq]) {
        if (self.from..=self.to).contains(&seq) {
            return;
        }
        let at = position(seqs, seq);
        self.from = seqs.get(at.saturating_sub(STEP)).copied().unwrap_or(0);
        self.to = seqs.get(at + 2 * STEP).copied().unwrap_or(Seq::MAX);
    }
}

fn position(seqs: &[Seq], seq: Seq) -> usize {
    seqs.partition_point(|it| *it < seq)
}

fn nth_from_end(seqs: &[Seq], count: usize, older: bool) -> Seq {
    match seqs.len().checked_sub(count) {
        None | Some(0) if !older => 0,
        None => seqs.first().copied().unwrap_or(0),
        Some(at) => seqs[at],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seqs(count: u64) -> Vec<Seq> {
        (1..=count).collect()
    }

    fn rendered(window: Window, seqs: &[Seq]) -> usize {
        seqs.iter()
            .filter(|seq| (window.from..=window.to).contains(seq))
            .count()
    }

    #[test]
    fn a_short_log_is_rendered_whole() {
        let mut window = Window::default();
        window.rest_at_end(&seqs(10), false);
        assert_eq!(window, Window::default());
        assert!(window.at_start(&seqs(10)));
    }

    #[test]
    fn a_long_log_never_renders_more_than_the_most() {
        let seqs = seqs(10_000);
        let mut window = Window::default();
        window.rest_at_end(&seqs, true);
        assert_eq!(rendered(window, &seqs), AT_FIRST);
        for _ in 0..400 {
            window.grow_up(&seqs, false);
            assert!(rendered(window, &seqs) <= MOST + 1);
        }
        assert_eq!(window.from, 0);
        assert!(!window.at_end());
        for _ in 0..400 {
            window.grow_down(&seqs);
            assert!(rendered(window, &seqs) <= MOST + 1);
        }
        assert!(window.at_end());
        assert_eq!(window.from, 10_000 - MOST as u64);
    }

    #[test]
    fn growing_says_when_nothing_is_left_here() {
        let seqs = seqs((AT_FIRST + STEP) as u64);
        let mut window = Window::default();
        window.rest_at_end(&seqs, true);
        assert!(window.grow_up(&seqs, true));
        assert!(!window.grow_up(&seqs, true));
        assert_eq!(window.from, 1);
    }

    #[test]
    fn a_jump_renders_what_is_around() {
        let seqs = seqs(1_000);
        let mut window = Window::default();
        window.rest_at_end(&seqs, true);
        window.show(500, &seqs);
        assert!((window.from..=window.to).contains(&500));
        let before = window;
        window.show(501, &seqs);
        assert_eq!(window, before);
        window.show(990, &seqs);
        assert!(window.at_end());
    }

    #[test]
    fn following_the_end_drops_the_oldest() {
        let mut window = Window::default();
        window.rest_at_end(&seqs(10), false);
        window.trim(&seqs(MOST as u64 + 20));
        assert_eq!(rendered(window, &seqs(MOST as u64 + 20)), AT_FIRST);
    }
}
