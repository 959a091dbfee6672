//! By what the server is known to push services: VAPID, RFC 8292.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use p256::SecretKey;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use p256::elliptic_curve::sec1::ToEncodedPoint as _;
use p256::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, LineEnding};
use protocol::Millis;
use serde_json::json;

use crate::random::Random;

/// How long a push service may take what was signed; it refuses what is good for more than a day.
const GOOD_FOR: Duration = Duration::from_hours(12);

/// Why there is no key, in one sentence.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// There is a file already, whose key browsers may have subscribed with.
    #[error(
        "{} is there already, and browsers that have subscribed know the server by the key in it: \
         name another file, or keep that one", .0.display()
    )]
    Exists(PathBuf),
    /// The file cannot be written or read.
    #[error("{} cannot be used: {cause}", .file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// The file holds no key.
    #[error("{} holds no key on P-256 as PKCS #8 in PEM: make one with `zspchat push-keys`", .0.display())]
    NoKey(PathBuf),
}

/// The server's key, and how push services reach whoever runs the server.
pub struct Keys {
    key: SigningKey,
    public: String,
    contact: String,
}

impl Keys {
    /// Makes a key in a file that only its owner may read, and gives the public one. A file that is
    /// there is left as it is.
    ///
    /// # Errors
    /// The file is there, or cannot be written.
    pub fn make(file: &Path, random: &Random) -> Result<String, KeyError> {
        let failed = |cause| KeyError::File {
            file: file.to_owned(),
            cause,
        };
        let key = loop {
            // Nearly every number is a key.
            if let Ok(key) = SecretKey::from_slice(&random.bytes::<32>()) {
                break key;
            }
        };
        let pem = key.to_pkcs8_pem(LineEnding::LF);
        let pem = pem.map_err(|error| failed(io::Error::other(error)))?;
        let opened = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(file);
        let mut written = opened.map_err(|cause| match cause.kind() {
            io::ErrorKind::AlreadyExists => KeyError::Exists(file.to_owned()),
            _ => failed(cause),
        })?;
        written
            .write_all(pem.as_bytes())
            .and_then(|()| written.sync_all())
            .map_err(failed)?;
        Ok(public(&key))
    }

    /// Reads the key out of its file.
    ///
    /// # Errors
    /// The file cannot be read, or holds no key.
    pub fn load(file: &Path, contact: &str) -> Result<Self, KeyError> {
        let pem = std::fs::read_to_string(file).map_err(|cause| KeyError::File {
            file: file.to_owned(),
            cause,
        })?;
        let key = SecretKey::from_pkcs8_pem(&pem);
        let key = key.map_err(|_| KeyError::NoKey(file.to_owned()))?;
        Ok(Self {
            public: public(&key),
            key: key.into(),
            contact: contact.to_owned(),
        })
    }

    /// The public key, as base64url of the uncompressed point.
    pub fn public(&self) -> &str {
        &self.public
    }

    /// The header `Authorization` of what is sent to a push service: its origin, such as
    /// `https://push.example.org`.
    pub fn authorization(&self, origin: &str, now: Millis) -> String {
        let expires = now / 1_000 + GOOD_FOR.as_secs().cast_signed();
        let claims = json!({ "aud": origin, "exp": expires, "sub": self.contact });
        let encode = |json: serde_json::Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
        let head = encode(json!({ "typ": "JWT", "alg": "ES256" }));
        let signed = format!("{head}.{}", encode(claims));
        let signature: Signature = self.key.sign(signed.as_bytes());
        let signature = BASE64_URL_SAFE_NO_PAD.encode(signature.to_bytes());
        format!("vapid t={signed}.{signature}, k={}", self.public)
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys({})", self.public)
    }
}

fn public(key: &SecretKey) -> String {
    let point = key.public_key().to_encoded_point(false);
    BASE64_URL_SAFE_NO_PAD.encode(point.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use p256::ecdsa::VerifyingKey;
    use p256::ecdsa::signature::Verifier as _;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("push.pem");
        let random = Random::seeded(1);
        let made = Keys::make(&file, &random).unwrap();
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let again = Keys::make(&file, &random).unwrap_err();
        assert!(matches!(again, KeyError::Exists(_)), "{again}");
        let keys = Keys::load(&file, "mailto:a@example.org").unwrap();
        assert_eq!(keys.public(), made);
        std::fs::write(&file, "no key").unwrap();
        let none = Keys::load(&file, "mailto:a@example.org").unwrap_err();
        assert!(none.to_string().contains("zspchat push-keys"), "{none}");
    }

    #[test]
    fn what_is_signed_is_for_one_service_and_half_a_day() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("push.pem");
        Keys::make(&file, &Random::seeded(2)).unwrap();
        let keys = Keys::load(&file, "mailto:a@example.org").unwrap();
        let header = keys.authorization("https://push.example.org", 1_000_000);
        let rest = header.strip_prefix("vapid t=").unwrap();
        let (token, key) = rest.split_once(", k=").unwrap();
        let decode = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).unwrap();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let signature = Signature::from_slice(&decode(signature)).unwrap();
        let verifying = VerifyingKey::from_sec1_bytes(&decode(key)).unwrap();
        verifying.verify(signed.as_bytes(), &signature).unwrap();
        let claims = decode(signed.split_once('.').unwrap().1);
        let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!(claims["aud"], "https://push.example.org");
        assert_eq!(claims["exp"], 1_000 + 12 * 60 * 60);
        assert_eq!(claims["sub"], "mailto:a@example.org");
    }
}
