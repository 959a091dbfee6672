//! Who sends: VAPID, RFC 8292.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use serde_json::Value;

/// For how many seconds a token may be good.
const DAY: u64 = 24 * 60 * 60;

/// Checks a header `Authorization`: that who sends has the key that the browser has subscribed with,
/// and means this service, now.
///
/// # Errors
/// Why not.
pub(super) fn check(header: &str, origin: &str, key: &str) -> Result<(), String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |since| since.as_secs());
    check_at(header, origin, key, now)
}

fn check_at(header: &str, origin: &str, key: &str, now: u64) -> Result<(), String> {
    let rest = header.strip_prefix("vapid ").ok_or("no vapid")?;
    let of = |name: &str| {
        rest.split(',')
            .find_map(|part| part.trim().strip_prefix(name))
    };
    let (token, sent) = (of("t=").ok_or("no t")?, of("k=").ok_or("no k")?);
    if sent != key {
        return Err("another key than the browser has subscribed with".to_owned());
    }
    let decode = |text: &str| {
        let decoded = BASE64_URL_SAFE_NO_PAD.decode(text);
        decoded.map_err(|_| "not base64url".to_owned())
    };
    let (signed, signature) = token.rsplit_once('.').ok_or("no JWT")?;
    let (head, claims) = signed.split_once('.').ok_or("no JWT")?;
    let verifying = VerifyingKey::from_sec1_bytes(&decode(key)?).map_err(|_| "no key")?;
    let signature = Signature::from_slice(&decode(signature)?).map_err(|_| "no signature")?;
    let verified = verifying.verify(signed.as_bytes(), &signature);
    verified.map_err(|_| "the signature is another key's")?;
    let read = |part: &str| {
        let json = serde_json::from_slice::<Value>(&decode(part)?);
        json.map_err(|_| "not JSON".to_owned())
    };
    let (head, claims) = (read(head)?, read(claims)?);
    if head["alg"] != "ES256" {
        return Err(format!("signed by {}", head["alg"]));
    }
    if claims["aud"] != origin {
        return Err(format!("meant for {}", claims["aud"]));
    }
    let expires = claims["exp"].as_u64().ok_or("no exp")?;
    if expires <= now || expires > now + DAY {
        return Err("expired, or good for more than a day".to_owned());
    }
    let contact = claims["sub"].as_str().unwrap_or_default();
    if !contact.starts_with("mailto:") && !contact.starts_with("https:") {
        return Err("no contact".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::SigningKey;
    use p256::ecdsa::signature::Signer as _;
    use serde_json::json;

    use super::*;

    fn encode(bytes: impl AsRef<[u8]>) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    fn signing(byte: u8) -> (SigningKey, String) {
        let key = SigningKey::from_slice(&[byte; 32]).unwrap();
        let public = encode(key.verifying_key().to_encoded_point(false).as_bytes());
        (key, public)
    }

    fn header(key: &SigningKey, public: &str, claims: &Value) -> String {
        let head = encode(json!({"typ": "JWT", "alg": "ES256"}).to_string());
        let signed = format!("{head}.{}", encode(claims.to_string()));
        let signature: Signature = key.sign(signed.as_bytes());
        format!(
            "vapid t={signed}.{}, k={public}",
            encode(signature.to_bytes())
        )
    }

    #[test]
    fn only_what_is_signed_by_the_key_for_this_service_and_now_passes() {
        let (key, public) = signing(1);
        let (other, _) = signing(2);
        let claims = json!({"aud": "http://a:1", "exp": 2_000, "sub": "mailto:a@b"});
        let check = |header: &str| check_at(header, "http://a:1", &public, 1_000);
        assert_eq!(check(&header(&key, &public, &claims)), Ok(()));
        assert!(check(&header(&other, &public, &claims)).is_err());
        assert!(check(&header(&other, &signing(2).1, &claims)).is_err());
        assert!(check("").is_err());
        for (claim, wrong) in [
            ("aud", json!("http://a")),
            ("exp", json!(1_000)),
            ("exp", json!(1_001 + DAY)),
            ("sub", json!("a@b")),
        ] {
            let mut claims = claims.clone();
            claims[claim] = wrong;
            assert!(check(&header(&key, &public, &claims)).is_err(), "{claims}");
        }
    }
}
