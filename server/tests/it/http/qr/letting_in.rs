//! A device that is let in, and how.

use reqwest::Method;
use server::clock::Clock;

use super::super::app::{PASSWORD, Person, TestApp};
use super::super::pages::field;
use super::super::second_factor::turned_on;
use super::{Device, OVER, confirm, is_logged_in, leads_to, scan, sessions, submit};

#[tokio::test]
async fn a_device_that_is_logged_in_lets_another_one_in() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let door = app.anybody().get("/login").await;
    assert!(
        door.text.contains("formaction=\"/login/qr\""),
        "{}",
        door.text
    );

    let mut device = Device::of(app.anybody()).await;
    assert!(device.page.contains("<svg"));
    // The same browser shows the same code, and says of nobody that they wait.
    assert_eq!(Device::of(device.browser.clone()).await.code, device.code);
    let asked = scan(&ann, &device.code).await;
    assert_eq!(asked.status, 200, "{}", asked.text);
    assert!(asked.text.contains("127.0.0.1"));
    assert!(asked.text.contains("与你现在的网络地址相同"));
    assert_eq!(field(&asked.text, "code"), device.code);
    assert!(
        !asked.text.contains(&device.number),
        "whoever has the code alone does not learn the number"
    );
    // To look at it confirms nothing.
    assert!(!is_logged_in(&device.browser).await);

    // It may be typed as people do.
    let typed = device.code.to_lowercase().replace('-', " ");
    let confirmed = confirm(&ann, &typed, &device.number).await;
    leads_to(&confirmed, "/security?done=let-in");
    let page = ann.get("/security?done=let-in").await;
    assert!(page.text.contains("新设备几秒内就会登录。"));

    let secret = device.browser.cookies.clone();
    let done = device.asks().await;
    leads_to(&done, "/chats");
    let me = device.browser.get("/api/v1/me").await.json();
    assert_eq!(me["user"]["handle"], "ann");
    let has = |name: &str| device.browser.cookies.iter().any(|(it, _)| it == name);
    assert!(has("session") && !has("qr"));
    let listed = sessions(&ann).await;
    assert_eq!(listed.len(), 2);
    assert!(listed.iter().all(|session| session["shared"] == false));

    // Nobody is let in twice.
    let mut again = app.anybody();
    again.cookies = secret;
    device.browser = again;
    device.is_over(OVER).await;
    let again = confirm(&ann, &device.code, &device.number).await;
    assert_eq!(again.status, 410);
    assert!(again.text.contains("这个代码现在不能用"), "{}", again.text);
    assert_eq!(scan(&ann, &device.code).await.status, 410);
    assert_eq!(sessions(&ann).await.len(), 2);
}

#[tokio::test]
async fn whoever_waits_is_answered_once_somebody_confirms() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let mut device = Device::of(app.anybody()).await;
    let (code, number) = (device.code.clone(), device.number.clone());
    let (done, confirmed) = tokio::join!(device.asks(), confirm(&ann, &code, &number));
    leads_to(&confirmed, "/security?done=let-in");
    leads_to(&done, "/chats");
}

#[tokio::test]
async fn who_is_not_logged_in_does_that_first_and_comes_back() {
    let app = TestApp::start().await;
    app.register("ann").await;
    let device = Device::of(app.anybody()).await;
    let mut phone = app.anybody();
    let led = scan(&phone, &device.code).await;
    leads_to(&led, "/login");
    phone.keep(&led);
    let page = phone.get("/login").await;
    phone.keep(&page);
    let token = field(&page.text, "token");
    let form = [
        ("token", &*token),
        ("handle", "ann"),
        ("password", PASSWORD),
    ];
    let done = phone.submit("/login", &form).await;
    leads_to(&done, &format!("/security/qr?code={}", device.code));
    phone.keep(&done);
    assert_eq!(scan(&phone, &device.code).await.status, 200);
    assert!(!phone.cookies.iter().any(|(name, _)| name == "next"));
    // What cannot be a code is not kept, and no other site is gone on to.
    let led = scan(&app.anybody(), "//evil.org").await;
    leads_to(&led, "/login");
    assert!(!led.headers.contains_key("set-cookie"));
    let mut phone = app.anybody();
    phone.keep(&page);
    let next = ("next".to_owned(), "//evil.org".to_owned());
    phone.cookies.push(next);
    leads_to(&phone.submit("/login", &form).await, "/chats");
}

