//! Everything that must work without script.

use super::app::{Browser, PASSWORD, Person, TestApp, fresh_id};

/// The page's first tag that holds such an attribute.
fn tag<'a>(page: &'a str, attribute: &str) -> &'a str {
    let at = page
        .find(attribute)
        .unwrap_or_else(|| panic!("no {attribute} in {page}"));
    let start = page[..at].rfind('<').unwrap();
    let end = at + page[at..].find('>').unwrap();
    &page[start..end]
}

/// The value of the page's first field of that name.
pub fn field(page: &str, name: &str) -> String {
    let tag = tag(page, &format!("name=\"{name}\""));
    let value = tag.split("value=\"").nth(1).unwrap_or_default();
    value.split('"').next().unwrap().to_owned()
}

/// What the page's forms repeat: a browser would find it in hidden fields.
pub fn token(person: &Person) -> String {
    let (_, session) = &person.cookies[0];
    server::accounts::Token::from_cookie(session)
        .unwrap()
        .form_token()
}

async fn at_the_door(app: &TestApp, path: &str) -> (Browser, String) {
    let mut browser = app.anybody();
    let page = browser.get(path).await;
    assert_eq!(page.status, 200);
    browser.keep(&page);
    let token = field(&page.text, "token");
    (browser, token)
}

#[tokio::test]
async fn one_registers_and_logs_in_by_forms() {
    let app = TestApp::start().await;
    let (mut browser, token) = at_the_door(&app, "/register").await;
    let short = [
        ("token", &*token),
        ("handle", "ann"),
        ("name", "Ann & <b>"),
        ("password", "short"),
    ];
    let refused = browser.submit("/register", &short).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.text.contains("Ann &amp; &lt;b&gt;"),
        "what was typed is kept, and escaped"
    );
    assert!(
        !refused.text.contains("value=\"short\""),
        "a password is not"
    );
    let right = [
        ("token", &*token),
        ("handle", "ann"),
        ("name", ""),
        ("password", PASSWORD),
    ];
    let done = browser.submit("/register", &right).await;
    assert_eq!((done.status, done.header("location")), (303, "/chats"));
    browser.keep(&done);
    assert_eq!(browser.get("/chats").await.status, 200);
    assert_eq!(browser.get("/login").await.header("location"), "/chats");

    let (mut browser, token) = at_the_door(&app, "/login").await;
    let wrong = [
        ("token", &*token),
        ("handle", "ann"),
        ("password", "a wrong one"),
    ];
    let refused = browser.submit("/login", &wrong).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("value=\"ann\""));
    let right = [
        ("token", &*token),
        ("handle", "ann"),
        ("password", PASSWORD),
    ];
    let done = browser.submit("/login", &right).await;
    assert_eq!((done.status, done.header("location")), (303, "/chats"));
    browser.keep(&done);
    assert_eq!(browser.get("/settings").await.status, 200);
}

#[tokio::test]
async fn a_form_needs_the_token_of_its_own_browser() {
    let app = TestApp::start().await;
    let (browser, _) = at_the_door(&app, "/login").await;
    let (_, others) = at_the_door(&app, "/login").await;
    app.register("ann").await;
    for token in ["", "nonsense", &*others] {
        let form = [("token", token), ("handle", "ann"), ("password", PASSWORD)];
        assert_eq!(browser.submit("/login", &form).await.status, 403);
    }
    let [carl, dora] = [app.register("carl").await, app.register("dora").await];
    let id = carl.id.to_string();
    let foreign = [
        ("token", &*token(&dora)),
        ("user", &*id),
        ("name", "x"),
        ("signature", ""),
    ];
    assert_eq!(carl.submit("/settings/profile", &foreign).await.status, 403);
    let other = dora.id.to_string();
    let meant = [
        ("token", &*token(&carl)),
        ("user", &*other),
        ("name", "x"),
        ("signature", ""),
    ];
    assert_eq!(carl.submit("/settings/profile", &meant).await.status, 409);
    assert_eq!(carl.get("/api/v1/me").await.json()["user"]["name"], "carl");
}

