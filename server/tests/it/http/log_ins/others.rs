//! The providers that are not OpenID's, as their documentation describes them.

use serde_json::{Value, json};

use super::super::app::{Browser, TestApp};
use super::canned::Canned;
use super::{SECRET, address, is_refused, parameter, providers};

/// A server that knows one provider of that kind, at a server of the tests.
async fn with(kind: &str) -> (TestApp, Canned) {
    let there = Canned::start().await;
    let base = &there.base;
    let openid = if kind == "qq" {
        format!("openid_url = \"{base}/me\"\n")
    } else {
        String::new()
    };
    let login = providers(&format!(
        "[[providers]]\nname = \"it\"\nkind = \"{kind}\"\nclient_id = \"me\"\n\
         client_secret = \"{SECRET}\"\nauthorize_url = \"{base}/authorize\"\n\
         token_url = \"{base}/token\"\nuser_url = \"{base}/user\"\n{openid}"
    ));
    let app = TestApp::start_with(|config| config.login = login).await;
    (app, there)
}

/// Goes there and comes back with a code; the address there, and where it led.
async fn visit(browser: &mut Browser) -> (String, super::Answer) {
    let there = browser.set_out("/login/it").await;
    let state = parameter(&there, "state").unwrap();
    let answer = browser
        .come_back("it", &[("code", "a code"), ("state", &state)])
        .await;
    (there, answer)
}

/// Fails unless a visit with these answers comes to nothing.
async fn fails(app: &TestApp, there: &Canned, answers: &[(&str, u16, Value)]) {
    for (path, status, body) in answers {
        there.answers(path, *status, body);
    }
    let (_, answer) = visit(&mut app.anybody()).await;
    is_refused(&answer, "provider_unavailable");
}

/// Fails unless somebody gets in twice, as the same.
async fn works(app: &TestApp, handle: &str) -> String {
    let mut browser = app.anybody();
    let (address, answer) = visit(&mut browser).await;
    assert_eq!(answer.header("location"), "/register/identity");
    let page = browser.get("/register/identity").await;
    assert_eq!(super::field(&page.text, "handle"), handle);
    assert_eq!(browser.join("newcomer").await.status, 303);
    let (_, again) = visit(&mut app.anybody()).await;
    assert_eq!(again.header("location"), "/chats");
    address
}

fn callback(app: &TestApp) -> String {
    format!("{}/login/it/callback", app.base)
}

#[tokio::test]
async fn github_lets_in() {
    let (app, there) = with("github").await;
    let token = json!({"access_token": "gho_x", "scope": "", "token_type": "bearer"});
    there.answers("/token", 200, &token);
    let user = json!({"login": "octo-cat", "id": 583_231, "name": null, "email": null});
    there.answers("/user", 200, &user);
    let to = works(&app, "octo_cat").await;
    assert_eq!(parameter(&to, "client_id").unwrap(), "me");
    assert_eq!(parameter(&to, "redirect_uri").unwrap(), callback(&app));
    assert_eq!(parameter(&to, "scope").unwrap(), "");
    assert_eq!(parameter(&to, "code_challenge_method").unwrap(), "S256");
    let asked = there.asked();
    let verifier = asked[0].parameters["code_verifier"].clone();
    asked[0].is(
        "POST",
        "/token",
        &[
            ("client_id", "me"),
            ("client_secret", SECRET),
            ("code", "a code"),
            ("redirect_uri", &callback(&app)),
            ("code_verifier", &verifier),
        ],
    );
    assert_eq!(asked[0].headers["accept"], "application/json");
    asked[1].is("GET", "/user", &[]);
    assert_eq!(asked[1].headers["authorization"], "Bearer gho_x");
    assert_eq!(asked[1].headers["accept"], "application/vnd.github+json");
    assert!(asked[1].headers["user-agent"].starts_with("zspchat/"));
}

#[tokio::test]
async fn what_a_name_elsewhere_would_do_to_a_line_is_left_out() {
    let (app, there) = with("github").await;
    let token = json!({"access_token": "gho_x", "scope": "", "token_type": "bearer"});
    there.answers("/token", 200, &token);
    let name = "O\u{2069}c\u{202e}t\no\0<img src=x>";
    let user = json!({"login": "octo-cat", "id": 583_231, "name": name, "email": null});
    there.answers("/user", 200, &user);
    let mut browser = app.anybody();
    visit(&mut browser).await;
    let page = browser.get("/register/identity").await;
    assert_eq!(super::field(&page.text, "name"), "Octo&lt;img src=x&gt;");
}

