//! Who did what, as the audit tells it.

use serde_json::{Value, json};
use server::telemetry::lines::Stream;

use super::{all, config_for, is_valid, options, start};
use crate::http::app::{PASSWORD, Person};
use crate::process::child::{Server, in_time, text, zspchat};

/// `act outcome`, with the reason of what was refused and the detail.
fn told(line: &Value) -> String {
    let field = |name: &str| line["fields"][name].as_str().unwrap_or("-");
    format!(
        "{} {} {} {}",
        field("act"),
        field("outcome"),
        field("reason"),
        field("detail")
    )
}

async fn log_in(server: &Server, handle: &str, password: &str) -> u16 {
    let body = json!({"handle": handle, "password": password});
    server.anybody().post("/api/v1/session", body).await.status
}

#[tokio::test]
async fn the_audit_tells_who_did_what_to_whom() {
    let Some(broker) = start(&options()) else {
        return;
    };
    let brokers = broker.address().to_string();
    let folder = tempfile::tempdir().unwrap();
    let variables = [
        ("ZSPCHAT_KAFKA_BROKERS", &*brokers),
        ("ZSPCHAT_LOG_LEVEL", "warn"),
        ("ZSPCHAT_THROTTLE_LOG_INS_PER_ACCOUNT", "2"),
    ];
    let mut server = Server::start_with(folder.path(), &variables).await;
    let ann: Person = server.anybody().register("ann").await;
    let ben: Person = server.anybody().register("ben").await;
    ann.befriend(&ben).await;
    assert_eq!(log_in(&server, "ann", PASSWORD).await, 200);
    assert_eq!(log_in(&server, "nobody", PASSWORD).await, 401);
    for status in [401, 401, 429] {
        assert_eq!(log_in(&server, "ben", "a wrong password").await, status);
    }
    let group = ann.group(&[&ben]).await;
    let role = json!({"kind": "set_role", "client_id": crate::http::app::fresh_id(), "user": ben.id, "role": "administrator"});
    assert_eq!(ann.command(group, role).await.status, 201);
    let out =
        json!({"kind": "remove", "client_id": crate::http::app::fresh_id(), "users": [ben.id]});
    assert_eq!(ann.command(group, out).await.status, 201);
    let refused = ben.command(group, crate::http::app::say("let me in")).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    let change = json!({"current": PASSWORD, "password": "a new password"});
    let changed = ann.put("/api/v1/me/password", change).await;
    assert_eq!(changed.status, 204, "{}", changed.text);
    assert_eq!(ann.delete("/api/v1/session").await.status, 204);
    server.signal("TERM").await;
    server.ended().await;

    let mut admin = zspchat(&[
        "admin",
        "reset-password",
        "ben",
        "--data",
        text(folder.path()),
    ]);
    admin.env("ZSPCHAT_KAFKA_BROKERS", &brokers);
    let output = in_time("it is reset", admin.output()).await.unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{output:?}"
    );

    let audit = all(&config_for(&brokers), Stream::Audit);
    for line in &audit {
        assert_eq!(is_valid(line), Ok(()));
    }
    let of = |wanted: &str| {
        let found: Vec<&Value> = audit.iter().filter(|line| told(line) == wanted).collect();
        let everything: Vec<String> = audit.iter().map(told).collect();
        assert!(!found.is_empty(), "no {wanted:?} in {everything:#?}");
        found
    };
    let (ann, ben) = (ann.id.to_string(), ben.id.to_string());
    let group = group.to_string();
    assert_eq!(of("register done - password").len(), 2);
    assert_eq!(of("log_in done - password")[0]["user"], ann.as_str());
    let wrong = of("log_in refused wrong_credentials password");
    assert_eq!(wrong.len(), 3);
    assert!(wrong.iter().any(|line| line["fields"].get("on").is_none()));
    assert!(
        wrong
            .iter()
            .any(|line| line["fields"]["on"] == ben.as_str())
    );
    assert_eq!(of("log_in refused too_many_requests password").len(), 1);
    assert_eq!(
        of("command done - created")[0]["conversation"],
        group.as_str()
    );
    for detail in ["role_set", "removed"] {
        let line = of(&format!("command done - {detail}"))[0];
        assert_eq!(line["user"], ann.as_str());
        assert_eq!(line["fields"]["on"], ben.as_str());
        assert_eq!(line["conversation"], group.as_str());
    }
    let refused = of("command refused not_a_member send")[0];
    assert_eq!(refused["user"], ben.as_str());
    for act in ["change_password", "end_other_sessions", "log_out"] {
        let line = of(&format!("{act} done - -"))[0];
        assert_eq!(line["user"], ann.as_str(), "{act}");
        assert_eq!(line["fields"]["address"], "127.0.0.1", "{act}");
        assert!(line["request"].is_string(), "{act}");
    }
    assert_eq!(
        of("reset_password done - -")[0]["fields"]["on"],
        ben.as_str()
    );
}
