//! Several ways in to one account.

use serde_json::{Value, json};
use server::clock::Clock;

use super::super::app::{Answer, Browser, PASSWORD, Person, TestApp};
use super::super::second_factor::turned_on;
use super::{Issuer, field, led_on, oidc, providers, with_issuer};
use crate::raw::Raw;

const PAGE: &str = "/security";

fn token(browser: &Browser) -> String {
    let session = browser.cookies.iter().find(|(name, _)| name == "session");
    server::accounts::Token::from_cookie(&session.unwrap().1)
        .unwrap()
        .form_token()
}

async fn submit(person: &Person, path: &str) -> Answer {
    let (token, id) = (token(&person.browser), person.id.to_string());
    person
        .submit(path, &[("token", &token), ("user", &id)])
        .await
}

/// Links the account that the provider has now.
async fn link(person: &mut Person, issuer: &Issuer) -> Answer {
    let answer = submit(person, "/login/sso").await;
    person.browser.keep(&answer);
    let pairs = issuer.agree(&led_on(&answer));
    let pairs = pairs
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    person.browser.come_back("sso", &pairs).await
}

async fn identities(person: &Browser) -> Value {
    person.get("/api/v1/me/identities").await.json()
}

#[tokio::test]
async fn an_account_is_linked_used_and_unlinked() {
    let (app, issuer) = with_issuer().await;
    let mut ann = app.register("ann").await;
    let before = identities(&ann).await;
    assert_eq!(before["has_password"], true);
    assert_eq!(before["identities"], json!([]));
    assert_eq!(before["linkable"][0]["name"], "sso");

    let linked = link(&mut ann, &issuer).await;
    assert_eq!(linked.header("location"), "/security?done=linked");
    let now = identities(&ann).await;
    assert_eq!(now["identities"][0]["provider"], "sso");
    assert_eq!(now["identities"][0]["label"], "Example <&>");
    assert_eq!(now["identities"][0]["name"], "Jane Doe");
    assert_eq!(now["linkable"], json!([]));
    let page = ann.get(PAGE).await;
    assert!(page.text.contains("Jane Doe"), "{}", page.text);
    // Once more is no harm.
    let again = link(&mut ann, &issuer).await;
    assert_eq!(again.header("location"), "/security?done=linked");

    let mut elsewhere = app.anybody();
    let answer = elsewhere.log_in_at(&issuer).await;
    assert_eq!(answer.header("location"), "/chats");
    let me = elsewhere.get("/api/v1/me").await.json();
    assert_eq!(me["user"]["handle"], "ann");

    let gone = submit(&ann, "/security/identities/sso/unlink").await;
    assert_eq!(gone.header("location"), "/security?done=unlinked");
    assert_eq!(identities(&ann).await["identities"], json!([]));
    let answer = app.anybody().log_in_at(&issuer).await;
    assert_eq!(answer.header("location"), "/register/identity");
    let again = submit(&ann, "/security/identities/sso/unlink").await;
    assert_eq!(again.header("location"), "/security?refused=not_found");
}

#[tokio::test]
async fn the_last_way_in_stays() {
    let [one, other] = [Issuer::start().await, Issuer::start().await];
    let login = providers(&format!("{}{}", oidc("sso", &one), oidc("other", &other)));
    let mut app = TestApp::start_with(|config| config.login = login).await;
    let mut browser = app.anybody();
    browser.log_in_at(&one).await;
    browser.join("jane").await;
    let id = browser.get("/api/v1/me").await.json()["user"]["id"].clone();
    let id = serde_json::from_value(id).unwrap();
    let mut jane = Person { browser, id };

    let path = "/api/v1/me/identities/sso";
    jane.delete(path).await.is_problem(422, "last_way_in");
    let refused = submit(&jane, "/security/identities/sso/unlink").await;
    assert_eq!(refused.header("location"), "/security?refused=last_way_in");
    let page = jane.get(refused.header("location")).await;
    assert!(page.text.contains("role=\"alert\""), "{}", page.text);

    let answer = submit(&jane, "/login/other").await;
    jane.browser.keep(&answer);
    let pairs = other.agree(&led_on(&answer));
    let pairs = pairs
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    jane.browser.come_back("other", &pairs).await;
    assert_eq!(jane.delete(path).await.status, 204);
    jane.delete(path).await.is_problem(404, "not_found");
    jane.delete("/api/v1/me/identities/other")
        .await
        .is_problem(422, "last_way_in");

    // A password is a way in too.
    let password = server::admin::reset_password(app.config(), "jane").await;
    let body = json!({"handle": "jane", "password": password.unwrap()});
    let answer = app.anybody().post("/api/v1/session", body).await;
    jane.browser.keep(&answer);
    let answer = jane.delete("/api/v1/me/identities/other").await;
    assert_eq!(answer.status, 204, "{}", answer.text);
    app.stop().await;
}

