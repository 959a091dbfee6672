use protocol::Event;
use reqwest::Method;
use serde_json::json;

use super::app::{TestApp, fresh_id, say};

#[tokio::test]
async fn a_repeat_gets_the_first_result() {
    let app = TestApp::start().await;
    let [ann, bob] = app.friends().await;
    let conversation = ann.with(&bob);
    let command = say("once 👋");
    let first: Event = ann.command(conversation, command.clone()).await.read();
    let again = ann.command(conversation, command.clone()).await;
    assert_eq!(again.status, 201);
    assert_eq!(again.read::<Event>(), first);
    assert_eq!(first.computed_digest(), first.digest);
    // Alone or in an array, a command's own bytes are the same.
    let array = ann.command(conversation, json!([command])).await;
    assert_eq!(array.status, 200);
    assert_eq!(array.json()[0]["event"]["seq"], first.seq);
    assert_eq!(bob.texts(conversation).await, ["once 👋"]);
}

#[tokio::test]
async fn another_body_under_the_same_id_is_refused() {
    let app = TestApp::start().await;
    let [ann, bob] = app.friends().await;
    let command = say("one");
    ann.command(ann.with(&bob), command.clone()).await;
    let mut other = command.clone();
    other["content"]["text"] = json!("two");
    let refused = ann.command(ann.with(&bob), other).await;
    refused.is_problem(409, "payload_mismatch");
    // The same body elsewhere is another command too.
    let refused = ann.command(ann.with(&ann), command).await;
    refused.is_problem(409, "payload_mismatch");
    assert_eq!(bob.texts(ann.with(&bob)).await, ["one"]);
}

#[tokio::test]
async fn text_is_kept_to_the_byte() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let own = ann.with(&ann);
    let strange =
        "  <script>alert(1)</script>\n\u{202e}اب\r\n\t'\"; DROP TABLE users;-- \u{feff}👩‍👩‍👧 ";
    ann.say(own, strange).await;
    assert_eq!(ann.texts(own).await, [strange]);
}

#[tokio::test]
async fn an_array_is_answered_one_by_one_and_in_order() {
    let app = TestApp::start().await;
    let [ann, bob] = app.friends().await;
    let commands = json!([
        say("first"),
        say(""),
        {"client_id": fresh_id(), "kind": "rename", "name": "not a group"},
        say("last"),
    ]);
    let answer = ann.command(ann.with(&bob), commands.clone()).await;
    assert_eq!(answer.status, 200);
    let answers = answer.json();
    let statuses: Vec<u64> = (0..4)
        .map(|n| answers[n]["status"].as_u64().unwrap())
        .collect();
    assert_eq!(statuses, [201, 422, 422, 201]);
    assert_eq!(answers[1]["problem"]["code"], "invalid");
    assert_eq!(answers[1]["problem"]["fields"][0]["field"], "text");
    assert_eq!(answers[2]["problem"]["code"], "not_a_group");
    for n in 0..4 {
        assert_eq!(answers[n]["client_id"], commands[n]["client_id"]);
    }
    assert_eq!(bob.texts(ann.with(&bob)).await, ["first", "last"]);
    let many: Vec<_> = (0..17).map(|n| say(&n.to_string())).collect();
    let refused = ann.command(ann.with(&bob), json!(many)).await;
    refused.is_problem(422, "invalid");
    ann.command(ann.with(&bob), json!([]))
        .await
        .is_problem(422, "invalid");
}

