//! Passwords tried by the thousand.

use futures::StreamExt as _;
use reqwest::Method;
use serde_json::json;

use super::super::app::{PASSWORD, TestApp};
use crate::database::is_networked;

const TRIES: usize = 10_000;

/// How many are on their way at once.
const AT_ONCE: usize = 32;

/// How many tries at a log-in were answered by each status.
struct Answers {
    wrong: usize,
    too_many: usize,
}

/// Tries passwords, each from an address and at a handle of that number.
async fn guess(
    app: &TestApp,
    from: impl Fn(usize) -> String,
    at: impl Fn(usize) -> String,
) -> Answers {
    let nobody = app.anybody();
    let tries = (0..TRIES).map(|number| {
        let body = json!({"handle": at(number), "password": format!("guess {number}")});
        let request = nobody
            .request(Method::POST, "/api/v1/session")
            .header("x-forwarded-for", from(number))
            .json(&body);
        nobody.send(request)
    });
    let mut answers = Answers {
        wrong: 0,
        too_many: 0,
    };
    let mut tries = futures::stream::iter(tries).buffer_unordered(AT_ONCE);
    while let Some(answer) = tries.next().await {
        match answer.status {
            401 => answers.wrong += 1,
            429 => {
                answer.is_problem(429, "too_many_requests");
                let seconds: u64 = answer.header("retry-after").parse().unwrap();
                assert!((1..=600).contains(&seconds));
                answers.too_many += 1;
            }
            _ => panic!("{}: {}", answer.status, answer.text),
        }
    }
    answers
}

async fn behind_a_proxy() -> TestApp {
    TestApp::start_with(|config| config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_wrong_passwords_for_one_account_are_ten() {
    let app = behind_a_proxy().await;
    app.register("ann").await;
    let address = |n: usize| format!("10.0.{}.{}", n / 256, n % 256);
    let answers = guess(&app, address, |_| "ann".to_owned()).await;
    assert_eq!((answers.wrong, answers.too_many), (10, TRIES - 10));
    // Whoever else comes in those minutes is not held up.
    let bob = app.register("bob").await;
    assert_eq!(bob.get("/api/v1/me").await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_wrong_passwords_from_one_address_are_a_hundred() {
    let app = behind_a_proxy().await;
    app.register("ann").await;
    let answers = guess(&app, |_| "10.0.0.1".to_owned(), |n| format!("user{n}")).await;
    assert_eq!(answers.wrong + answers.too_many, TRIES);
    // Where nodes share a Redis and it does not answer in time, what it has counted then is lost: up
    // to a part of 6 for each that is let through.
    let least = if is_networked() { 100 / 6 } else { 100 };
    assert!((least..=100).contains(&answers.wrong), "{}", answers.wrong);
    // The owner of an account is let in from anywhere else.
    let body = json!({"handle": "ann", "password": PASSWORD});
    let nobody = app.anybody();
    let request = nobody.request(Method::POST, "/api/v1/session").json(&body);
    let answer = nobody.send(request.header("x-forwarded-for", "10.0.0.2"));
    assert_eq!(answer.await.status, 200);
}

#[tokio::test]
async fn what_cannot_be_a_handle_is_not_remembered() {
    let app = TestApp::start_with(|config| config.throttle.log_ins_per_account = 1).await;
    let nobody = app.anybody();
    // Counted by handle, these would take as much memory as their sender likes.
    for _ in 0..3 {
        let body = json!({"handle": "a".repeat(60_000), "password": "a guess"});
        let refused = nobody.post("/api/v1/session", body).await;
        refused.is_problem(422, "invalid");
        assert_eq!(refused.json()["fields"][0]["field"], "handle");
    }
}
