//! A certificate authority made on the spot, and a server's certificate for this machine.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;

use crate::account::Account;
use crate::call::call;
use crate::folder::{give, make_room};
use crate::keeper;

/// Files in PEM form. The server's certificate holds for `127.0.0.1` and `localhost`, for a day.
#[derive(Clone, Debug)]
pub struct Certificates {
    /// The authority that clients should trust.
    pub authority: PathBuf,
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Certificates {
    /// Makes them in a new folder; the server's account can read the key, others cannot.
    ///
    /// # Errors
    /// When `openssl` is missing or refuses.
    pub fn make(folder: &Path, owner: Option<&Account>) -> Result<Self> {
        make_room(folder, owner)?;
        // Clients, which run as others, read the authority.
        give(folder, owner, 0o711)?;
        let file = |name: &str| folder.join(name);
        let authority = file("authority.pem");
        let authority_key = file("authority.key");
        let certificate = file("server.pem");
        let key = file("server.key");

        sign(
            &authority,
            &authority_key,
            "zspchat test authority",
            &[
                "-addext",
                "basicConstraints=critical,CA:TRUE",
                "-addext",
                "keyUsage=critical,keyCertSign,cRLSign",
            ],
            None,
        )?;
        sign(
            &certificate,
            &key,
            "localhost",
            &[
                "-addext",
                "basicConstraints=critical,CA:FALSE",
                "-addext",
                "subjectAltName=IP:127.0.0.1,DNS:localhost",
                "-addext",
                "extendedKeyUsage=serverAuth",
            ],
            Some((&authority, &authority_key)),
        )?;

        give(&authority, owner, 0o644)?;
        give(&certificate, owner, 0o644)?;
        give(&key, owner, 0o600)?;
        Ok(Self {
            authority,
            certificate,
            key,
        })
    }
}

/// Makes a key and a certificate of it, signed by an authority or by itself.
fn sign(
    certificate: &Path,
    key: &Path,
    name: &str,
    extensions: &[&str],
    authority: Option<(&Path, &Path)>,
) -> Result<()> {
    let mut openssl = keeper::command("openssl", None);
    openssl
        .args(["req", "-x509", "-days", "1", "-nodes", "-newkey", "ec"])
        .args([
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-config",
            "/dev/null",
        ])
        .args(["-subj", &format!("/CN={name}")])
        .args(extensions)
        .arg("-out")
        .arg(certificate)
        .arg("-keyout")
        .arg(key);
    if let Some((authority, authority_key)) = authority {
        openssl.arg("-CA").arg(authority);
        openssl.arg("-CAkey").arg(authority_key);
    }
    call("openssl", openssl, "", Duration::from_secs(30))?;
    Ok(())
}
