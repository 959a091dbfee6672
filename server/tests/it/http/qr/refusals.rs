//! What is over, refused, or made up.

use server::accounts::Token;
use server::clock::Clock;
use server::store::{MostQrLogIns, NewQrLogIn};

use super::super::app::{Browser, TestApp};
use super::super::pages::{field, token};
use super::{Device, OVER, REFUSED, confirm, leads_to, scan, submit};

const MINUTE: i64 = 60 * 1_000;

/// Another number of four digits.
fn other_than(number: &str) -> String {
    let number: u32 = number.parse().unwrap();
    format!("{:04}", (number + 1) % 10_000)
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
    let hash = hash
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
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