#[tokio::test]
async fn github_says_no_with_status_200() {
    let (app, there) = with("github").await;
    let refused = json!({
        "error": "bad_verification_code",
        "error_description": "The code passed is incorrect or expired.",
        "error_uri": "/apps/managing-oauth-apps/",
    });
    fails(&app, &there, &[("/token", 200, refused)]).await;
    let token = json!({"access_token": "gho_x", "token_type": "bearer"});
    let bad = json!({"message": "Bad credentials", "status": "401"});
    fails(
        &app,
        &there,
        &[("/token", 200, token.clone()), ("/user", 401, bad)],
    )
    .await;
    fails(&app, &there, &[("/user", 200, json!({"login": "nobody"}))]).await;
    fails(&app, &there, &[("/user", 200, json!("nonsense"))]).await;

    // Nobody is led on by it.
    let elsewhere = Canned::start().await;
    let location = json!(format!("{}/user", elsewhere.base));
    fails(&app, &there, &[("/user", 302, location)]).await;
    assert!(elsewhere.asked().is_empty());

    let mut browser = app.anybody();
    let there = browser.set_out("/login/it").await;
    let state = parameter(&there, "state").unwrap();
    let declined = [
        ("error", "access_denied"),
        (
            "error_description",
            "The user has denied your application access.",
        ),
        ("state", &state),
    ];
    is_refused(
        &browser.come_back("it", &declined).await,
        "provider_refused",
    );
}

#[tokio::test]
async fn gitee_lets_in() {
    let (app, there) = with("gitee").await;
    let token = json!({
        "access_token": "a token",
        "token_type": "bearer",
        "expires_in": 86_400,
        "refresh_token": "r",
        "scope": "user_info",
        "created_at": 1_795_437_591,
    });
    there.answers("/token", 200, &token);
    there.answers(
        "/user",
        200,
        &json!({"id": 12_345, "login": "lin", "name": "小林"}),
    );
    let to = works(&app, "lin").await;
    assert_eq!(parameter(&to, "response_type").unwrap(), "code");
    assert_eq!(parameter(&to, "scope").unwrap(), "user_info");
    assert_eq!(parameter(&to, "redirect_uri").unwrap(), callback(&app));
    let asked = there.asked();
    asked[0].is(
        "POST",
        "/token",
        &[
            ("grant_type", "authorization_code"),
            ("code", "a code"),
            ("client_id", "me"),
            ("redirect_uri", &callback(&app)),
            ("client_secret", SECRET),
        ],
    );
    asked[1].is("GET", "/user", &[("access_token", "a token")]);
}

#[tokio::test]
async fn gitee_says_no_by_status_and_body() {
    let (app, there) = with("gitee").await;
    let refused = json!({"error": "invalid_grant", "error_description": "授权方式无效"});
    fails(&app, &there, &[("/token", 401, refused)]).await;
    let token = json!({"access_token": "a token", "token_type": "bearer"});
    let bad = json!({"message": "401 Unauthorized: Access token is expired"});
    fails(&app, &there, &[("/token", 200, token), ("/user", 401, bad)]).await;
}

#[tokio::test]
async fn qq_lets_in() {
    let (app, there) = with("qq").await;
    let token = json!({"access_token": "a token", "expires_in": "7776000", "refresh_token": "r"});
    there.answers("/token", 200, &token);
    there.answers("/me", 200, &json!({"client_id": "me", "openid": "OPENID"}));
    let user = json!({"ret": 0, "msg": "", "nickname": "Peter", "gender": "男"});
    there.answers("/user", 200, &user);
    let to = works(&app, "peter").await;
    assert_eq!(parameter(&to, "response_type").unwrap(), "code");
    assert_eq!(parameter(&to, "client_id").unwrap(), "me");
    assert_eq!(parameter(&to, "scope").unwrap(), "get_user_info");
    let asked = there.asked();
    asked[0].is(
        "GET",
        "/token",
        &[
            ("grant_type", "authorization_code"),
            ("client_id", "me"),
            ("client_secret", SECRET),
            ("code", "a code"),
            ("redirect_uri", &callback(&app)),
            ("fmt", "json"),
        ],
    );
    asked[1].is(
        "GET",
        "/me",
        &[("access_token", "a token"), ("fmt", "json")],
    );
    asked[2].is(
        "GET",
        "/user",
        &[
            ("access_token", "a token"),
            ("oauth_consumer_key", "me"),
            ("openid", "OPENID"),
        ],
    );
}

