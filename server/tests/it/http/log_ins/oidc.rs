use serde_json::json;

use super::super::app::PASSWORD;
use super::Issuer;
use super::{field, is_refused, oidc, providers, with_issuer};

#[tokio::test]
async fn who_comes_the_first_time_chooses_a_handle_and_is_known_from_then_on() {
    let (app, issuer) = with_issuer().await;
    let mut browser = app.anybody();
    let door = browser.get("/login").await;
    assert!(
        door.text.contains("formaction=\"/login/sso\""),
        "{}",
        door.text
    );
    assert!(door.text.contains("Example &lt;&amp;&gt;"), "{}", door.text);

    let answer = browser.log_in_at(&issuer).await;
    assert_eq!(answer.header("location"), "/register/identity");
    let page = browser.get("/register/identity").await;
    assert_eq!(field(&page.text, "handle"), "j_doe");
    assert_eq!(field(&page.text, "name"), "Jane Doe");
    assert!(!page.text.contains("name=\"password\""));

    app.register("jane").await;
    assert_eq!(browser.join("Jane!").await.status, 422);
    assert_eq!(browser.join("jane").await.status, 409);
    let joined = browser.join("j_doe").await;
    assert_eq!((joined.status, joined.header("location")), (303, "/chats"));
    let me = browser.get("/api/v1/me").await.json();
    assert_eq!(me["user"]["handle"], "j_doe");
    assert_eq!(browser.get("/chats").await.status, 200);
    let names: Vec<&str> = browser.cookies.iter().map(|(name, _)| &**name).collect();
    assert!(!names.contains(&"log-in"), "{names:?}");

    // The same account elsewhere, whatever it is called by now, and whoever else is called so.
    issuer.set().user = json!({"name": "J. Smith", "email": "other@x.org"});
    let mut elsewhere = app.anybody();
    let again = elsewhere.log_in_at(&issuer).await;
    assert_eq!(again.header("location"), "/chats");
    let same = elsewhere.get("/api/v1/me").await.json();
    assert_eq!(same["user"]["id"], me["user"]["id"]);

    issuer.set().user = json!({"preferred_username": "j.doe", "email": "j@x.org"});
    "another".clone_into(&mut issuer.set().subject);
    let mut other = app.anybody();
    let answer = other.log_in_at(&issuer).await;
    assert_eq!(answer.header("location"), "/register/identity");
}

#[tokio::test]
async fn an_account_without_a_password_takes_none() {
    let (app, issuer) = with_issuer().await;
    let mut browser = app.anybody();
    browser.log_in_at(&issuer).await;
    assert_eq!(browser.join("jane").await.status, 303);
    for password in ["", PASSWORD, "nobody's password"] {
        let body = json!({"handle": "jane", "password": password});
        let answer = app.anybody().post("/api/v1/session", body).await;
        assert!([401, 422].contains(&answer.status), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_newcomer_is_one_in_their_own_browser_and_once() {
    let (app, issuer) = with_issuer().await;
    let mut browser = app.anybody();
    let there = browser.set_out("/login/sso").await;
    // What the browser held until it came back is of no use to who has seen it.
    let mut thief = browser.clone();
    let pairs = issuer.agree(&there);
    let pairs = pairs
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    browser.come_back("sso", &pairs).await;
    is_refused(&thief.get("/register/identity").await, "log_in_expired");
    thief.cookies.clear();
    is_refused(&thief.get("/register/identity").await, "log_in_expired");

    let mut twice = browser.clone();
    assert_eq!(browser.join("jane").await.status, 303);
    is_refused(&twice.get("/register/identity").await, "log_in_expired");
    let form = [("token", ""), ("handle", "john"), ("name", "")];
    is_refused(
        &twice.submit("/register/identity", &form).await,
        "log_in_expired",
    );
    twice.cookies.clear();
    let again = twice.log_in_at(&issuer).await;
    assert_eq!(again.header("location"), "/chats");
}

#[tokio::test]
async fn two_who_are_the_same_do_not_become_two() {
    let (app, issuer) = with_issuer().await;
    let [mut here, mut there] = [app.anybody(), app.anybody()];
    here.log_in_at(&issuer).await;
    there.log_in_at(&issuer).await;
    assert_eq!(here.join("jane").await.status, 303);
    let late = there.join("john").await;
    assert_eq!(late.status, 409, "{}", late.text);
    let found = here.get("/api/v1/users?handle=john").await;
    assert_eq!(found.status, 404);
}

#[tokio::test]
async fn what_follows_is_a_page_of_this_site() {
    let (app, issuer) = with_issuer().await;
    let mut browser = app.anybody();
    browser.log_in_at(&issuer).await;
    browser.join("jane").await;
    for (next, followed) in [
        ("/contacts/add?find=bob", "/contacts/add?find=bob"),
        ("//evil.org", "/chats"),
        ("https://evil.org", "/chats"),
        ("/\\evil.org", "/chats"),
        ("/chats\r\nset-cookie: forged=1", "/chats"),
        ("/chats\0", "/chats"),
    ] {
        let mut browser = app.anybody();
        let path = super::address("/login/sso", &[("next", next)]);
        let there = browser.set_out(&path).await;
        let pairs = issuer.agree(&there);
        let pairs = pairs
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        let answer = browser.come_back("sso", &pairs).await;
        assert_eq!(answer.header("location"), followed, "{next}");
        assert_eq!(browser.get("/login/sso").await.header("location"), "/chats");
    }
}

#[tokio::test]
async fn the_address_to_come_back_to_is_the_public_one() {
    let issuer = Issuer::start().await;
    let login = providers(&oidc("sso", &issuer));
    let url = "https://chat.example.org".to_owned();
    let app = super::TestApp::start_with(|config| {
        config.login = login;
        config.public_url = Some(url.try_into().unwrap());
    })
    .await;
    let answer = app.anybody().get("/login/sso").await;
    let there = answer.header("location");
    let back = super::parameter(there, "redirect_uri").unwrap();
    assert_eq!(back, "https://chat.example.org/login/sso/callback");
    let cookie = answer.header("set-cookie");
    for part in [
        "__Host-log-in=",
        "HttpOnly",
        "Secure",
        "SameSite=Lax",
        "Path=/",
        "Max-Age=600",
    ] {
        assert!(cookie.contains(part), "{cookie}");
    }
}

#[tokio::test]
async fn a_secret_goes_into_the_form_where_that_is_wanted() {
    let (app, issuer) = with_issuer().await;
    issuer.set().metadata =
        json!({"token_endpoint_auth_methods_supported": ["client_secret_post"]});
    let answer = app.anybody().log_in_at(&issuer).await;
    assert_eq!(answer.header("location"), "/register/identity");
}
