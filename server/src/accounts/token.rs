//! What browsers and programs prove themselves by.

use std::fmt;
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::chat::SessionKey;
use crate::random::Random;

/// How a token begins that programs send.
const PREFIX: &str = "zsp_";

/// How long a token of a provider may be, in bytes.
const LONGEST: usize = 8 * 1024;

/// What a browser or a program proves itself by: 256 random bits, or what a provider has signed. Never
/// logged, never stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A new one.
    pub fn new(random: &Random) -> Self {
        let bytes: [u8; 32] = random.bytes();
        Self(hex(&bytes))
    }

    /// The token as a browser sent it; `None` if it cannot be one.
    pub fn from_cookie(text: &str) -> Option<Self> {
        (text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .then(|| Self(text.to_owned()))
    }

    /// The token as a program sent it: one that was made here, or what a provider may have issued.
    pub fn from_bearer(text: &str) -> Option<Self> {
        match text.strip_prefix(PREFIX) {
            Some(made_here) => Self::from_cookie(made_here),
            // A JWT has dots, and nothing else that is taken has.
            None => (text.contains('.') && text.len() <= LONGEST).then(|| Self(text.to_owned())),
        }
    }

    /// As a program sends it. By how it begins, scanners for secrets know what they have found.
    pub fn bearer(&self) -> String {
        format!("{PREFIX}{}", self.0)
    }

    /// As it stands in the cookie, or as a provider has issued it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is stored in its place.
    pub fn key(&self) -> SessionKey {
        Sha256::digest(&self.0).into()
    }

    /// What a form of this session repeats: only who holds the token can know it, and the token
    /// cannot be told from it.
    pub fn form_token(&self) -> String {
        let hash = Sha256::new()
            .chain_update(b"zspchat form token v1")
            .chain_update(&self.0)
            .finalize();
        hex(&hash[..16])
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
