//! What is kept of ACME: for each directory the account and the last certificate.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use instant_acme::AccountCredentials;
use protocol::Millis;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::super::TlsError;
use super::super::certificate::Certificate;
use super::super::private_file::{self, Readers};
use super::AcmeError;

/// A folder that only its owner may enter, in the data folder.
pub(super) struct Folder(PathBuf);

/// An account at the authority, with its key.
#[derive(Serialize, Deserialize)]
pub(super) struct KeptAccount {
    /// The mail addresses that the authority knows.
    pub contacts: Vec<String>,
    pub credentials: AccountCredentials,
}

impl Folder {
    /// Makes it, if it is not there.
    ///
    /// # Errors
    /// It cannot be made, or nothing can be written there: better to know than to ask for certificates
    /// that are lost with the next start.
    pub fn open(data: &Path, directory: &str) -> Result<Self, TlsError> {
        let folder = data.join("acme").join(name(directory));
        let made = fs::create_dir_all(data)
            .and_then(|()| private_file::make_folder(&folder))
            .and_then(|()| {
                let file = folder.join("directory.txt");
                private_file::write(&file, directory.as_bytes(), Readers::Owner)
            });
        match made {
            Ok(()) => Ok(Self(folder)),
            Err(cause) => Err(TlsError::Folder { folder, cause }),
        }
    }

    fn account_file(&self) -> PathBuf {
        self.0.join("account.json")
    }

    /// The account, if there is one that can be read.
    pub fn account(&self) -> Option<KeptAccount> {
        let file = self.account_file();
        let read = match fs::read(&file) {
            Ok(text) => serde_json::from_slice(&text).map_err(io::Error::from),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => Err(error),
        };
        read.inspect_err(|error| {
            tracing::warn!(
                %error,
                file = %file.display(),
                "the account cannot be read; another one is made"
            );
        })
        .ok()
    }

    pub fn keep_account(&self, account: &KeptAccount) -> Result<(), AcmeError> {
        let text = serde_json::to_vec(account).map_err(io::Error::from);
        let file = self.account_file();
        text.and_then(|text| private_file::write(&file, &text, Readers::Owner))
            .map_err(|cause| AcmeError::Keep { file, cause })
    }

    /// Lets another account be made.
    pub fn forget_account(&self) -> Result<(), AcmeError> {
        let file = self.account_file();
        fs::remove_file(&file).map_err(|cause| AcmeError::Keep { file, cause })
    }

    /// Notes that the authority knows these mail addresses now.
    pub fn keep_contacts(&self, contacts: &[String]) -> Result<(), AcmeError> {
        let Some(mut account) = self.account() else {
            return Ok(());
        };
        account.contacts = contacts.to_vec();
        self.keep_account(&account)
    }

    fn certificate_file(&self) -> PathBuf {
        self.0.join("certificate.pem")
    }

    /// The last certificate, if it still counts.
    pub fn certificate(&self, now: Millis) -> Option<Certificate> {
        let text = fs::read(self.certificate_file()).ok()?;
        Certificate::from_pem(&text, &text, now)
            .inspect_err(|fault| {
                let file = self.certificate_file();
                tracing::warn!("{} {fault}; another one is got", file.display());
            })
            .ok()
    }

    /// Keeps a certificate with its key, in one file, so that they always belong together.
    pub fn keep_certificate(&self, text: &str) -> Result<(), AcmeError> {
        let file = self.certificate_file();
        private_file::write(&file, text.as_bytes(), Readers::Owner)
            .map_err(|cause| AcmeError::Keep { file, cause })
    }
}

/// A name for a directory's own folder, which people can read, and which no two have.
fn name(directory: &str) -> String {
    let host = directory.split('/').nth(2).unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let host = host.replace(|c| !plain(c), "_");
    let digest = Sha256::digest(directory.as_bytes());
    let digest = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    format!("{host}-{digest:08x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_have_folders_of_their_own() {
        let name_of = |path: &str| name(&format!("https://acme.example.org:14000/{path}"));
        assert!(name_of("a").starts_with("acme.example.org_14000-"));
        assert_ne!(name_of("a"), name_of("b"));
        assert_eq!(name("https://..").matches('/').count(), 0);
    }
}
