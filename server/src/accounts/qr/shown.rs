//! The code and the number that a new device shows.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::accounts::Token;

/// What codes are made of: no vowels, so that no words come of it, and nothing that is mistaken for
/// something else (RFC 8628, section 6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

/// How many letters a code has.
const CODE_LETTERS: usize = 8;

/// What the new device shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QrShown {
    /// Eight letters, which lead to the log-in.
    pub code: QrCode,
    /// Four digits, which are not in the picture: whoever confirms types them.
    pub number: String,
}

impl QrShown {
    /// What a browser with that secret shows.
    pub fn by(browser: &Token) -> Self {
        // One letter of two bytes each: hardly any is likelier than another.
        let pairs = derived(browser, "code");
        let pairs = pairs.as_chunks().0.iter().take(CODE_LETTERS);
        let letters = pairs.map(|pair| usize::from(u16::from_be_bytes(*pair)) % LETTERS.len());
        let code = letters.map(|letter| char::from(LETTERS[letter])).collect();
        let [a, b, c, d, ..] = derived(browser, "number");
        let number = u32::from_be_bytes([a, b, c, d]) % 10_000;
        Self {
            code: QrCode(code),
            number: format!("{number:04}"),
        }
    }
}

fn derived(browser: &Token, what: &str) -> [u8; 32] {
    Sha256::new()
        .chain_update(format!("zspchat qr log-in {what} v1"))
        .chain_update(browser.as_str())
        .finalize()
        .into()
}

/// What the picture leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QrCode(String);

impl QrCode {
    /// A code as people type it; `None` if it cannot be one.
    pub fn read(text: &str) -> Option<Self> {
        let kept = text.chars().filter(char::is_ascii_alphanumeric);
        let code = kept.take(CODE_LETTERS + 1).collect::<String>();
        let code = code.to_ascii_uppercase();
        let is_code = code.len() == CODE_LETTERS && code.bytes().all(|it| LETTERS.contains(&it));
        is_code.then_some(Self(code))
    }

    /// In two groups, as it is shown.
    pub fn grouped(&self) -> String {
        let (left, right) = self.0.split_at(CODE_LETTERS / 2);
        format!("{left}-{right}")
    }

    /// What is kept of it.
    pub(super) fn hash(&self) -> [u8; 32] {
        Sha256::digest(&self.0).into()
    }

    /// What is kept of a number: without the code nobody can try which it is.
    pub(super) fn seal(&self, number: &str) -> Hmac<Sha256> {
        let mac = Hmac::new_from_slice(self.0.as_bytes()).expect("a key may have any length");
        mac.chain_update(b"zspchat qr number v1")
            .chain_update(number.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let shown = QrShown::by(&Token::new(&Random::seeded(1)));
        let grouped = shown.code.grouped();
        assert_eq!(grouped.len(), 9);
        for typed in [
            grouped.clone(),
            grouped.to_lowercase(),
            grouped.replace('-', " "),
            format!(" {} ", grouped.replace('-', "")),
        ] {
            assert_eq!(QrCode::read(&typed), Some(shown.code.clone()), "{typed}");
        }
        for other in [
            "",
            "BCDF",
            "BCDF-GHJA",
            "BCDF-GHJKL",
            "BCDF-GHJ1",
            "小小小小",
        ] {
            assert_eq!(QrCode::read(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_shown_depends_on_the_secret_alone() {
        let random = Random::seeded(2);
        let browser = Token::new(&random);
        let shown = QrShown::by(&browser);
        assert_eq!(shown, QrShown::by(&browser));
        assert!(shown.number.len() == 4 && shown.number.bytes().all(|it| it.is_ascii_digit()));
        let other = QrShown::by(&Token::new(&random));
        assert_ne!(shown.code, other.code);
        let right = shown.code.seal(&shown.number).finalize().into_bytes();
        assert!(shown.code.seal(&shown.number).verify_slice(&right).is_ok());
        assert!(other.code.seal(&shown.number).verify_slice(&right).is_err());
    }
}
