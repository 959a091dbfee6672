//! Logging in with accounts elsewhere.

mod canned;
mod distrust;
mod issuer;
mod linking;
mod oidc;
mod others;
mod programs;
mod refusals;
mod sharing;

use server::config::Login;

use super::app::{Answer, Browser, TestApp};
pub use super::pages::field;
pub use issuer::Issuer;

/// The secret of the clients in these tests.
pub const SECRET: &str = "s3cret of the client";

/// What a configuration says about providers.
pub fn providers(text: &str) -> Login {
    toml::from_str(text).unwrap()
}

/// An OpenID provider under that name.
pub fn oidc(name: &str, issuer: &Issuer) -> String {
    format!(
        "[[providers]]\nname = \"{name}\"\nkind = \"oidc\"\nissuer = \"{}\"\nclient_id = \"me\"\n\
         client_secret = \"{SECRET}\"\nlabel = \"Example <&>\"\n",
        issuer.base
    )
}

/// A server that knows one OpenID provider, `sso`.
pub async fn with_issuer() -> (TestApp, Issuer) {
    let issuer = Issuer::start().await;
    let login = providers(&oidc("sso", &issuer));
    let app = TestApp::start_with(|config| config.login = login).await;
    (app, issuer)
}

/// A parameter of an address.
pub fn parameter(address: &str, name: &str) -> Option<String> {
    let (_, query) = address.split_once('?')?;
    let query = query.split('#').next().unwrap();
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find_map(|(key, value)| (key == name).then(|| value.into_owned()))
}

/// An address with parameters.
pub fn address(path: &str, pairs: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    format!("{path}?{query}")
}

impl Browser {
    /// Follows the link to a provider, as far as its first page.
    pub async fn set_out(&mut self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        self.keep(&answer);
        answer.header("location").to_owned()
    }

    /// Comes back from there.
    pub async fn come_back(&mut self, provider: &str, pairs: &[(&str, &str)]) -> Answer {
        let path = format!("/login/{provider}/callback");
        let answer = self.get(&address(&path, pairs)).await;
        self.keep(&answer);
        answer
    }

    /// Goes to the provider `sso`, lets it agree, and comes back.
    pub async fn log_in_at(&mut self, issuer: &Issuer) -> Answer {
        let there = self.set_out("/login/sso").await;
        let pairs = issuer.agree(&there);
        let pairs: Vec<(&str, &str)> = pairs
            .iter()
            .map(|(name, value)| (*name, &**value))
            .collect();
        self.come_back("sso", &pairs).await
    }

    /// As a newcomer who takes this handle.
    pub async fn join(&mut self, handle: &str) -> Answer {
        let page = self.get("/register/identity").await;
        assert_eq!(page.status, 200, "{}", page.text);
        self.keep(&page);
        let token = field(&page.text, "token");
        let form = [("token", &*token), ("handle", handle), ("name", "")];
        let answer = self.submit("/register/identity", &form).await;
        self.keep(&answer);
        answer
    }
}

/// Where the page leads on to that answers a form.
fn led_on(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let refresh = answer.header("refresh").strip_prefix("0;url=");
    refresh.unwrap().to_owned()
}

/// Fails unless it leads back to the log-in, for that reason.
#[track_caller]
pub fn is_refused(answer: &Answer, code: &str) {
    let location = format!("/login?refused={code}");
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, &*location)
    );
    assert!(!answer.header("set-cookie").contains("session="));
}
