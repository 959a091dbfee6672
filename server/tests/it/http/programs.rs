//! Programs, which prove themselves by tokens that their users have made.

use protocol::api::access_tokens::Scope;
use protocol::{Event, Millis};
use reqwest::Method;
use serde_json::{Value, json};
use server::accounts::Token;
use server::store::NewSession;

use super::app::{Browser, PASSWORD, PATIENCE, Person, TestApp, say};
use super::pages::token as form_token;

const TOKENS: &str = "/api/v1/me/access_tokens";

async fn made(person: &Person, scope: &str) -> Value {
    let new = json!({"name": "bot", "scope": scope, "days": 30, "current": PASSWORD});
    let answer = person.post(TOKENS, new).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()
}

/// A token that is good for so many milliseconds more.
pub async fn kept(app: &TestApp, person: &Person, left: Millis) -> String {
    let server = app.running().app();
    let now = server.clock.now();
    let token = Token::new(&server.random);
    let session = NewSession {
        token_hash: token.key(),
        user: person.id,
        at: now - 60_000,
        lasts: 60_000 + left,
        most_at: now + left,
        shared: false,
        agent: String::new(),
        address: String::new(),
        scope: Some(Scope::Read),
        name: "kept".to_owned(),
        provider: None,
    };
    server.store.insert_session(&session).await.unwrap();
    token.bearer()
}

async fn program(person: &Person, scope: &str) -> Browser {
    let made = made(person, scope).await;
    person.program(made["token"].as_str().unwrap())
}

#[tokio::test]
async fn a_program_reads_writes_and_listens_in_its_users_name() {
    let app = TestApp::start().await;
    let [ann, bob] = app.friends().await;
    let bot = Person {
        browser: program(&ann, "write").await,
        id: ann.id,
    };
    assert_eq!(bot.get("/api/v1/me").await.json()["user"]["handle"], "ann");
    let mut stream = bot.stream().await;
    stream.sync().await;
    let said = bob.say(bob.with(&ann), "is anybody there?").await;
    assert_eq!(stream.event().await, said);
    // Without an Origin, which no browser could leave out.
    let answered = bot.command(bot.with(&bob), say("yes")).await;
    assert_eq!(answered.status, 201, "{}", answered.text);
    let event: Event = answered.read();
    assert_eq!(event.sender, ann.id);
    assert_eq!(
        bob.texts(bob.with(&ann)).await,
        ["is anybody there?", "yes"]
    );
}

#[tokio::test]
async fn one_that_may_only_read_writes_nothing() {
    let app = TestApp::start().await;
    let [ann, bob] = app.friends().await;
    let reader = Person {
        browser: program(&ann, "read").await,
        id: ann.id,
    };
    assert_eq!(reader.get("/api/v1/conversations").await.status, 200);
    let answer = reader.command(reader.with(&bob), say("no")).await;
    answer.is_problem(403, "forbidden");
    let challenge = "Bearer error=\"insufficient_scope\"";
    assert_eq!(answer.header("www-authenticate"), challenge);
    assert!(bob.texts(bob.with(&ann)).await.is_empty());
}

#[tokio::test]
async fn no_program_may_let_others_in_or_keep_its_user_out() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let bot = program(&ann, "write").await;
    let new = json!({"name": "child", "days": 30, "current": PASSWORD});
    let password = json!({"current": PASSWORD, "password": "another password"});
    for answer in [
        bot.get(TOKENS).await,
        bot.post(TOKENS, new).await,
        bot.get("/api/v1/me/sessions").await,
        bot.delete("/api/v1/me/sessions").await,
        bot.delete("/api/v1/session").await,
        bot.put("/api/v1/me/password", password).await,
        bot.get("/api/v1/me/identities").await,
    ] {
        answer.is_problem(403, "forbidden");
    }
    // Pages are for browsers.
    assert_eq!(bot.get("/chats").await.status, 303);
}

#[tokio::test]
async fn what_is_no_token_lets_nobody_in() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let (_, cookie) = ann.cookies[0].clone();
    let token = made(&ann, "write").await["token"].clone();
    let token = token.as_str().unwrap();
    for wrong in [
        "nonsense",
        "zsp_",
        &cookie,
        &format!("zsp_{cookie}"),
        &token[4..],
        &format!("{token}0"),
        "eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL3gifQ.",
    ] {
        let answer = ann.program(wrong).get("/api/v1/me").await;
        answer.is_problem(401, "unauthenticated");
        let challenge = "Bearer error=\"invalid_token\"";
        assert_eq!(answer.header("www-authenticate"), challenge, "{wrong}");
    }
    // Nor is a token a cookie, and where one is sent, the cookie counts for nothing.
    let mut browser = app.anybody();
    browser.cookies = vec![("session".to_owned(), token[4..].to_owned())];
    let answer = browser.get("/api/v1/me").await;
    answer.is_problem(401, "unauthenticated");
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    let mut both = ann.browser.clone();
    both.token = Some("nonsense".to_owned());
    both.get("/api/v1/me")
        .await
        .is_problem(401, "unauthenticated");
    // The header frees no page's form from the check of where it comes from.
    both.origin = Some("https://elsewhere.example".to_owned());
    let form = [("token", form_token(&ann)), ("signature", "x".to_owned())];
    let answer = both
        .send(both.request(Method::POST, "/settings/profile").form(&form))
        .await;
    answer.is_problem(403, "foreign_origin");
}

