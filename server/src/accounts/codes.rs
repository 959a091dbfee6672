//! Codes that people copy by hand.

use sha2::{Digest as _, Sha256};
use totp_rs::Secret;

/// 80 bits, in groups.
pub(super) fn spelled(bits: [u8; 10]) -> String {
    let code = Secret::from(bits.as_slice()).to_base32().to_lowercase();
    let groups: Vec<&str> = [0, 4, 8, 12].map(|at| &code[at..at + 4]).into();
    groups.join("-")
}

/// A code without what people put between its parts.
pub(super) fn plain(code: &str) -> String {
    let kept = code.chars().filter(char::is_ascii_alphanumeric);
    kept.collect::<String>().to_ascii_lowercase()
}

/// What is kept of a code, and compared: it is as random as a key, so that a fast hash will do.
pub(super) fn hash_of(code: &str) -> [u8; 32] {
    Sha256::digest(plain(code)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_may_be_typed_as_people_do() {
        assert_eq!(plain(" 287 082"), "287082");
        assert_eq!(
            hash_of("abcd-efgh-ijkl-mnop"),
            hash_of("ABCD EFGH IJKLMNOP")
        );
    }
}
