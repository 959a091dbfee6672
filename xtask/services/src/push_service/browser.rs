//! The browser's side: its keys, and what it reads by them.

use anyhow::{Result, anyhow};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use p256::SecretKey;
use p256::elliptic_curve::sec1::ToEncodedPoint as _;
use serde::Serialize;
use web_push_native::{Auth, decrypt};

/// What a page gets that subscribes, as `PushSubscription.toJSON()` has it.
#[derive(Debug, Clone, Serialize)]
pub struct PushSubscription {
    /// By what the service knows it; not part of what a page gets.
    pub id: String,
    /// Where to send to.
    pub endpoint: String,
    /// Never known.
    #[serde(rename = "expirationTime")]
    pub expiration_time: Option<u64>,
    /// What to encrypt by.
    pub keys: Keys,
}

/// What messages to a browser are encrypted by, as base64url.
#[derive(Debug, Clone, Serialize)]
pub struct Keys {
    /// Its public key.
    pub p256dh: String,
    /// A secret.
    pub auth: String,
}

/// What a browser keeps of a subscription.
pub(super) struct Browser {
    secret: SecretKey,
    auth: [u8; 16],
    /// The public key of the server that may send.
    key: String,
}

impl Browser {
    pub fn new(origin: &str, id: &str, key: &str) -> Result<(Self, PushSubscription)> {
        let mut auth = [0; 16];
        getrandom::fill(&mut auth).map_err(|error| anyhow!("{error}"))?;
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(|error| anyhow!("{error}"))?;
        // Of all numbers one in four billion is no key.
        let secret = SecretKey::from_slice(&secret)?;
        // Which subscription it is, only the address tells: nobody is to guess it.
        let subscription = PushSubscription {
            id: id.to_owned(),
            endpoint: format!("{origin}/push/{id}"),
            expiration_time: None,
            keys: Keys {
                p256dh: BASE64_URL_SAFE_NO_PAD
                    .encode(secret.public_key().to_encoded_point(false).as_bytes()),
                auth: BASE64_URL_SAFE_NO_PAD.encode(auth),
            },
        };
        let browser = Self {
            secret,
            auth,
            key: key.to_owned(),
        };
        Ok((browser, subscription))
    }

    pub fn key(&self) -> &str {
        &self.key
    }

    /// What was encrypted for it (RFC 8291).
    pub fn decrypt(&self, body: &[u8]) -> Result<Vec<u8>> {
        let auth = Auth::from(self.auth);
        decrypt(body.to_vec(), &self.secret, &auth).map_err(|error| anyhow!("{error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8291, section 5.
    #[test]
    fn what_the_standard_has_encrypted_can_be_read() {
        let decode = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).unwrap();
        let browser = Browser {
            secret: SecretKey::from_slice(&decode("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"))
                .unwrap(),
            auth: decode("BTBZMqHH6r4Tts7J_aSIgg").try_into().unwrap(),
            key: String::new(),
        };
        let body = decode(
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWA\
             mS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_\
             Qulcy4a-fN",
        );
        let plain = browser.decrypt(&body).unwrap();
        assert_eq!(plain, b"When I grow up, I want to be a watermelon");
        let mut changed = body;
        *changed.last_mut().unwrap() ^= 1;
        assert!(browser.decrypt(&changed).is_err());
    }
}
