//! Whose accounts one may log in with.

use std::collections::BTreeSet;
use std::path::PathBuf;

use protocol::api::identities::ProviderIcon;
use serde::{Deserialize, Serialize};

use super::Secret;

/// `login`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Login {
    /// In the order in which they are offered. A list of tables: in the file only.
    pub providers: Vec<Provider>,
}

/// One of `login.providers`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Names it in addresses, and in the database: identities stay with the name. Lower-case letters,
    /// digits and hyphens.
    pub name: String,
    /// How it speaks.
    pub kind: ProviderKind,
    /// Where discovery finds an OpenID provider, exactly as its tokens name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// What the provider calls this site.
    pub client_id: String,
    /// What this site proves itself to the provider by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<Secret>,
    /// A file that holds it, instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret_file: Option<PathBuf>,
    /// What is asked for; by default what is needed for a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// What the tokens are issued for that programs of this provider's users come with; without it,
    /// none does. Kind `oidc` only, and not the client's own name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// The scope that lets them read; `zspchat:read` by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_scope: Option<String>,
    /// The scope that lets them write too; `zspchat:write` by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub write_scope: Option<String>,
    /// What people call it; by default the name of the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What stands beside the label; nothing by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<ProviderIcon>,
    /// Other endpoints than the service's own, such as those of GitHub Enterprise: where people log in,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorize_url: Option<String>,
    /// where a code becomes a token,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_url: Option<String>,
    /// where a token is told whose it is (QQ only),
    #[serde(skip_serializing_if = "Option::is_none")]
    pub openid_url: Option<String>,
    /// and where it is told what they are called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_url: Option<String>,
}

/// `kind` of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProviderKind {
    /// Any OpenID provider, by discovery.
    Oidc,
    /// GitHub.
    GitHub,
    /// Gitee.
    Gitee,
    /// QQ.
    Qq,
    /// WeChat, by a code that a phone scans.
    WeChat,
}

impl ProviderKind {
    /// What is asked for by default.
    fn scopes(self) -> &'static [&'static str] {
        match self {
            Self::Oidc => &["openid", "profile"],
            // Who somebody is and what they are called may be read by any token.
            Self::GitHub => &[],
            Self::Gitee => &["user_info"],
            Self::Qq => &["get_user_info"],
            Self::WeChat => &["snsapi_login"],
        }
    }

    /// What people call the service; `None` where that differs.
    fn label(self) -> Option<&'static str> {
        match self {
            Self::Oidc => None,
            Self::GitHub => Some("GitHub"),
            Self::Gitee => Some("Gitee"),
            Self::Qq => Some("QQ"),
            Self::WeChat => Some("微信 WeChat"),
        }
    }
}

/// No provider's names, since they stand in addresses of other pages.
const TAKEN: [&str; 2] = ["code", "qr"];

impl Provider {
    /// What people call it.
    pub fn label(&self) -> &str {
        let label = self.label.as_deref().or(self.kind.label());
        label.unwrap_or(&self.name)
    }

    /// What is asked for.
    pub fn scopes(&self) -> Vec<&str> {
        match &self.scopes {
            Some(scopes) => scopes.iter().map(String::as_str).collect(),
            None => self.kind.scopes().to_vec(),
        }
    }

    /// The scope that lets programs read.
    pub fn read_scope(&self) -> &str {
        self.read_scope.as_deref().unwrap_or("zspchat:read")
    }

    /// The scope that lets programs write too.
    pub fn write_scope(&self) -> &str {
        self.write_scope.as_deref().unwrap_or("zspchat:write")
    }

    /// What this site proves itself to the provider by.
    ///
    /// # Errors
    /// A file that cannot be read, or holds nothing.
    pub fn secret(&self) -> Result<Secret, String> {
        let secret = match (&self.client_secret, &self.client_secret_file) {
            (Some(secret), None) => secret.clone(),
            (None, Some(file)) => {
                let text = std::fs::read_to_string(file)
                    .map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
                Secret::from(text.trim().to_owned())
            }
            _ => return Err("set either client_secret or client_secret_file".to_owned()),
        };
        if secret.reveal().is_empty() {
            return Err("the client secret is empty".to_owned());
        }
        Ok(secret)
    }

    fn check(&self) -> Result<(), String> {
        let named = (1..=32).contains(&self.name.len())
            && self
                .name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if !named {
            return Err("name must be 1 to 32 of a-z, 0-9 and -".to_owned());
        }
        if TAKEN.contains(&self.name.as_str()) {
            return Err(format!(
                "/login/{} is another page: choose another name",
                self.name
            ));
        }
        if self.client_id.is_empty() {
            return Err("client_id is empty".to_owned());
        }
        let is_oidc = self.kind == ProviderKind::Oidc;
        if is_oidc != self.issuer.is_some() {
            return Err("issuer is for kind oidc, which needs it".to_owned());
        }
        if self.audience.is_some() && !is_oidc {
            return Err("audience is for kind oidc".to_owned());
        }
        if self.audience.is_none() && (self.read_scope.is_some() || self.write_scope.is_some()) {
            return Err("read_scope and write_scope need an audience".to_owned());
        }
        if self.audience.as_ref() == Some(&self.client_id) {
            return Err(
                "audience must not be the client_id: tokens for browsers are for that".to_owned(),
            );
        }
        let endpoints = [
            ("authorize_url", &self.authorize_url),
            ("token_url", &self.token_url),
            ("openid_url", &self.openid_url),
            ("user_url", &self.user_url),
        ];
        for (key, url) in endpoints {
            let fits = !is_oidc && (key != "openid_url" || self.kind == ProviderKind::Qq);
            if url.is_some() && !fits {
                return Err(format!("{key} is not for this kind"));
            }
        }
        for (key, url) in [("issuer", &self.issuer)].into_iter().chain(endpoints) {
            if url.as_deref().is_some_and(|url| !is_safe(url)) {
                return Err(format!(
                    "{key} must be like https://id.example.org; plain http is for this machine only"
                ));
            }
        }
        if is_oidc && !self.scopes().contains(&"openid") {
            return Err("scopes must hold openid".to_owned());
        }
        self.secret().map(|_| ())
    }
}

