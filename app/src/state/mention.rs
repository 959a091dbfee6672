//! Calling somebody by name while writing.

use protocol::UserId;

/// What stands between the last `@` and the caret, if a name is being written there: where the `@`
/// is, in bytes, and what follows it.
pub fn query(text: &str, caret: usize) -> Option<(usize, &str)> {
    let before = text.get(..caret)?;
    let at = before.rfind('@')?;
    let typed = &before[at + 1..];
    // An `@` in the middle of an e-mail address calls nobody.
    let apart = !before[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
    (apart && typed.chars().count() <= 20 && !typed.contains(char::is_whitespace))
        .then_some((at, typed))
}

/// Those of the names picked that still stand in the text.
pub fn called(text: &str, picked: &[(UserId, String)]) -> Vec<UserId> {
    let mut users = Vec::new();
    for (user, name) in picked {
        if !users.contains(user) && text.contains(&["@", name].concat()) {
            users.push(*user);
        }
    }
    users
}

/// Bytes up to a position that is counted in UTF-16 units, as browsers do.
pub fn bytes_at(text: &str, units: usize) -> usize {
    let mut left = units;
    for (at, c) in text.char_indices() {
        if left == 0 {
            return at;
        }
        left = left.saturating_sub(c.len_utf16());
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_being_written_after_an_at() {
        assert_eq!(query("你好@小", 10), Some((6, "小")));
        assert_eq!(query("@", 1), Some((0, "")));
        assert_eq!(query("a@b", 3), None);
        assert_eq!(query("@ann hi", 7), None);
        assert_eq!(query("hi", 2), None);
    }

    #[test]
    fn who_was_deleted_again_is_not_called() {
        let ann = (UserId::new(0, [1; 10]), "Ann".to_owned());
        let ben = (UserId::new(0, [2; 10]), "Ben".to_owned());
        assert_eq!(
            called("hi @Ann @Ann", &[ann.clone(), ben, ann.clone()]),
            [ann.0]
        );
    }

    #[test]
    fn browsers_count_in_other_units() {
        assert_eq!(bytes_at("a🚗b", 3), 5);
        assert_eq!(bytes_at("你好", 1), 3);
        assert_eq!(bytes_at("a", 9), 1);
    }
}