#[tokio::test]
async fn another_network_is_shown_and_must_be_meant() {
    let app = TestApp::start_with(|config| {
        config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    })
    .await;
    let ann = app.register("ann").await;
    let mut browser = app.anybody();
    let from = browser
        .request(Method::GET, "/login/qr")
        .header("x-forwarded-for", "203.0.113.7")
        .header("user-agent", "Mozilla/5.0 (Windows NT 10.0) Firefox/128.0");
    let page = browser.send(from).await;
    browser.keep(&page);
    let mut device = Device::of(browser).await;
    let asked = scan(&ann, &device.code).await;
    for shown in ["203.0.113.7", "Firefox · Windows", "与你现在的网络地址不同"] {
        assert!(asked.text.contains(shown), "{}", asked.text);
    }
    let unaware = confirm(&ann, &device.code, &device.number).await;
    assert_eq!(unaware.status, 422);
    assert!(unaware.text.contains("name=\"elsewhere\""));
    let fields = [
        ("code", &*device.code),
        ("number", &*device.number),
        ("elsewhere", "yes"),
    ];
    let meant = submit(&ann, "/security/qr", &fields).await;
    leads_to(&meant, "/security?done=let-in");
    leads_to(&device.asks().await, "/chats");
}

#[tokio::test]
async fn a_shared_computer_stays_one() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let device = Device::of(app.anybody()).await;
    let token = field(&device.page, "token");
    let form = [("token", &*token), ("shared", "yes")];
    let mut browser = device.browser;
    let another = browser.submit("/login/qr", &form).await;
    leads_to(&another, "/login/qr");
    browser.keep(&another);
    // The code of before is of no use.
    assert_eq!(scan(&ann, &device.code).await.status, 410);
    let mut device = Device::of(browser).await;
    // So is the next code, when this one is over.
    submit(&ann, "/security/qr/refuse", &[("code", &device.code)]).await;
    let over = device.asks().await;
    assert_eq!(field(&over.text, "shared"), "yes");
    let another = device.browser.submit("/login/qr", &form).await;
    device.browser.keep(&another);
    let mut device = Device::of(device.browser).await;
    let asked = scan(&ann, &device.code).await;
    assert!(asked.text.contains("公用电脑"), "{}", asked.text);
    confirm(&ann, &device.code, &device.number).await;
    let done = device.asks().await;
    leads_to(&done, "/chats");
    let cookies = done.headers.get_all("set-cookie").iter();
    let cookies: Vec<&str> = cookies.map(|cookie| cookie.to_str().unwrap()).collect();
    for name in ["session=", "shared=yes"] {
        let cookie = cookies.iter().find(|cookie| cookie.starts_with(name));
        assert!(!cookie.unwrap().contains("Max-Age"), "{cookies:?}");
    }
    let listed = sessions(&device.browser).await;
    assert_eq!(listed[0]["current"], true);
    assert_eq!(listed[0]["shared"], true);
}

#[tokio::test]
async fn the_second_step_is_that_of_the_device_that_confirms() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    turned_on(&ann, Clock::system()).await;
    let mut device = Device::of(app.anybody()).await;
    confirm(&ann, &device.code, &device.number).await;
    leads_to(&device.asks().await, "/chats");
    assert!(is_logged_in(&device.browser).await);
}

#[tokio::test]
async fn who_logs_the_others_out_lets_nobody_in_who_has_yet_to_notice() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let mut device = Device::of(app.anybody()).await;
    confirm(&ann, &device.code, &device.number).await;
    let ended = submit(&ann, "/security/sessions/end-others", &[]).await;
    leads_to(&ended, "/security?done=others");
    device.is_over(OVER).await;

    // Neither does a session let anybody in that was ended meanwhile: the device looks as if it waited.
    let mut browser = app.anybody();
    let body = serde_json::json!({"handle": "ann", "password": PASSWORD});
    let answer = browser.post("/api/v1/session", body).await;
    browser.keep(&answer);
    let lost = Person {
        browser,
        id: ann.id,
    };
    let mut device = Device::of(device.browser).await;
    leads_to(
        &confirm(&lost, &device.code, &device.number).await,
        "/security?done=let-in",
    );
    let listed = sessions(&ann).await;
    let path = format!("/api/v1/me/sessions/{}", listed[1]["id"].as_str().unwrap());
    assert_eq!(ann.delete(&path).await.status, 204);
    device.is_over(OVER).await;
}
