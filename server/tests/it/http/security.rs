use protocol::api::USER_HEADER;
use reqwest::Method;
use serde_json::json;
use server::config::PublicUrl;

use super::app::{PASSWORD, TestApp, say};

#[tokio::test]
async fn a_change_must_come_from_this_site() {
    let app = TestApp::start().await;
    let mut ann = app.register("ann").await;
    let own = ann.with(&ann);
    for origin in [None, Some("https://evil.example"), Some("null"), Some("")] {
        ann.browser.origin = origin.map(ToOwned::to_owned);
        let refused = ann.command(own, say("forged")).await;
        refused.is_problem(403, "foreign_origin");
        let form = ann.submit("/logout", &[]).await;
        form.is_problem(403, "foreign_origin");
        // Looking is not changing.
        assert_eq!(ann.get("/api/v1/me").await.status, 200);
    }
    // Whichever name of this host the browser used.
    let port = app.base.rsplit(':').next().unwrap();
    ann.browser.base = format!("http://localhost:{port}");
    ann.browser.origin = Some(ann.browser.base.clone());
    assert_eq!(ann.command(own, say("honest")).await.status, 201);
    assert_eq!(ann.texts(own).await, ["honest"]);
}

#[tokio::test]
async fn a_configured_address_is_the_only_origin() {
    let app = TestApp::start_with(|config| {
        let url = PublicUrl::try_from("https://chat.example.org".to_owned());
        config.public_url = Some(url.unwrap());
    })
    .await;
    let mut nobody = app.anybody();
    let register = json!({"handle": "ann", "password": PASSWORD});
    let refused = nobody.post("/api/v1/accounts", register.clone()).await;
    refused.is_problem(403, "foreign_origin");
    nobody.origin = Some("https://chat.example.org".to_owned());
    let answer = nobody.post("/api/v1/accounts", register).await;
    assert_eq!(answer.status, 201);
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-session="), "{cookie}");
    assert!(cookie.contains("; Secure"), "{cookie}");
    assert!(
        answer
            .header("strict-transport-security")
            .contains("max-age")
    );
}

#[tokio::test]
async fn nothing_is_done_in_another_name() {
    let app = TestApp::start().await;
    let [ann, bob] = app.friends().await;
    let path = format!("/api/v1/conversations/{}/commands", ann.with(&bob));
    let meant_for = |id: String| {
        ann.request(Method::POST, &path)
            .header(USER_HEADER, id)
            .json(&say("who am I?"))
    };
    let refused = ann.send(meant_for(bob.id.to_string())).await;
    refused.is_problem(409, "wrong_account");
    let refused = ann.send(meant_for("nonsense".to_owned())).await;
    refused.is_problem(409, "wrong_account");
    assert_eq!(ann.send(meant_for(ann.id.to_string())).await.status, 201);
    let stream = ann.get(&format!("/api/v1/stream?as={}", bob.id)).await;
    stream.is_problem(409, "wrong_account");
    assert_eq!(bob.texts(ann.with(&bob)).await, ["who am I?"]);
}

#[tokio::test]
async fn every_answer_tells_the_browser_what_is_allowed() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    for path in [
        "/api/v1/me",
        "/api/v1/nothing",
        "/login",
        "/chats",
        "/nothing",
    ] {
        let answer = ann.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert!(
            answer.header("permissions-policy").contains("camera=()"),
            "{path}"
        );
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
        assert!(
            policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe-inline"), "{path}: {policy}");
        assert_eq!(answer.header("x-request-id").len(), 32, "{path}");
    }
}

#[tokio::test]
async fn a_page_runs_only_scripts_with_its_own_nonce() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let mut nonces = Vec::new();
    for _ in 0..2 {
        let page = ann.get("/chats").await;
        assert_eq!(page.status, 200);
        let policy = page.header("content-security-policy").to_owned();
        let nonce = policy
            .split("'nonce-")
            .nth(1)
            .unwrap()
            .split('\'')
            .next()
            .unwrap();
        for script in page.text.split("<script").skip(1) {
            let attributes = script.split('>').next().unwrap();
            let own = format!("nonce=\"{nonce}\"");
            assert!(attributes.contains(&own), "{attributes}");
        }
        assert!(
            !page.text.contains(" style=\""),
            "inline styles are blocked"
        );
        assert!(
            !page.text.contains(" onclick="),
            "inline handlers are blocked"
        );
        nonces.push(nonce.to_owned());
    }
    assert_ne!(nonces[0], nonces[1]);
}

#[tokio::test]
async fn the_kept_shell_names_its_scripts_by_hash() {
    let app = TestApp::start().await;
    let shell = app.anybody().get("/offline").await;
    assert_eq!(shell.status, 200);
    let policy = shell.header("content-security-policy");
    assert!(!policy.contains("nonce-"), "{policy}");
    let inline = shell
        .text
        .split("<script")
        .skip(1)
        .filter(|script| !script.split('>').next().unwrap().contains(" src="))
        .count();
    assert_eq!(policy.matches("'sha256-").count(), inline);
    // It is the same for everybody: no name, no token.
    let ann = app.register("ann").await;
    assert!(!ann.get("/offline").await.text.contains("ann"));
}
