//! An authority of one's own, for a network that no public authority can look into: made by a command,
//! which also makes and renews the certificate that the server uses.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use protocol::Millis;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};
use time::OffsetDateTime;

use super::certificate::{Certificate, Unusable, date, names_in_pem};
use super::private_file::{self, Readers};
use crate::clock::Clock;

const DAY: Millis = 24 * 60 * 60 * 1_000;

/// How long an authority counts: devices are told of it by hand.
const AUTHORITY_DAYS: Millis = 3_650;

/// How long a certificate counts. Some browsers refuse those that count for more than 398 days.
const CERTIFICATE_DAYS: Millis = 397;

/// Both count from a day ago on, for devices whose clock is behind.
const EARLIER: Millis = DAY;

/// What was made.
#[derive(Debug)]
pub struct Made {
    /// What devices are to trust.
    pub authority: PathBuf,
    /// Whether it is new.
    pub is_new: bool,
    /// For `tls.certificate`.
    pub certificate: PathBuf,
    /// For `tls.key`.
    pub key: PathBuf,
    /// What the certificate is for.
    pub names: Vec<String>,
    /// Until when it counts, for people.
    pub expires: String,
}

/// Why nothing was made, in one sentence.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// A file or folder cannot be read or written.
    #[error("{} cannot be {doing}: {cause}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// `read` or `written`.
        doing: &'static str,
        /// What the system says.
        cause: io::Error,
    },
    /// Nothing says what the certificate should be for.
    #[error(
        "name the hosts and addresses by which people reach the server, such as chat.lan 192.168.1.20"
    )]
    NoNames,
    /// One of the names is none.
    #[error(
        "\"{0}\" is neither an address nor the name of a host, such as chat.lan, in ASCII and without port"
    )]
    Name(String),
    /// Something that was made before is of no use.
    #[error("{} {fault}; choose another folder, or put the file back", .path.display())]
    Kept {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        fault: String,
    },
    /// No key or certificate could be made.
    #[error("no certificate could be made: {0}")]
    Make(#[from] rcgen::Error),
}

/// Makes a certificate for these hosts and addresses, or for those of the last one if none are named. The
/// authority in the folder signs it; if there is none, it is made.
///
/// # Errors
/// See [`AuthorityError`].
pub fn make(folder: &Path, names: &[String], clock: &Clock) -> Result<Made, AuthorityError> {
    let now = clock.now();
    let file = |name: &str| folder.join(name);
    let (certificate, key) = (file("certificate.pem"), file("key.pem"));
    let names = if names.is_empty() {
        names_of(&certificate)?
    } else {
        checked(names)?
    };
    private_file::make_folder(folder).map_err(|cause| AuthorityError::File {
        path: folder.to_owned(),
        doing: "written",
        cause,
    })?;
    let (authority, authority_key) = (file("authority.pem"), file("authority.key"));
    let kept = kept(&authority, &authority_key, now)?;
    let is_new = kept.is_none();
    let (issuer, authority_expires) = match kept {
        Some(kept) => kept,
        None => new_authority(&authority, &authority_key, &names, now)?,
    };
    let expires = (now + CERTIFICATE_DAYS * DAY).min(authority_expires);
    let own_key = KeyPair::generate()?;
    let signed = certificate_params(&names, now, expires)?.signed_by(&own_key, &issuer)?;
    write(&key, &own_key.serialize_pem(), Readers::Owner)?;
    write(&certificate, &signed.pem(), Readers::All)?;
    Ok(Made {
        authority,
        is_new,
        certificate,
        key,
        names,
        expires: date(expires),
    })
}

/// The names of the certificate that is there.
fn names_of(certificate: &Path) -> Result<Vec<String>, AuthorityError> {
    let text = match fs::read(certificate) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(AuthorityError::NoNames);
        }
        Err(cause) => return Err(unreadable(certificate, cause)),
    };
    let names = names_in_pem(&text).map_err(|fault| AuthorityError::Kept {
        path: certificate.to_owned(),
        fault: fault.to_string(),
    })?;
    if names.is_empty() {
        return Err(AuthorityError::NoNames);
    }
    Ok(names)
}

/// The names as a certificate has them, each once.
fn checked(names: &[String]) -> Result<Vec<String>, AuthorityError> {
    let mut seen = BTreeSet::new();
    let names = names.iter().map(|name| {
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Ok(address.to_string());
        }
        let label = |label: &str| {
            !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        };
        let host = name.strip_prefix("*.").unwrap_or(name);
        if host.split('.').all(label) {
            Ok(name.to_ascii_lowercase())
        } else {
            Err(AuthorityError::Name(name.clone()))
        }
    });
    let names = names.filter(|name| match name {
        Ok(name) => seen.insert(name.clone()),
        Err(_) => true,
    });
    names.collect()
}