#[tokio::test]
async fn qq_says_no_with_status_200() {
    let (app, there) = with("qq").await;
    let error = |code: u32| json!({"error": code, "error_description": "no"});
    fails(&app, &there, &[("/token", 200, error(100_019))]).await;
    let token = json!({"access_token": "a token", "expires_in": "7776000"});
    fails(
        &app,
        &there,
        &[("/token", 200, token), ("/me", 200, error(100_016))],
    )
    .await;
    let me = json!({"client_id": "me", "openid": "OPENID"});
    let user = json!({"ret": 1_002, "msg": "请先登录"});
    fails(&app, &there, &[("/me", 200, me), ("/user", 200, user)]).await;

    there.answers(
        "/user",
        200,
        &json!({"ret": 0, "msg": "", "nickname": "Peter"}),
    );
    there.answers(
        "/me",
        200,
        &json!({"client_id": "another site", "openid": "OPENID"}),
    );
    let (_, answer) = visit(&mut app.anybody()).await;
    is_refused(&answer, "provider_distrusted");
}

#[tokio::test]
async fn wechat_lets_in() {
    let (app, there) = with("wechat").await;
    let token = json!({
        "access_token": "a token",
        "expires_in": 7_200,
        "refresh_token": "r",
        "openid": "OPENID",
        "scope": "snsapi_login",
        "unionid": "UNIONID",
    });
    there.answers("/token", 200, &token);
    let user = json!({"openid": "OPENID", "nickname": "微信用户", "sex": 0, "unionid": "UNIONID"});
    there.answers("/user", 200, &user);
    let to = works(&app, "").await;
    let base = &there.base;
    let callback = callback(&app);
    let state = parameter(&to, "state").unwrap();
    let expected = address(
        &format!("{base}/authorize"),
        &[
            ("appid", "me"),
            ("redirect_uri", &callback),
            ("response_type", "code"),
            ("scope", "snsapi_login"),
            ("state", &state),
        ],
    );
    assert_eq!(to, format!("{expected}#wechat_redirect"));
    let asked = there.asked();
    asked[0].is(
        "GET",
        "/token",
        &[
            ("appid", "me"),
            ("secret", SECRET),
            ("code", "a code"),
            ("grant_type", "authorization_code"),
        ],
    );
    asked[1].is(
        "GET",
        "/user",
        &[("access_token", "a token"), ("openid", "OPENID")],
    );

    // The same person at another site of the same owner.
    let mut other = token.clone();
    other["openid"] = json!("ANOTHER");
    there.answers("/token", 200, &other);
    let (_, answer) = visit(&mut app.anybody()).await;
    assert_eq!(answer.header("location"), "/chats");
}

#[tokio::test]
async fn wechat_says_no_with_status_200_and_by_leaving_out_the_code() {
    let (app, there) = with("wechat").await;
    let invalid = json!({"errcode": 40_029, "errmsg": "invalid code"});
    fails(&app, &there, &[("/token", 200, invalid)]).await;
    let token = json!({"access_token": "a token", "openid": "OPENID", "scope": "snsapi_login"});
    let invalid = json!({"errcode": 40_003, "errmsg": "invalid openid"});
    fails(
        &app,
        &there,
        &[("/token", 200, token), ("/user", 200, invalid)],
    )
    .await;

    let mut browser = app.anybody();
    let there = browser.set_out("/login/it").await;
    let state = parameter(&there, "state").unwrap();
    let answer = browser.come_back("it", &[("state", &state)]).await;
    is_refused(&answer, "provider_refused");
}

#[tokio::test]
async fn what_a_code_is_for_is_known_to_its_browser_alone() {
    let (app, there) = with("github").await;
    there.answers("/token", 200, &json!({"error": "bad_verification_code"}));
    for _ in 0..2 {
        visit(&mut app.anybody()).await;
    }
    let asked = there.asked();
    let verifiers = asked.iter().map(|it| &it.parameters["code_verifier"]);
    let verifiers: Vec<&String> = verifiers.collect();
    assert_ne!(verifiers[0], verifiers[1]);
    assert!(verifiers.iter().all(|it| it.len() >= 43));
}