#[tokio::test]
async fn what_cannot_be_read_is_refused() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let path = format!("/api/v1/conversations/{}/commands", ann.with(&ann));
    let post = async |body: &'static str| {
        let request = ann.request(Method::POST, &path).body(body);
        ann.send(request.header("content-type", "application/json"))
            .await
    };
    for body in [
        "",
        "{",
        "[",
        "7",
        "null",
        "[1]",
        "{\"kind\":\"send\"}",
        "{\"kind\":\"dance\"}",
    ] {
        post(body).await.is_problem(400, "malformed");
    }
    // Fields have names: in the form of a list they are not taken.
    let read = format!("/api/v1/conversations/{}/read", ann.with(&ann));
    ann.put(&read, json!([1]))
        .await
        .is_problem(400, "malformed");
    // Text is UTF-8, also where nobody looks at it.
    let body = b"{\"seq\":1,\"more\":\"\xff\"}".to_vec();
    let request = ann.request(Method::PUT, &read).body(body);
    ann.send(request.header("content-type", "application/json"))
        .await
        .is_problem(400, "malformed");
    let text = ann.request(Method::POST, &path).body("{}");
    let text = ann.send(text.header("content-type", "text/plain")).await;
    text.is_problem(415, "unsupported_media_type");
    let strange = ann.command(ann.with(&ann), say("a\0b")).await;
    strange.is_problem(422, "invalid");
    let old = json!({"client_id": "0190a8b0-0000-7000-8000-000000000000", "kind": "leave"});
    ann.command(ann.with(&ann), old)
        .await
        .is_problem(410, "expired");
    let ahead = json!({"client_id": "0fffffff-0000-7000-8000-000000000000", "kind": "leave"});
    ann.command(ann.with(&ann), ahead)
        .await
        .is_problem(422, "clock_ahead");
}

#[tokio::test]
async fn a_command_may_name_the_one_it_follows() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let path = format!("/api/v1/conversations/{}/commands", ann.with(&ann));
    let post = async |command: &serde_json::Value, after: &str| {
        let request = ann.request(Method::POST, &path).body(command.to_string());
        let request = request.header("content-type", "application/json");
        ann.send(request.header("zspchat-after", after)).await
    };
    let (first, second) = (say("one"), say("two"));
    let id = first["client_id"].as_str().unwrap();
    post(&second, "the first")
        .await
        .is_problem(400, "malformed");
    post(&second, id).await.is_problem(409, "out_of_order");
    let several = json!([second]);
    let answers = post(&several, id).await;
    assert_eq!(answers.json()[0]["problem"]["code"], "out_of_order");
    assert_eq!(ann.command(ann.with(&ann), first.clone()).await.status, 201);
    assert_eq!(post(&second, id).await.status, 201);
}

#[tokio::test]
async fn a_group_is_made_once_under_the_id_of_its_maker() {
    let app = TestApp::start().await;
    let [ann, bob] = app.friends().await;
    let id = fresh_id();
    let path = format!("/api/v1/conversations/{id}");
    let body = json!({"name": "hikers", "members": [bob.id]});
    for _ in 0..2 {
        let made = ann.put(&path, body.clone()).await;
        assert_eq!(made.status, 201, "{}", made.text);
        assert_eq!(made.json()["member_count"], 2);
        assert_eq!(made.json()["mine"]["role"], "owner");
    }
    let other = json!({"name": "others", "members": [bob.id]});
    ann.put(&path, other)
        .await
        .is_problem(409, "payload_mismatch");
    // Nobody takes a pair's id for a group.
    let direct = format!("/api/v1/conversations/{}", ann.with(&bob));
    ann.put(&direct, body.clone())
        .await
        .is_problem(422, "invalid");
    let eve = app.register("eve").await;
    let stranger = json!({"name": "x", "members": [eve.id]});
    let path = format!("/api/v1/conversations/{}", fresh_id());
    ann.put(&path, stranger)
        .await
        .is_problem(422, "not_a_contact");
    assert_eq!(
        bob.get("/api/v1/conversations").await.json()["conversations"][0]["name"],
        "hikers"
    );
    let members = bob
        .get(&format!("/api/v1/conversations/{id}/members"))
        .await
        .json();
    assert_eq!(members["members"][0]["role"], "owner");
    // By its number as well.
    let number = members_number(&bob, &id.to_string()).await;
    let by_number = bob
        .get(&format!("/api/v1/conversations/{number}"))
        .await
        .json();
    assert_eq!(by_number["id"], json!(id));
}

async fn members_number(person: &super::app::Person, id: &str) -> u64 {
    let group = person
        .get(&format!("/api/v1/conversations/{id}"))
        .await
        .json();
    group["number"].as_u64().unwrap()
}