#[tokio::test]
async fn a_token_is_listed_without_itself_and_ended() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let first = made(&ann, "read").await;
    let bot = Person {
        browser: ann.program(first["token"].as_str().unwrap()),
        id: ann.id,
    };
    let second = made(&ann, "write").await;
    let listed = ann.get(TOKENS).await;
    assert!(!listed.text.contains("zsp_"), "{}", listed.text);
    let listed = listed.json()["access_tokens"].clone();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert_eq!(listed[0], second["access_token"]);
    // No device is logged in by it.
    let sessions = ann.get("/api/v1/me/sessions").await.json();
    assert_eq!(sessions["sessions"].as_array().unwrap().len(), 1);
    // Nor does it end with the devices.
    assert_eq!(ann.delete("/api/v1/me/sessions").await.status, 204);

    let mut stream = bot.stream().await;
    stream.sync().await;
    let path = format!("{TOKENS}/{}", first["access_token"]["id"].as_str().unwrap());
    let began = tokio::time::Instant::now();
    assert_eq!(ann.delete(&path).await.status, 204);
    while stream.next().await.is_some() {}
    assert!(began.elapsed() < PATIENCE);
    bot.get("/api/v1/me")
        .await
        .is_problem(401, "unauthenticated");
    assert_eq!(ann.delete(&path).await.status, 404);
    let other = app.register("bob").await;
    let path = format!(
        "{TOKENS}/{}",
        second["access_token"]["id"].as_str().unwrap()
    );
    assert_eq!(other.delete(&path).await.status, 404);
}

#[tokio::test]
async fn a_token_ends_when_its_time_is_over() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let token = made(&ann, "read").await["access_token"].clone();
    let lasts = token["expires_at"].as_i64().unwrap() - token["since"].as_i64().unwrap();
    assert_eq!(lasts, 30 * 24 * 60 * 60 * 1_000);
    for (left, status) in [(-1, 401), (60_000, 200)] {
        let token = kept(&app, &ann, left).await;
        assert_eq!(ann.program(&token).get("/api/v1/me").await.status, status);
    }
}

#[tokio::test]
async fn a_token_is_made_only_by_who_knows_the_password() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let made = async |new: Value| ann.post(TOKENS, new).await;
    for (new, field) in [
        (json!({"name": "bot", "days": 30}), "current"),
        (
            json!({"name": "bot", "days": 30, "current": "wrong"}),
            "current",
        ),
        (
            json!({"name": " ", "days": 30, "current": PASSWORD}),
            "name",
        ),
        (
            json!({"name": "a\nb", "days": 30, "current": PASSWORD}),
            "name",
        ),
        (
            json!({"name": "bot", "days": 0, "current": PASSWORD}),
            "days",
        ),
        (
            json!({"name": "bot", "days": 367, "current": PASSWORD}),
            "days",
        ),
    ] {
        let answer = made(new).await;
        answer.is_problem(422, "invalid");
        assert_eq!(answer.json()["fields"][0]["field"], field);
    }
    let answer = made(json!({"name": "bot", "days": 3, "scope": "all", "current": PASSWORD}));
    answer.await.is_problem(400, "malformed");
}

#[tokio::test]
async fn the_page_makes_a_token_and_shows_it_once() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let send = async |path: &str, more: &[(&str, &str)]| {
        let (token, user) = (form_token(&ann), ann.id.to_string());
        let mut fields = vec![("token", &*token), ("user", &*user)];
        fields.extend(more);
        ann.submit(path, &fields).await
    };
    let asked = |password| {
        [
            ("name", "on call <b>"),
            ("scope", "write"),
            ("days", "90"),
            ("current", password),
        ]
    };
    let path = "/security/access-tokens/make";
    let refused = send(path, &asked("wrong")).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.text.contains("value=\"on call &lt;b&gt;\""),
        "{}",
        refused.text
    );
    let page = send(path, &asked(PASSWORD)).await;
    assert_eq!(page.status, 200);
    let (_, rest) = page.text.split_once("<code>zsp_").unwrap();
    let bot = ann.program(&format!("zsp_{}", &rest[..64]));
    assert_eq!(bot.get("/api/v1/me").await.status, 200);
    let page = ann.get("/security").await;
    assert!(page.text.contains("on call &lt;b&gt;"), "{}", page.text);
    assert!(!page.text.contains("zsp_"));
    let id = ann.get(TOKENS).await.json()["access_tokens"][0]["id"].clone();
    let which = [("access_token", id.as_str().unwrap())];
    let ended = send("/security/access-tokens/end", &which).await;
    assert_eq!(ended.status, 303);
    bot.get("/api/v1/me")
        .await
        .is_problem(401, "unauthenticated");
}
