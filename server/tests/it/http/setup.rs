//! The first administrator.

use super::app::{Answer, Browser, PASSWORD, TestApp};
use super::pages::field;

/// Fills in the page, as it was opened by an address.
async fn set_up(browser: &mut Browser, path: &str, code: Option<&str>, handle: &str) -> Answer {
    let page = browser.get(path).await;
    assert_eq!(page.status, 200, "{}", page.text);
    browser.keep(&page);
    let code = code.map_or_else(|| field(&page.text, "code"), str::to_owned);
    let token = field(&page.text, "token");
    let fields = [
        ("token", &*token),
        ("code", &code),
        ("handle", handle),
        ("name", ""),
        ("password", PASSWORD),
    ];
    let answer = browser.submit("/setup", &fields).await;
    browser.keep(&answer);
    answer
}

async fn code(app: &TestApp) -> Option<String> {
    app.running().app().accounts.setup_code().await.unwrap()
}

#[tokio::test]
async fn whoever_has_the_code_of_the_log_becomes_the_administrator_once() {
    let app = TestApp::start().await;
    let code = code(&app).await.unwrap();
    let mut browser = app.anybody();
    // Whoever comes to a server where nobody is yet is led there.
    let door = browser.get("/").await;
    assert_eq!((door.status, door.header("location")), (303, "/setup"));

    for wrong in ["", "abcd-efgh-ijkl-mnop"] {
        let refused = set_up(&mut browser, "/setup", Some(wrong), "ann").await;
        assert_eq!(refused.status, 422);
        assert!(refused.text.contains("aria-invalid"), "{}", refused.text);
        assert_eq!(field(&refused.text, "handle"), "ann");
    }
    let path = format!("/setup?code={}", code.to_uppercase());
    let done = set_up(&mut browser, &path, None, "ann").await;
    assert_eq!((done.status, done.header("location")), (303, "/chats"));
    let me = browser.get("/api/v1/me").await.json();
    assert_eq!(me["administrator"], true);

    // It is of no more use.
    let mut other = app.anybody();
    let door = other.get(&path).await;
    assert_eq!((door.status, door.header("location")), (303, "/login"));
    let page = other.get("/register").await;
    other.keep(&page);
    let token = field(&page.text, "token");
    let fields = [
        ("token", &*token),
        ("code", &code),
        ("handle", "bob"),
        ("password", PASSWORD),
    ];
    let refused = other.submit("/setup", &fields).await;
    assert_eq!(refused.status, 404, "{}", refused.text);
    assert_eq!(other.get("/").await.header("location"), "/login");
}

#[tokio::test]
async fn the_code_stays_the_same_until_somebody_uses_it() {
    let mut app = TestApp::start().await;
    let before = code(&app).await;
    assert!(before.is_some());
    let ann = app.register("ann").await;
    let me = ann.get("/api/v1/me").await.json();
    assert_eq!(
        me["administrator"], false,
        "nobody is it just for being the first"
    );
    // There is somebody, who wants to log in, and still no administrator.
    let door = app.anybody().get("/").await;
    assert_eq!(door.header("location"), "/login");
    app.restart().await;
    assert_eq!(code(&app).await, before);
    let mut browser = app.anybody();
    let done = set_up(&mut browser, "/setup", before.as_deref(), "root").await;
    assert_eq!(done.status, 303);
    assert_eq!(code(&app).await, None);
}

#[tokio::test]
async fn codes_are_not_for_guessing() {
    let app = TestApp::start_with(|config| config.throttle.log_ins_per_address = 3).await;
    let mut browser = app.anybody();
    for _ in 0..3 {
        let refused = set_up(&mut browser, "/setup", Some("aaaa"), "ann").await;
        assert_eq!(refused.status, 422);
    }
    let code = code(&app).await.unwrap();
    let refused = set_up(&mut browser, "/setup", Some(&code), "ann").await;
    assert_eq!(refused.status, 429);
}