#[tokio::test]
async fn a_provider_that_is_there_no_more_is_no_way_in() {
    let (app, issuer) = with_issuer().await;
    let mut browser = app.anybody();
    browser.log_in_at(&issuer).await;
    browser.join("jane").await;
    let raw = Raw::open(&server::app_state::database(app.config())).await;
    raw.link_to_removed_provider("jane").await;
    raw.close().await;
    let now = identities(&browser).await;
    assert_eq!(now["identities"].as_array().unwrap().len(), 2);
    browser
        .delete("/api/v1/me/identities/sso")
        .await
        .is_problem(422, "last_way_in");
    let answer = browser.delete("/api/v1/me/identities/removed").await;
    assert_eq!(answer.status, 204);
}

#[tokio::test]
async fn what_is_somebody_elses_is_not_linked() {
    let (app, issuer) = with_issuer().await;
    let mut ann = app.register("ann").await;
    let mut bob = app.register("bob").await;
    link(&mut ann, &issuer).await;
    let refused = link(&mut bob, &issuer).await;
    assert_eq!(
        refused.header("location"),
        "/security?refused=identity_taken"
    );
    assert_eq!(identities(&bob).await["identities"], json!([]));
    // Nor a second one of the same provider.
    "another".clone_into(&mut issuer.set().subject);
    let refused = link(&mut ann, &issuer).await;
    assert_eq!(refused.header("location"), "/security?refused=conflict");
}

#[tokio::test]
async fn linking_is_asked_for_by_a_form_and_ends_with_who_began_it() {
    let (app, issuer) = with_issuer().await;
    let mut ann = app.register("ann").await;
    let bob = app.register("bob").await;
    let (id, theirs) = (ann.id.to_string(), token(&bob.browser));
    let refused = ann
        .submit("/login/sso", &[("token", &*theirs), ("user", &*id)])
        .await;
    assert_eq!(
        refused.header("location"),
        "/security?refused=foreign_origin"
    );
    assert_eq!(ann.get("/login/sso").await.header("location"), "/chats");

    let begun = submit(&ann, "/login/sso").await;
    ann.browser.keep(&begun);
    let [state, code, iss] = issuer.agree(&led_on(&begun));
    let pairs = [("state", &*state.1), ("code", &*code.1), ("iss", &*iss.1)];
    // Somebody else logs in, in the same browser.
    let body = json!({"handle": "bob", "password": PASSWORD});
    let answer = ann.post("/api/v1/session", body).await;
    ann.browser.keep(&answer);
    let refused = ann.browser.come_back("sso", &pairs).await;
    assert_eq!(
        refused.header("location"),
        "/security?refused=log_in_expired"
    );
    assert_eq!(identities(&bob).await["identities"], json!([]));
}

#[tokio::test]
async fn a_second_step_is_asked_for_here_too() {
    let (app, issuer) = with_issuer().await;
    let mut ann = app.register("ann").await;
    let (_, codes) = turned_on(&ann, Clock::system()).await;
    link(&mut ann, &issuer).await;
    let mut elsewhere = app.anybody();
    let there = elsewhere.set_out("/login/sso?next=/contacts").await;
    let [state, code, iss] = issuer.agree(&there);
    let pairs = [("state", &*state.1), ("code", &*code.1), ("iss", &*iss.1)];
    let asked = elsewhere.come_back("sso", &pairs).await;
    assert_eq!(asked.status, 200);
    assert!(!asked.header("set-cookie").contains("session="));
    let code = async |page: &str, code: &str, next: Option<&str>| {
        let [token, proof, kept] = ["token", "proof", "next"].map(|name| field(page, name));
        let form = [
            ("token", &*token),
            ("proof", &proof),
            ("next", next.unwrap_or(&kept)),
            ("code", code),
        ];
        elsewhere.submit("/login/code", &form).await
    };
    let refused = code(&asked.text, "000000", None).await;
    assert_eq!(refused.status, 422);
    // What was made up leads nowhere else.
    let other = code(&refused.text, &codes[1], Some("//elsewhere.example")).await;
    assert_eq!((other.status, other.header("location")), (303, "/chats"));
    let done = code(&refused.text, &codes[0], None).await;
    assert_eq!((done.status, done.header("location")), (303, "/contacts"));
    elsewhere.keep(&done);
    let me = elsewhere.get("/api/v1/me").await.json();
    assert_eq!(me["user"]["handle"], "ann");
}

#[tokio::test]
async fn nobody_sees_or_changes_anothers_ways_in() {
    let (app, issuer) = with_issuer().await;
    let mut ann = app.register("ann").await;
    link(&mut ann, &issuer).await;
    let nobody = app.anybody();
    for answer in [
        nobody.get("/api/v1/me/identities").await,
        nobody.delete("/api/v1/me/identities/sso").await,
    ] {
        answer.is_problem(401, "unauthenticated");
    }
    assert_eq!(nobody.get(PAGE).await.header("location"), "/login");
    let bob = app.register("bob").await;
    bob.delete("/api/v1/me/identities/sso")
        .await
        .is_problem(404, "not_found");
    assert_eq!(
        identities(&ann).await["identities"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}