/// The authority that was made before, and until when it counts. `None` if there is none.
fn kept(
    certificate: &Path,
    key: &Path,
    now: Millis,
) -> Result<Option<(Issuer<'static, KeyPair>, Millis)>, AuthorityError> {
    let read = |file: &Path| match fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(unreadable(file, cause)),
    };
    let wrong = |path: &Path, fault: String| AuthorityError::Kept {
        path: path.to_owned(),
        fault,
    };
    let (text, key_text) = match (read(certificate)?, read(key)?) {
        (None, None) => return Ok(None),
        (Some(text), Some(key_text)) => (text, key_text),
        (Some(_), None) => return Err(wrong(key, "is missing".to_owned())),
        (None, Some(_)) => return Err(wrong(certificate, "is missing".to_owned())),
    };
    let read = Certificate::from_pem(text.as_bytes(), key_text.as_bytes(), now);
    let own = read.map_err(|fault| match fault {
        Unusable::Certificate(fault) => wrong(certificate, fault),
        Unusable::Key(fault) => wrong(key, fault),
    })?;
    let key_pair = KeyPair::from_pem(&key_text)
        .map_err(|error| wrong(key, format!("cannot sign: {error}")))?;
    let issuer = Issuer::from_ca_cert_pem(&text, key_pair)
        .map_err(|error| wrong(certificate, format!("is no authority: {error}")))?;
    Ok(Some((issuer, own.expires_at)))
}

/// Makes an authority, named after the first host so that people tell it from others.
fn new_authority(
    certificate: &Path,
    key: &Path,
    names: &[String],
    now: Millis,
) -> Result<(Issuer<'static, KeyPair>, Millis), AuthorityError> {
    let expires = now + AUTHORITY_DAYS * DAY;
    let mut params = CertificateParams::default();
    params.not_before = moment(now - EARLIER);
    params.not_after = moment(expires);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let first = names.first().map_or("", String::as_str);
    params.distinguished_name = named(&format!("zspchat authority of {first}"));
    let key_pair = KeyPair::generate()?;
    let signed = params.self_signed(&key_pair)?;
    write(key, &key_pair.serialize_pem(), Readers::Owner)?;
    write(certificate, &signed.pem(), Readers::All)?;
    Ok((Issuer::new(params, key_pair), expires))
}

fn certificate_params(
    names: &[String],
    now: Millis,
    expires: Millis,
) -> Result<CertificateParams, AuthorityError> {
    let mut params = CertificateParams::new(names)?;
    params.not_before = moment(now - EARLIER);
    params.not_after = moment(expires);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    params.distinguished_name = named(names.first().map_or("zspchat", String::as_str));
    Ok(params)
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    // The most that X.520 allows.
    let name: String = name.chars().take(64).collect();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

fn moment(time: Millis) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(time / 1_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn write(file: &Path, text: &str, readers: Readers) -> Result<(), AuthorityError> {
    private_file::write(file, text.as_bytes(), readers).map_err(|cause| AuthorityError::File {
        path: file.to_owned(),
        doing: "written",
        cause,
    })
}

fn unreadable(file: &Path, cause: io::Error) -> AuthorityError {
    AuthorityError::File {
        path: file.to_owned(),
        doing: "read",
        cause,
    }
}

/// What to do with what was made.
impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (certificate, key) = (self.certificate.display(), self.key.display());
        writeln!(f, "{certificate} is for {}", self.names.join(", "))?;
        writeln!(
            f,
            "until {}. This command renews it, by the same authority.",
            self.expires
        )?;
        if !self.is_new {
            return writeln!(f, "A server that uses it takes it up within seconds.");
        }
        let authority = self.authority.display();
        write!(
            f,
            "
In the configuration, or as ZSPCHAT_TLS_CERTIFICATE and ZSPCHAT_TLS_KEY:

[tls]
certificate = \"{certificate}\"
key = \"{key}\"

Each device must trust the authority once. Take {authority} there (it is no
secret; authority.key is: whoever has it can pretend to be any site to these devices), then:

Windows   rename it to authority.crt, open it, Install Certificate, Local Machine,
          Trusted Root Certification Authorities
macOS     open it; in Keychain Access, its Trust: Always Trust
iPhone    open it, install the profile in Settings; then General, About,
          Certificate Trust Settings, turn it on
Android   Settings, Security, Encryption & credentials, Install a certificate, CA certificate
Linux     for Chromium: Settings, Privacy and security, Security, Manage certificates, Authorities;
          for programs: /usr/local/share/ca-certificates/zspchat.crt, update-ca-certificates
Firefox   Settings, Privacy & Security, Certificates, View Certificates, Authorities, Import
"
        )
    }
}
