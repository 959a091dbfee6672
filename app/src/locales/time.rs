//! Times as people read them, by an offset from UTC and without a table of time zones.

use protocol::Millis;
use protocol::api::pages::Language;

const MINUTE: Millis = 60_000;
const DAY: Millis = 24 * 60 * MINUTE;

/// Whether two messages are so far apart that the time is shown between them.
pub const fn is_separate(earlier: Millis, later: Millis) -> bool {
    later - earlier > 5 * MINUTE
}

/// Says times in a language, at an offset from UTC, as seen at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// In which language.
    pub language: Language,
    /// Minutes to add to UTC.
    pub utc_offset: i32,
    /// The moment from which it is seen.
    pub now: Millis,
}

/// A day of the calendar.
struct Date {
    year: i64,
    month: usize,
    day: i64,
}

/// The day of that number, counted from 1 January 1970 (the algorithm of Howard Hinnant's
/// `civil_from_days`).
fn date(days: i64) -> Date {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    Date {
        year: year_of_era + era * 400 + i64::from(month <= 2),
        month: usize::try_from(month).unwrap_or(1),
        day: day_of_year - (153 * shifted_month + 2) / 5 + 1,
    }
}

impl Clock {
    fn local(&self, at: Millis) -> Millis {
        at + Millis::from(self.utc_offset) * MINUTE
    }

    fn days_ago(&self, at: Millis) -> i64 {
        self.local(self.now).div_euclid(DAY) - self.local(at).div_euclid(DAY)
    }

    /// `14:05`.
    pub fn time(&self, at: Millis) -> String {
        let minutes = self.local(at).rem_euclid(DAY) / MINUTE;
        let two = |number: i64| {
            let tens = char::from(b'0' + u8::try_from(number / 10).unwrap_or(0));
            let ones = char::from(b'0' + u8::try_from(number % 10).unwrap_or(0));
            [tens, ones]
        };
        let [a, b] = two(minutes / 60);
        let [c, d] = two(minutes % 60);
        [a, b, ':', c, d].iter().collect()
    }

    /// The day, if it is not today: yesterday, the weekday within a week, or the date.
    fn day(&self, at: Millis) -> Option<String> {
        let chinese = self.language == Language::Chinese;
        let days = self.local(at).div_euclid(DAY);
        match self.days_ago(at) {
            ..=0 => return None,
            1 => return Some(if chinese { "昨天" } else { "Yesterday" }.to_owned()),
            2..=6 => {
                // 1 January 1970 was a Thursday.
                let weekday = usize::try_from((days + 4).rem_euclid(7)).unwrap_or(0);
                return Some(
                    if chinese {
                        [
                            "星期日",
                            "星期一",
                            "星期二",
                            "星期三",
                            "星期四",
                            "星期五",
                            "星期六",
                        ]
                    } else {
                        [
                            "Sunday",
                            "Monday",
                            "Tuesday",
                            "Wednesday",
                            "Thursday",
                            "Friday",
                            "Saturday",
                        ]
                    }[weekday]
                        .to_owned(),
                );
            }
            _ => {}
        }
        Some(self.date_of(days))
    }

    /// The date, with its year if that is another one.
    fn date_of(&self, days: i64) -> String {
        let chinese = self.language == Language::Chinese;
        let then = date(days);
        let this_year = date(self.local(self.now).div_euclid(DAY)).year == then.year;
        match (chinese, this_year) {
            (true, true) => format!("{}月{}日", then.month, then.day),
            (true, false) => format!("{}年{}月{}日", then.year, then.month, then.day),
            (false, _) => {
                let month = [
                    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov",
                    "Dec",
                ][then.month - 1];
                if this_year {
                    format!("{} {month}", then.day)
                } else {
                    format!("{} {month} {}", then.day, then.year)
                }
            }
        }
    }

    /// In a list: the time today, else the day.
    pub fn short(&self, at: Millis) -> String {
        self.day(at).unwrap_or_else(|| self.time(at))
    }

    /// Of what is to come: the date and the time.
    pub fn until(&self, at: Millis) -> String {
        let date = self.date_of(self.local(at).div_euclid(DAY));
        [&date, " ", &self.time(at)].concat()
    }

    /// In a log: the day, if it is not today, and the time.
    pub fn long(&self, at: Millis) -> String {
        let time = self.time(at);
        match self.day(at) {
            Some(day) => [&day, " ", &time].concat(),
            None => time,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tuesday, 24 November 2026, 04:18:52 UTC.
    const NOW: Millis = 1_795_493_932_000;

    fn clock(language: Language, utc_offset: i32) -> Clock {
        Clock {
            language,
            utc_offset,
            now: NOW,
        }
    }

    #[test]
    fn today_shows_the_time_at_the_offset() {
        assert_eq!(clock(Language::Chinese, 0).short(NOW), "04:18");
        assert_eq!(clock(Language::Chinese, 480).short(NOW), "12:18");
        assert_eq!(clock(Language::Chinese, -300).short(NOW), "23:18");
    }

    #[test]
    fn days_are_counted_by_the_local_calendar() {
        let eight_hours_ago = NOW - 8 * 60 * MINUTE;
        assert_eq!(clock(Language::Chinese, 0).short(eight_hours_ago), "昨天");
        assert_eq!(
            clock(Language::Chinese, 480).short(eight_hours_ago),
            "04:18"
        );
        assert_eq!(
            clock(Language::English, 0).long(eight_hours_ago),
            "Yesterday 20:18"
        );
    }

    #[test]
    fn within_a_week_the_weekday_then_the_date() {
        assert_eq!(clock(Language::Chinese, 0).short(NOW - 3 * DAY), "星期六");
        assert_eq!(
            clock(Language::English, 0).short(NOW - 6 * DAY),
            "Wednesday"
        );
        assert_eq!(clock(Language::Chinese, 0).short(NOW - 7 * DAY), "11月17日");
        assert_eq!(
            clock(Language::English, 0).short(NOW - 365 * DAY),
            "24 Nov 2025"
        );
        assert_eq!(
            clock(Language::Chinese, 0).short(NOW - 365 * DAY),
            "2025年11月24日"
        );
    }

    #[test]
    fn what_is_to_come_has_its_date() {
        let clock = clock(Language::English, 0);
        assert_eq!(clock.until(NOW), "24 Nov 04:18");
        assert_eq!(clock.until(NOW + 90 * DAY), "22 Feb 2027 04:18");
    }

    #[test]
    fn leap_days_are_days() {
        let leap = date(19_782);
        assert_eq!((leap.year, leap.month, leap.day), (2024, 2, 29));
        let after = date(19_783);
        assert_eq!((after.year, after.month, after.day), (2024, 3, 1));
        let before = date(-1);
        assert_eq!((before.year, before.month, before.day), (1969, 12, 31));
    }

    #[test]
    fn a_gap_of_more_than_five_minutes_separates() {
        assert!(!is_separate(0, 5 * MINUTE));
        assert!(is_separate(0, 5 * MINUTE + 1));
    }
}
