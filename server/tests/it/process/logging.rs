//! What it tells those who run it.

use serde_json::{Value, json};

use super::child::{Server, message};
use crate::http::app::{PASSWORD, say};
use crate::http::log_ins::{Issuer, SECRET, oidc, parameter};
use crate::http::pages::token;
use crate::http::qr::Device;

#[tokio::test]
async fn every_line_about_a_request_names_it_and_tells_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let server =
        Server::start_with(folder.path(), &[("ZSPCHAT_LOG_LEVEL", "info,server=debug")]).await;
    let ann = server.anybody().register("ann").await;
    let own = ann.with(&ann);
    ann.say(own, "a word between us").await;
    let missing = ann.get("/api/v1/users/nobody").await;
    missing.is_problem(404, "not_found");
    let refused = ann.command(own, json!({"kind": "send"})).await;
    refused.is_problem(400, "malformed");
    let request = |answer: &crate::http::app::Answer| answer.json()["request_id"].clone();
    for (id, status) in [(request(&missing), 404), (request(&refused), 400)] {
        let line = server
            .logged(|line| (line["span"]["request"] == id).then(|| line.clone()))
            .await;
        assert_eq!(line["fields"]["status"], status);
        assert!(
            line["span"]["route"]
                .as_str()
                .unwrap()
                .starts_with("/api/v1/")
        );
    }
    let lines = server.lines();
    let answered: Vec<&Value> = lines
        .iter()
        .filter(|line| message(line) == "answered")
        .collect();
    assert!(answered.len() >= 4);
    assert!(
        answered
            .iter()
            .all(|line| line["span"]["request"].as_str().is_some())
    );
    let (_, token) = &ann.browser.cookies[0];
    let log = lines.iter().map(Value::to_string).collect::<String>();
    for secret in [PASSWORD, "between us", token] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}

#[tokio::test]
async fn a_log_in_elsewhere_leaves_its_reason_in_the_log_and_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = Issuer::start().await;
    let file = folder.path().join("zspchat.toml");
    let providers = oidc("sso", &issuer).replace("[[providers]]", "[[login.providers]]");
    std::fs::write(&file, providers).unwrap();
    let variables = [
        ("ZSPCHAT_CONFIG", file.to_str().unwrap()),
        ("ZSPCHAT_LOG_LEVEL", "debug"),
    ];
    let server = Server::start_with(folder.path(), &variables).await;
    let mut secrets = vec![SECRET.to_owned(), "an-access-token".to_owned()];
    let right: fn(&mut Value) = |_| ();
    let wrong: fn(&mut Value) = |claims| claims["nonce"] = json!("x");
    for claims in [right, wrong] {
        issuer.set().claims = claims;
        let mut browser = server.anybody();
        let there = browser.set_out("/login/sso").await;
        let [state, code, iss] = issuer.agree(&there);
        let pairs = [("state", &*state.1), ("code", &*code.1), ("iss", &*iss.1)];
        browser.come_back("sso", &pairs).await;
        secrets.extend([state.1, code.1, browser.cookies[0].1.clone()]);
        secrets.extend(["nonce", "code_challenge"].map(|it| parameter(&there, it).unwrap()));
    }
    let reason = server
        .logged(|line| Some(line["fields"]["reason"].as_str()?.to_owned()))
        .await;
    assert!(reason.contains("nonce"), "{reason}");
    let lines = server.lines();
    let log = lines.iter().map(Value::to_string).collect::<String>();
    assert!(log.contains("\"provider\":\"sso\""), "{log}");
    for secret in secrets {
        assert!(!log.contains(&secret), "{secret} is in the log");
    }
}

