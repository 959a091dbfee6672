//! Logging in by a QR code, which a device that is logged in confirms.

use reqwest::Method;
use serde_json::Value;
use server::accounts::Token;
use server::clock::Clock;
use server::store::{MostQrLogIns, NewQrLogIn};

use super::app::{Answer, Browser, PASSWORD, Person, TestApp};
use super::pages::{field, token};
use super::second_factor::turned_on;

const MINUTE: i64 = 60 * 1_000;

/// A device that shows a code.
pub struct Device {
    pub browser: Browser,
    /// What its QR code leads to, and is typed where that cannot be scanned.
    pub code: String,
    pub number: String,
    page: String,
}

impl Device {
    pub async fn of(mut browser: Browser) -> Self {
        let page = browser.get("/login/qr").await;
        assert_eq!(page.status, 200, "{}", page.text);
        assert_eq!(page.header("refresh"), "1;url=/login/qr/wait");
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
        let answer = self.browser.get("/login/qr/wait").await;
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

/// Another number of four digits.
fn other_than(number: &str) -> String {
    let number: u32 = number.parse().unwrap();
    format!("{:04}", (number + 1) % 10_000)
}

async fn sessions(person: &Browser) -> Vec<Value> {
    let answer = person.get("/api/v1/me/sessions").await.json();
    answer["sessions"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_device_that_is_logged_in_lets_another_one_in() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let door = app.anybody().get("/login").await;
    assert!(door.text.contains("href=\"/login/qr\""), "{}", door.text);

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
async fn a_code_is_over_after_two_minutes() {
    let clock = Clock::manual(Clock::system().now());
    let app = TestApp::start_by(&clock).await;
    let ann = app.register("ann").await;
    let mut late = Device::of(app.anybody()).await;
    let mut unnoticed = Device::of(app.anybody()).await;
    clock.advance(2 * MINUTE - 1);
    assert_eq!(scan(&ann, &late.code).await.status, 200);
    let confirmed = confirm(&ann, &unnoticed.code, &unnoticed.number).await;
    leads_to(&confirmed, "/security?done=let-in");
    clock.advance(1);
    assert_eq!(scan(&ann, &late.code).await.status, 410);
    let confirmed = confirm(&ann, &late.code, &late.number).await;
    assert_eq!(confirmed.status, 410);
    late.is_over(OVER).await;
    unnoticed.is_over(OVER).await;
    let code = late.code;
    assert_ne!(Device::of(late.browser).await.code, code);

    let app = app.running().app();
    let deleted = app.store.delete_expired(0, 0, clock.now() + 1).await;
    // The other one went as its browser got a new code.
    assert_eq!(deleted.unwrap().log_ins, 1);
}

#[tokio::test]
async fn who_knows_the_code_and_the_number_is_not_let_in() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let mut device = Device::of(app.anybody()).await;
    leads_to(
        &confirm(&ann, &device.code, &device.number).await,
        "/security?done=let-in",
    );
    let hash = Token::from_cookie(device.secret()).unwrap().key();
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    for value in [None, Some(hash), Some(device.code.clone())] {
        let mut other = app.anybody();
        other
            .cookies
            .extend(value.map(|value| ("qr".to_owned(), value)));
        let answer = other.get("/login/qr/wait").await;
        assert_eq!(answer.status, 200);
        assert!(!answer.header("set-cookie").contains("session="));
        assert!(answer.text.contains(OVER), "{}", answer.text);
    }
    leads_to(&device.asks().await, "/chats");
}

#[tokio::test]
async fn what_was_refused_stays_so() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let mut device = Device::of(app.anybody()).await;
    let refused = submit(&ann, "/security/qr/refuse", &[("code", &device.code)]).await;
    leads_to(&refused, "/security?done=turned-away");
    let again = submit(&ann, "/security/qr/refuse", &[("code", &device.code)]).await;
    assert_eq!(again.status, 410);
    let confirmed = confirm(&ann, &device.code, &device.number).await;
    assert_eq!(confirmed.status, 410);
    device.is_over(REFUSED).await;
    let code = device.code;
    let mut device = Device::of(device.browser).await;
    assert_ne!(device.code, code);
    leads_to(
        &confirm(&ann, &device.code, &device.number).await,
        "/security?done=let-in",
    );
    leads_to(&device.asks().await, "/chats");
}

#[tokio::test]
async fn the_third_wrong_number_refuses() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let mut device = Device::of(app.anybody()).await;
    let wrong = other_than(&device.number);
    for guess in [&*wrong, ""] {
        let answer = confirm(&ann, &device.code, guess).await;
        assert_eq!(answer.status, 422);
        assert!(answer.text.contains("不对，请核对后重试。"));
        assert_eq!(field(&answer.text, "code"), device.code);
        assert_eq!(field(&answer.text, "number"), "");
    }
    assert_eq!(confirm(&ann, &device.code, &wrong).await.status, 410);
    let right = confirm(&ann, &device.code, &device.number).await;
    assert_eq!(right.status, 410);
    device.is_over(REFUSED).await;
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
async fn forms_must_come_from_a_page_of_the_same_browser() {
    let app = TestApp::start().await;
    let [ann, bob] = [app.register("ann").await, app.register("bob").await];
    let mut device = Device::of(app.anybody()).await;
    let (own, others) = (ann.id.to_string(), bob.id.to_string());
    let (mine, theirs) = (token(&ann), token(&bob));
    for path in ["/security/qr", "/security/qr/refuse"] {
        let by = async |browser: &Browser, token: &str, user: &str| {
            let fields = [
                ("token", token),
                ("user", user),
                ("code", &*device.code),
                ("number", &*device.number),
            ];
            browser.submit(path, &fields).await.status
        };
        for token in ["", "made up", &*theirs] {
            assert_eq!(by(&ann, token, &own).await, 403, "{path}");
        }
        assert_eq!(by(&ann, &mine, &others).await, 409, "{path}");
        for origin in [None, Some("https://evil.org".to_owned())] {
            let mut elsewhere = ann.browser.clone();
            elsewhere.origin = origin;
            assert_eq!(by(&elsewhere, &mine, &own).await, 403, "{path}");
        }
        assert_eq!(by(&app.anybody(), &mine, &own).await, 303, "{path}");
    }
    // None of that has answered it.
    assert_eq!(scan(&ann, &device.code).await.status, 200);
    // Nor is a code taken from a browser by a form that is none of its own.
    let form = [("token", "made up"), ("shared", "yes")];
    assert_eq!(device.browser.submit("/login/qr", &form).await.status, 403);
    leads_to(
        &confirm(&ann, &device.code, &device.number).await,
        "/security?done=let-in",
    );
    leads_to(&device.asks().await, "/chats");
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
    turned_on(&ann).await;
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

#[tokio::test]
async fn codes_are_neither_made_nor_tried_at_will() {
    let app = TestApp::start_with(|config| {
        config.throttle.log_ins_per_address = 3;
        config.throttle.log_ins_per_account = 3;
    })
    .await;
    let ann = app.register("ann").await;
    let mut device = Device::of(app.anybody()).await;
    // One that comes to something does not count.
    confirm(&ann, &device.code, &device.number).await;
    leads_to(&device.asks().await, "/chats");
    let mut last = None;
    for _ in 0..3 {
        last = Some(Device::of(app.anybody()).await);
    }
    let mut browser = app.anybody();
    let refused = browser.get("/login/qr").await;
    assert_eq!(refused.status, 429);
    assert!(refused.text.contains("操作太频繁"), "{}", refused.text);
    browser.keep(&refused);
    let form = [("token", &*field(&refused.text, "token"))];
    assert_eq!(browser.submit("/login/qr", &form).await.status, 429);

    for guess in ["", "nonsense", "BCDF-GHJK"] {
        assert_eq!(scan(&ann, guess).await.status, 410);
    }
    let last = last.unwrap();
    assert_eq!(scan(&ann, &last.code).await.status, 429);
    assert_eq!(confirm(&ann, &last.code, &last.number).await.status, 429);
}

#[tokio::test]
async fn no_more_are_under_way_than_may_be() {
    let app = TestApp::start().await;
    let server = app.running().app();
    let most = MostQrLogIns {
        in_all: 3,
        from_address: 2,
    };
    let begin = async |address: &str, at: i64| {
        let log_in = NewQrLogIn {
            browser_hash: server.random.bytes(),
            code_hash: server.random.bytes(),
            number_hash: server.random.bytes(),
            shared: false,
            agent: String::new(),
            address: address.to_owned(),
            at,
            expires_at: at + 2 * MINUTE,
        };
        server.store.begin_qr_log_in(&log_in, most).await.unwrap()
    };
    let now = server.clock.now();
    assert!(begin("one", now).await);
    assert!(begin("one", now).await);
    assert!(!begin("one", now).await);
    assert!(begin("other", now).await);
    assert!(!begin("other", now).await);
    assert!(begin("one", now + 2 * MINUTE).await);
}
