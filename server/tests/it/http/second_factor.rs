//! The second step of a log-in.

use serde_json::json;
use server::clock::Clock;
use totp_rs::{Builder, Secret};

use super::app::{Answer, PASSWORD, Person, TestApp};
use super::pages::{field, token};

/// An app on somebody's phone.
pub struct Phone {
    secret: Secret,
    clock: Clock,
}

impl Phone {
    /// The code of now, or of so many steps of 30 s later.
    fn code(&self, later: u64) -> String {
        let now = self.clock.now().unsigned_abs() / 1_000;
        let totp = Builder::new()
            .with_secret(self.secret.clone())
            .build_noncompliant();
        totp.generate(now + 30 * later).to_string()
    }
}

async fn submit(person: &Person, path: &str, fields: &[(&str, &str)]) -> Answer {
    let (token, id) = (token(person), person.id.to_string());
    let own = [("token", &*token), ("user", &*id)];
    person.submit(path, &[&own[..], fields].concat()).await
}

/// What stands in the page's elements of that kind.
fn inside<'a>(page: &'a str, tag: &str) -> Vec<&'a str> {
    let start = format!("<{tag}>");
    let parts = page.split(&start).skip(1);
    parts.map(|part| part.split('<').next().unwrap()).collect()
}

/// Turns it on, with a phone that has this clock; gives the phone and the recovery codes.
pub async fn turned_on(person: &Person, clock: Clock) -> (Phone, Vec<String>) {
    let offered = submit(person, "/security/second-factor/offer", &[]).await;
    assert_eq!(offered.status, 303);
    let page = person.get("/security").await.text;
    assert!(page.contains("<svg"));
    let secret = inside(&page, "code")[0].replace(' ', "");
    let phone = Phone {
        secret: Secret::try_from_base32(secret).unwrap(),
        clock,
    };
    let confirm = "/security/second-factor/confirm";
    let wrong = submit(person, confirm, &[("code", "000000")]).await;
    assert_eq!(wrong.status, 422);
    // Until the app has shown that it has the secret, nobody is locked out.
    assert_eq!(log_in(person, "").await.status, 200);
    let confirmed = submit(person, confirm, &[("code", &phone.code(0))]).await;
    assert_eq!(confirmed.status, 200, "{}", confirmed.text);
    let codes: Vec<String> = inside(&confirmed.text, "code")
        .into_iter()
        .map(ToOwned::to_owned)
        .collect();
    assert_eq!(codes.len(), 10);
    let page = person.get("/security").await.text;
    assert!(!page.contains(&codes[0]), "they are shown once");
    (phone, codes)
}

async fn log_in(person: &Person, code: &str) -> Answer {
    let body = json!({"handle": "ann", "password": PASSWORD, "code": code});
    person.post("/api/v1/session", body).await
}

#[tokio::test]
async fn a_code_counts_once_and_a_recovery_code_stands_for_the_phone() {
    // It stands still, so that the code of now stays the one that was used.
    let clock = Clock::manual(Clock::system().now());
    let app = TestApp::start_by(&clock).await;
    let ann = app.register("ann").await;
    let (phone, recovery) = turned_on(&ann, clock).await;
    log_in(&ann, "").await.is_problem(401, "second_factor");
    let wrong = log_in(&ann, "123").await;
    wrong.is_problem(422, "invalid");
    assert_eq!(wrong.json()["fields"][0]["field"], "code");
    // The one by which it was turned on.
    log_in(&ann, &phone.code(0))
        .await
        .is_problem(422, "invalid");
    let next = phone.code(1);
    assert_eq!(log_in(&ann, &next).await.status, 200);
    log_in(&ann, &next).await.is_problem(422, "invalid");
    let typed = recovery[3].to_uppercase().replace('-', " ");
    assert_eq!(log_in(&ann, &typed).await.status, 200);
    log_in(&ann, &recovery[3]).await.is_problem(422, "invalid");
    // A wrong password says nothing of it.
    let body = json!({"handle": "ann", "password": "a guess", "code": recovery[0]});
    let guess = ann.post("/api/v1/session", body).await;
    guess.is_problem(401, "wrong_credentials");
    assert!(ann.get("/security").await.text.contains("<dd>9"));

    let remove = "/security/second-factor/remove";
    assert_eq!(submit(&ann, remove, &[("code", "0")]).await.status, 422);
    let removed = submit(&ann, remove, &[("code", &recovery[0])]).await;
    assert_eq!(removed.header("location"), "/security?done=factor");
    assert_eq!(log_in(&ann, "").await.status, 200);
}

#[tokio::test]
async fn one_logs_in_by_two_forms() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let (phone, _) = turned_on(&ann, Clock::system()).await;
    let mut browser = app.anybody();
    let page = browser.get("/login").await;
    browser.keep(&page);
    let token = field(&page.text, "token");
    let password = [
        ("token", &*token),
        ("handle", "ann"),
        ("password", PASSWORD),
        ("shared", "yes"),
    ];
    let asked = browser.submit("/login", &password).await;
    assert_eq!(asked.status, 200);
    assert!(!asked.headers.contains_key("set-cookie"));
    let proof = field(&asked.text, "proof");
    assert_eq!(field(&asked.text, "shared"), "yes");
    let by = async |proof: &str, code: &str| {
        let fields = [("token", &*token), ("proof", proof), ("code", code)];
        browser.submit("/login/code", &fields).await
    };
    let wrong = by(&proof, "123456").await;
    assert_eq!(wrong.status, 422);
    assert_eq!(field(&wrong.text, "proof"), proof);
    assert!(!wrong.text.contains("123456"));
    // Whoever makes a proof up begins at the start.
    for made_up in ["", &proof.replace('a', "b").replace('1', "2"), &proof[..40]] {
        let answer = by(made_up, &phone.code(1)).await;
        assert_eq!(answer.header("location"), "/login", "{made_up}");
    }
    let done = by(&proof, &phone.code(1)).await;
    assert_eq!((done.status, done.header("location")), (303, "/chats"));
    browser.keep(&done);
    assert_eq!(browser.get("/chats").await.status, 200);
}

#[tokio::test]
async fn codes_cannot_be_tried_at_will() {
    let app = TestApp::start_with(|config| config.throttle.log_ins_per_account = 5).await;
    let ann = app.register("ann").await;
    let (phone, _) = turned_on(&ann, Clock::system()).await;
    // One was wrong while it was turned on.
    for _ in 0..4 {
        log_in(&ann, "000000").await.is_problem(422, "invalid");
    }
    let right = log_in(&ann, &phone.code(1)).await;
    right.is_problem(429, "too_many_requests");
}

#[tokio::test]
async fn whoever_lost_all_is_let_in_by_the_operator() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    turned_on(&ann, Clock::system()).await;
    let password = server::admin::reset_password(app.config(), "ann");
    let password = password.await.unwrap();
    let body = json!({"handle": "ann", "password": password});
    let answer = app.anybody().post("/api/v1/session", body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}