#[tokio::test]
async fn one_writes_by_a_form_and_a_double_click_writes_once() {
    let app = TestApp::start().await;
    let [ann, bob] = app.friends().await;
    let conversation = ann.with(&bob);
    let page = ann.get(&format!("/chats/{conversation}")).await;
    assert_eq!(page.status, 200);
    let (token, id, client_id) = (token(&ann), ann.id.to_string(), fresh_id().to_string());
    let send = format!("/chats/{conversation}/send");
    let form = |text| {
        [
            ("token", token.clone()),
            ("user", id.clone()),
            ("client_id", client_id.clone()),
            ("text", text),
            ("reply_to", String::new()),
        ]
    };
    let submit = async |text: &str| {
        let fields = form(text.to_owned());
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (*name, &**value))
            .collect();
        ann.submit(&send, &fields).await
    };
    let empty = submit("").await;
    assert_eq!(empty.status, 422);
    for _ in 0..2 {
        let sent = submit("line one\r\nline <b>two</b>").await;
        assert_eq!(sent.status, 303, "{}", sent.text);
        assert_eq!(sent.header("location"), format!("/chats/{conversation}"));
    }
    assert_eq!(bob.texts(conversation).await, ["line one\nline <b>two</b>"]);
    let page = bob.get(&format!("/chats/{conversation}")).await.text;
    assert!(!page.contains("<b>two</b>"), "text is shown as text");
    let long = "長".repeat(5_001);
    let refused = submit(&long).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains(&long), "what was typed is kept");
    // A reload of the refused form's address leads to its page.
    let reloaded = ann.get(&send).await;
    assert_eq!(
        reloaded.header("location"),
        format!("/chats/{conversation}")
    );
}

#[tokio::test]
async fn one_asks_accepts_and_makes_a_group_by_forms() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let bob = app.register("bob").await;
    let [anns, bobs] = [token(&ann), token(&bob)];
    let [ann_id, bob_id] = [ann.id.to_string(), bob.id.to_string()];
    let found = ann.get("/contacts/add?find=bob").await;
    assert_eq!(found.status, 200);
    assert!(found.text.contains(&bob_id));
    let ask = [
        ("token", &*anns),
        ("user", &*ann_id),
        ("contact", &*bob_id),
        ("note", "hi"),
    ];
    assert_eq!(ann.submit("/contacts/add", &ask).await.status, 303);
    let requests = bob.get("/api/v1/contact_requests").await.json();
    let request = requests["requests"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(bob.get("/contacts/requests").await.status, 200);
    let own = [("token", &*bobs), ("user", &*bob_id)];
    let accept = format!("/contacts/requests/{request}/accept");
    assert_eq!(bob.submit(&accept, &own).await.status, 303);

    let group = fresh_id().to_string();
    let nobody = [
        ("token", &*anns),
        ("user", &*ann_id),
        ("client_id", &*group),
        ("name", "walks & talks"),
    ];
    let refused = ann.submit("/chats/new", &nobody).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("walks &amp; talks"));
    assert!(refused.text.contains("new-group-members-fault"));
    let members = [&nobody[..], &[("members", &*bob_id)]].concat();
    let long = "x".repeat(33);
    let named = [&members[..3], &[("name", &*long)], &members[4..]].concat();
    let refused = ann.submit("/chats/new", &named).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains(&long));
    assert!(refused.text.contains("new-group-name-fault"));
    let box_of_bob = tag(&refused.text, &format!("value=\"{bob_id}\""));
    assert!(box_of_bob.contains("checked"), "what was ticked is kept");
    let made = ann.submit("/chats/new", &members).await;
    assert_eq!(made.header("location"), format!("/chats/{group}"));
    assert_eq!(
        bob.get(&format!("/chats/{group}/details")).await.status,
        200
    );

    let path = format!("/chats/{group}/leave");
    let owners = [
        ("client_id", &*fresh_id().to_string()),
        nobody[0],
        nobody[1],
    ]
    .map(|(name, value)| (name, value.to_owned()));
    let owners: Vec<(&str, &str)> = owners
        .iter()
        .map(|(name, value)| (*name, &**value))
        .collect();
    let refused = ann.submit(&path, &owners).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("群主要先转让群聊才能退出。"));
    let reloaded = ann.get(&path).await;
    assert_eq!(
        reloaded.header("location"),
        format!("/chats/{group}/details")
    );

    let leave = [
        ("token", &*bobs),
        ("user", &*bob_id),
        ("client_id", &*fresh_id().to_string()),
    ]
    .map(|(name, value)| (name, value.to_owned()));
    let leave: Vec<(&str, &str)> = leave
        .iter()
        .map(|(name, value)| (*name, &**value))
        .collect();
    let left = bob.submit(&path, &leave).await;
    assert_eq!(left.header("location"), "/chats");
    let out = bob.submit("/logout", &own).await;
    assert_eq!(out.header("location"), "/login");
    assert_eq!(bob.get("/chats").await.header("location"), "/login");
}

#[tokio::test]
async fn language_and_theme_are_kept_in_cookies() {
    let app = TestApp::start().await;
    let (mut browser, token) = at_the_door(&app, "/login").await;
    let form = [("token", &*token), ("language", "en"), ("theme", "dark")];
    let done = browser.submit("/settings/display", &form).await;
    assert_eq!(done.status, 303);
    browser.keep(&done);
    let page = browser.get("/login").await.text;
    assert!(page.contains("lang=\"en\""));
    assert!(page.contains("data-theme=\"dark\""));
    let nonsense = [("token", &*token), ("language", "xx"), ("theme", "dark")];
    assert_eq!(
        browser.submit("/settings/display", &nonsense).await.status,
        422
    );
}

