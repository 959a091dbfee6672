//! Logging in by a QR code, which a device that is logged in confirms.

mod letting_in;
mod refusals;

use serde_json::Value;

use super::app::{Answer, Browser, Person};
use super::pages::token;

/// A device that shows a code.
pub struct Device {
    pub browser: Browser,
    /// What its QR code leads to, and is typed where that cannot be scanned.
    pub code: String,
    pub number: String,
    /// Where its page goes on by itself.
    wait: String,
    page: String,
}

impl Device {
    pub async fn of(mut browser: Browser) -> Self {
        let page = browser.get("/login/qr").await;
        assert_eq!(page.status, 200, "{}", page.text);
        let (_, wait) = page.header("refresh").split_once("1;url=").unwrap();
        let wait = wait.to_owned();
        browser.keep(&page);
        let inside = |tag: &str| {
            let (_, rest) = page.text.split_once(&format!("<{tag}>")).unwrap();
            rest.split('<').next().unwrap().to_owned()
        };
        let (code, number) = (inside("code"), inside("strong"));
        assert_eq!((code.len(), number.len()), (9, 4));
        Self {
            browser,
            code,
            number,
            wait,
            page: page.text,
        }
    }

    /// What binds the log-in to its browser.
    pub fn secret(&self) -> &str {
        let mut cookies = self.browser.cookies.iter();
        let (_, secret) = cookies.find(|(name, _)| name == "qr").unwrap();
        secret
    }

    /// What became of its code.
    async fn asks(&mut self) -> Answer {
        let answer = self.browser.get(&self.wait).await;
        self.browser.keep(&answer);
        answer
    }

    /// Fails unless it shows that its code is of no use, and why.
    async fn is_over(&mut self, why: &str) {
        let answer = self.asks().await;
        assert_eq!(answer.status, 200);
        assert!(answer.text.contains(why), "{}", answer.text);
        assert!(!answer.headers.contains_key("refresh"));
        assert!(!is_logged_in(&self.browser).await);
    }
}

const OVER: &str = "二维码已过期或已用过。";
const REFUSED: &str = "登录已被拒绝。";

async fn is_logged_in(browser: &Browser) -> bool {
    browser.get("/api/v1/me").await.status == 200
}

/// Sends a form of somebody's.
async fn submit(person: &Person, path: &str, fields: &[(&str, &str)]) -> Answer {
    let (token, id) = (token(person), person.id.to_string());
    let own = [("token", &*token), ("user", &*id)];
    person.submit(path, &[&own[..], fields].concat()).await
}

async fn confirm(person: &Person, code: &str, number: &str) -> Answer {
    let fields = [("code", code), ("number", number)];
    submit(person, "/security/qr", &fields).await
}

async fn scan(person: &Browser, code: &str) -> Answer {
    person.get(&format!("/security/qr?code={code}")).await
}

#[track_caller]
fn leads_to(answer: &Answer, location: &str) {
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, location),
        "{}",
        answer.text
    );
}

async fn sessions(person: &Browser) -> Vec<Value> {
    let answer = person.get("/api/v1/me/sessions").await.json();
    answer["sessions"].as_array().unwrap().clone()
}