#[tokio::test]
async fn a_log_in_by_a_qr_code_leaves_neither_the_code_nor_the_number_in_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_with(folder.path(), &[("ZSPCHAT_LOG_LEVEL", "debug")]).await;
    let ann = server.anybody().register("ann").await;
    let device = Device::of(server.anybody()).await;
    let path = format!("/security/qr?code={}", device.code);
    assert_eq!(ann.get(&path).await.status, 200);
    let (token, id) = (token(&ann), ann.id.to_string());
    let form = [
        ("token", &*token),
        ("user", &*id),
        ("code", &*device.code),
        ("number", &*device.number),
    ];
    assert_eq!(ann.submit("/security/qr", &form).await.status, 303);
    assert_eq!(device.browser.get("/login/qr/wait").await.status, 303);
    let routes = ["/login/qr", "/security/qr", "/login/qr/wait"];
    for route in routes {
        server
            .logged(|line| (line["span"]["route"] == route).then_some(()))
            .await;
    }
    let lines = server.lines();
    let log = lines.iter().map(Value::to_string).collect::<String>();
    let plain = device.code.replace('-', "");
    for secret in [&*device.code, &*plain, device.secret(), &*device.number] {
        let quoted = format!("\"{secret}\"");
        let said = if secret.len() < 8 { &*quoted } else { secret };
        assert!(!log.contains(said), "{secret} is in the log");
    }
}

#[tokio::test]
async fn what_happens_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let ann = server.anybody().register("ann").await;
    let mut stream = ann.stream().await;
    let own = ann.with(&ann);
    ann.say(own, "one").await;
    ann.command(own, json!([say("two"), say("three")])).await;
    while stream.event().await.msg_no < 3 {}
    let wrong = json!({"handle": "ann", "password": "a wrong one"});
    server.anybody().post("/api/v1/session", wrong).await;
    let nobody = server.anybody();
    let made_up = nobody.request("DANCE".parse().unwrap(), "/api/v1/accounts");
    nobody.send(made_up).await;
    let answer = server.anybody().get("/metrics").await;
    assert_eq!(answer.status, 200);
    assert!(!answer.text.contains("DANCE"), "{}", answer.text);
    assert!(
        answer
            .header("content-type")
            .starts_with("text/plain; version=0.0.4")
    );
    let counted = |line: &str| {
        let found = answer
            .text
            .lines()
            .find_map(|counted| counted.strip_prefix(line));
        let number = found.unwrap_or_else(|| panic!("no {line} in {}", answer.text));
        number.trim().parse::<f64>().unwrap()
    };
    let is = |line: &str, number: f64| assert!((counted(line) - number).abs() < 0.1, "{line}");
    is("zspchat_events_stored_total ", 4.0);
    is("zspchat_streams ", 1.0);
    is("zspchat_log_ins_total{outcome=\"refused\"} ", 1.0);
    is(
        "zspchat_http_requests_total{method=\"POST\",route=\"/api/v1/accounts\",status=\"201\"} ",
        1.0,
    );
    is("zspchat_batch_commands_bucket{le=\"2\"} ", 3.0);
    is("zspchat_batch_commands_bucket{le=\"1\"} ", 2.0);
    assert!(counted("zspchat_http_connections ") >= 1.0);
    let route = "route=\"/api/v1/conversations/{conversation}/commands\"";
    is(
        &format!("zspchat_http_request_seconds_count{{{route}}} "),
        2.0,
    );
    // Each says what it means.
    for line in answer.text.lines() {
        if let Some(typed) = line.strip_prefix("# TYPE ") {
            let name = typed.split(' ').next().unwrap();
            assert!(answer.text.contains(&format!("# HELP {name} ")), "{name}");
        }
    }
}

#[tokio::test]
async fn counts_may_have_an_address_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let variables = [("ZSPCHAT_METRICS_LISTEN", "127.0.0.1:0")];
    let server = Server::start_with(folder.path(), &variables).await;
    assert_eq!(server.anybody().get("/metrics").await.status, 404);
    let address = server
        .logged(|line| Some(line["fields"]["metrics"].as_str()?.to_owned()))
        .await;
    let elsewhere = crate::http::app::Browser::at(&format!("http://{address}"));
    assert!(elsewhere.get("/metrics").await.text.contains("# TYPE"));
    assert_eq!(elsewhere.get("/api/v1/limits").await.status, 404);
}