#[tokio::test]
async fn strange_names_and_notes_are_shown_as_text() {
    let app = TestApp::start().await;
    let [ann, bob] = app.friends().await;
    let strange = "</script><img src=x onerror=alert(1)>";
    let name = "<img src=x onerror=alert(1)>";
    ann.patch(
        "/api/v1/me",
        serde_json::json!({"name": name, "signature": strange}),
    )
    .await;
    ann.say(ann.with(&bob), strange).await;
    ann.patch(
        &format!("/api/v1/contacts/{}", bob.id),
        serde_json::json!({"remark": name}),
    )
    .await;
    for path in [
        "/chats",
        "/chats/new",
        "/contacts",
        "/contacts/groups",
        "/contacts/requests",
        "/settings",
    ] {
        for person in [&ann, &bob] {
            let page = person.get(path).await;
            assert_eq!(page.status, 200);
            assert!(!page.text.contains("<img src=x"), "{path}");
        }
    }
    let chat = format!("/chats/{}", ann.with(&bob));
    for path in [&chat, &format!("{chat}/details")] {
        let page = bob.get(path).await;
        assert_eq!(page.status, 200);
        assert!(!page.text.contains("<img src=x"));
    }
    let found = bob.get("/contacts/add?find=%3Cimg%20src=x%3E").await.text;
    assert!(!found.contains("<img src=x"));
}

#[tokio::test]
async fn an_address_that_does_not_exist_says_so() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    for path in ["/nothing/here", "/chats/nonsense", "/contacts/nonsense"] {
        for page in [ann.get(path).await, app.anybody().get(path).await] {
            assert_eq!(page.status, 404);
            assert!(page.text.contains("没有这个页面"), "{path}");
        }
    }
    assert_eq!(
        ann.get(&format!("/contacts/{}", fresh_id())).await.status,
        404
    );
    ann.get("/api/v1/nothing")
        .await
        .is_problem(404, "not_found");
    ann.delete("/api/v1/me")
        .await
        .is_problem(405, "method_not_allowed");
}

#[tokio::test]
async fn devices_and_the_password_are_looked_after_by_forms() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let mut phone = ann.clone();
    let log_in = serde_json::json!({"handle": "ann", "password": PASSWORD});
    let answer = app.anybody().post("/api/v1/session", log_in).await;
    phone.browser.cookies.clear();
    phone.browser.keep(&answer);

    let outside = app.anybody().get("/security").await;
    assert_eq!(outside.header("location"), "/login");
    let page = ann.get("/security").await;
    assert_eq!(page.status, 200);
    assert!(!page.text.contains("<script"), "{}", page.text);
    assert!(
        !page
            .header("content-security-policy")
            .contains("script-src")
    );
    let id = ann.id.to_string();
    let own = [("token", token(&ann)), ("user", id)];
    let own: Vec<(&str, &str)> = own.iter().map(|(name, value)| (*name, &**value)).collect();
    let with = |fields: &[(&'static str, &'static str)]| [&own[..], fields].concat();

    let wrong = with(&[("current", "a guess"), ("password", "another password")]);
    let refused = ann.submit("/security/password", &wrong).await;
    assert_eq!(refused.status, 422);
    assert!(tag(&refused.text, "name=\"current\"").contains("aria-invalid"));
    assert!(
        !refused.text.contains("a guess"),
        "what was typed there is not shown"
    );
    let forged = ann.submit("/security/password", &wrong[1..]).await;
    assert_eq!(forged.status, 403);

    let session = field(&page.text, "session");
    let end = [&own[..], &[("session", &*session)]].concat();
    let ended = ann.submit("/security/sessions/end", &end).await;
    assert_eq!(
        (ended.status, ended.header("location")),
        (303, "/security?done=device")
    );
    assert!(
        ann.get("/security?done=device")
            .await
            .text
            .contains("role=\"status\"")
    );
    phone
        .get("/api/v1/me")
        .await
        .is_problem(401, "session_ended");
    assert_eq!(ann.submit("/security/sessions/end", &end).await.status, 404);

    let others = ann.submit("/security/sessions/end-others", &own).await;
    assert_eq!(others.header("location"), "/security?done=others");
    let right = with(&[("current", PASSWORD), ("password", "another password")]);
    let changed = ann.submit("/security/password", &right).await;
    assert_eq!(changed.header("location"), "/security?done=password");
    assert_eq!(ann.get("/api/v1/me").await.status, 200);
}
