//! ID tokens, as providers hand them out.

use openidconnect::JsonWebKeySet;

#[path = "../../server/src/providers/oidc/token.rs"]
mod token;

use token::{Expected, verify};

/// Nothing is believed that no known key has signed, and what is said about it holds none of it.
pub fn holds(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let expected = Expected {
        issuer: "https://id.example.org",
        client_id: "zspchat",
        nonce: "nonce",
        now: 1_795_437_591_960,
    };
    let rejected = verify(&text, JsonWebKeySet::new(Vec::new()), &expected);
    let said = rejected.expect_err("there is no key").to_string();
    assert!(said.len() < 200 && !said.contains('\n'));
}