/// Whether what is sent there is kept from others on the way: by TLS, or as it stays on this machine.
pub fn is_safe(url: &str) -> bool {
    let Ok(uri) = url.parse::<hyper::Uri>() else {
        return false;
    };
    let Some(authority) = uri.authority() else {
        return false;
    };
    let here = matches!(authority.host(), "localhost" | "127.0.0.1" | "[::1]");
    let kept = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => here,
        _ => false,
    };
    kept && !authority.as_str().contains('@') && !url.contains('#')
}

impl Login {
    /// Whether each can be used as it is configured.
    pub(super) fn check(&self) -> Result<(), String> {
        let mut names = BTreeSet::new();
        for provider in &self.providers {
            let name = &provider.name;
            provider
                .check()
                .map_err(|fault| format!("login.providers, \"{name}\": {fault}"))?;
            if !names.insert(name) {
                return Err(format!("login.providers: there are two named \"{name}\""));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Login, String> {
        let login: Login = toml::from_str(text).map_err(|error| error.message().to_owned())?;
        login.check().map(|()| login)
    }

    const GITHUB: &str =
        "[[providers]]\nname = \"github\"\nkind = \"github\"\nclient_id = \"me\"\n";
    const OIDC: &str = "[[providers]]\nname = \"sso\"\nkind = \"oidc\"\nclient_id = \"me\"\nclient_secret = \"s3cret\"\n";

    #[test]
    fn a_secret_is_not_shown() {
        let login = read(&format!("{GITHUB}client_secret = \"s3cret\"")).unwrap();
        assert_eq!(login.providers[0].secret().unwrap().reveal(), "s3cret");
        assert!(!format!("{login:?}").contains("s3cret"));
        assert!(!toml::to_string(&login).unwrap().contains("s3cret"));
        assert_eq!(login.providers[0].label(), "GitHub");
    }

    #[test]
    fn a_secret_may_be_in_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        let text = format!("{GITHUB}client_secret_file = {:?}", file.display());
        assert!(read(&text).unwrap_err().contains("cannot be read"));
        std::fs::write(&file, "\n").unwrap();
        assert!(read(&text).unwrap_err().contains("is empty"));
        std::fs::write(&file, "s3cret\n").unwrap();
        let secret = read(&text).unwrap().providers[0].secret().unwrap();
        assert_eq!(secret.reveal(), "s3cret");
    }

    #[test]
    fn a_fault_names_the_provider_and_what_to_do() {
        let secret = "client_secret = \"x\"\n";
        for (text, said) in [
            (GITHUB.to_owned(), "client_secret_file"),
            (
                format!("{GITHUB}{secret}client_secret_file = \"y\""),
                "either",
            ),
            (format!("{GITHUB}{secret}issuer = \"https://x\""), "issuer"),
            (OIDC.to_owned(), "issuer"),
            (format!("{OIDC}issuer = \"http://id.example.org\""), "https"),
            (
                format!("{OIDC}issuer = \"https://a@id.example.org\""),
                "https",
            ),
            (
                format!("{OIDC}issuer = \"https://x\"\nscopes = [\"profile\"]"),
                "openid",
            ),
            (
                format!("{OIDC}issuer = \"https://x\"\nuser_url = \"https://x\""),
                "user_url",
            ),
            (
                format!("{GITHUB}{secret}openid_url = \"https://x\""),
                "openid_url",
            ),
            (format!("{GITHUB}{secret}audience = \"chat\""), "audience"),
            (
                format!("{OIDC}issuer = \"https://x\"\naudience = \"me\""),
                "client_id",
            ),
            (
                format!("{OIDC}issuer = \"https://x\"\nread_scope = \"r\""),
                "audience",
            ),
            (format!("{GITHUB}{secret}{GITHUB}{secret}"), "two named"),
            (
                format!("{GITHUB}{secret}").replace("\"github\"\nkind", "\"Git/Hub\"\nkind"),
                "a-z",
            ),
        ] {
            let fault = read(&text).unwrap_err();
            assert!(
                fault.contains(said) && fault.contains("login.providers"),
                "{fault}"
            );
        }
        for text in [
            format!("{OIDC}issuer = \"http://127.0.0.1:3001\""),
            format!("{OIDC}issuer = \"https://id.example.org/realms/a\""),
        ] {
            assert!(read(&text).is_ok(), "{text}");
        }
        assert!(read(&format!("{GITHUB}{secret}icon = \"github\"")).is_err());
    }
}