#[tokio::test]
async fn a_direct_conversation_is_opened_again_and_again() {
    let app = TestApp::start().await;
    let [ann, bob] = app.friends().await;
    let path = format!("/api/v1/conversations/direct/{}", bob.id);
    for _ in 0..2 {
        let opened = ann.put(&path, json!({})).await;
        assert_eq!(opened.status, 200);
        assert_eq!(opened.json()["id"], json!(ann.with(&bob)));
    }
    let by_number = ann
        .put("/api/v1/conversations/direct/10001", json!({}))
        .await;
    assert_eq!(by_number.json()["peer"], json!(bob.id));
    let nobody = format!("/api/v1/conversations/direct/{}", fresh_id());
    ann.put(&nobody, json!({}))
        .await
        .is_problem(404, "not_found");
}

#[tokio::test]
async fn a_list_that_did_not_change_is_not_sent_again() {
    let app = TestApp::start().await;
    let [ann, bob] = app.friends().await;
    for path in [
        "/api/v1/conversations",
        "/api/v1/contacts",
        "/api/v1/contact_requests",
    ] {
        let tag = ann.get(path).await.header("etag").to_owned();
        let request = || ann.request(Method::GET, path).header("if-none-match", &tag);
        let unchanged = ann.send(request()).await;
        assert_eq!((unchanged.status, unchanged.text.as_str()), (304, ""));
        assert_eq!(unchanged.header("etag"), tag);
        ann.say(ann.with(&bob), "news").await;
        let status = if path.ends_with("conversations") {
            200
        } else {
            304
        };
        assert_eq!(ann.send(request()).await.status, status);
    }
}

#[tokio::test]
async fn a_read_position_never_moves_back() {
    let app = TestApp::start().await;
    let [ann, bob] = app.friends().await;
    let conversation = ann.with(&bob);
    let mut last = 0;
    for n in 0..3 {
        last = ann.say(conversation, &n.to_string()).await.seq;
    }
    let path = format!("/api/v1/conversations/{conversation}/read");
    let read = async |seq: u64| bob.put(&path, json!({"seq": seq})).await.json();
    assert_eq!(read(last - 1).await["unread"], 1);
    assert_eq!(read(1).await["unread"], 1);
    let clamped = read(last + 100).await;
    assert_eq!(
        (&clamped["unread"], &clamped["read_seq"]),
        (&json!(0), &json!(last))
    );
    let preferences = format!("/api/v1/conversations/{conversation}/preferences");
    let mine = bob.put(&preferences, json!({"pinned": true})).await.json();
    assert_eq!(mine["pinned"], true);
    assert_eq!(mine["silenced"], false);
}

#[tokio::test]
async fn pages_and_pulls_agree() {
    let app = TestApp::start().await;
    let [ann, bob] = app.friends().await;
    let conversation = ann.with(&bob);
    for n in 0..10 {
        ann.say(conversation, &n.to_string()).await;
    }
    let events = format!("/api/v1/conversations/{conversation}/events");
    let page = bob.get(&format!("{events}?after=4&limit=3")).await.json();
    assert_eq!(
        (&page["from"], &page["to"], &page["head"]),
        (&json!(5), &json!(7), &json!(11))
    );
    let pull = json!({"conversations": [{"id": conversation, "after": 4, "limit": 3}]});
    let pulled = bob.post("/api/v1/pull", pull).await.json();
    assert_eq!(pulled["pages"][0], page);
    let digest = page["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| {
            serde_json::from_value::<Event>(event.clone())
                .unwrap()
                .digest
        })
        .fold(protocol::Digest::default(), |all, one| all ^ one);
    let range = json!({"conversation": conversation, "from": 5, "to": 7, "digest": digest});
    let asked = json!({"ranges": [range]});
    let calibrated = bob.post("/api/v1/calibrate", asked).await.json();
    assert_eq!(calibrated["ranges"][0], range);
    for limit in [0, 501] {
        let path = format!("{events}?limit={limit}");
        bob.get(&path).await.is_problem(422, "invalid");
    }
    bob.get(&format!("{events}?after=x"))
        .await
        .is_problem(400, "malformed");
}
