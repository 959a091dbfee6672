//! What every route answers to everybody: a route that is not in the table fails the test.

mod scene;
mod table;

use std::collections::BTreeSet;

use reqwest::Method;
use scene::{Actor, Scene};
use table::TABLE;

/// Every route, and for that of commands each kind of them.
fn routes() -> BTreeSet<String> {
    const COMMANDS: [&str; 12] = [
        "send",
        "recall",
        "rename",
        "announce",
        "invite",
        "remove",
        "leave",
        "set_role",
        "transfer",
        "mute_member",
        "mute_all",
        "set_nickname",
    ];
    let all = server::http::all_routes().into_iter();
    all.flat_map(|(method, path)| {
        let route = format!("{method} {path}");
        if method == Method::POST && path.ends_with("/commands") {
            COMMANDS.map(|kind| format!("{route} {kind}")).to_vec()
        } else {
            vec![route]
        }
    })
    .collect()
}

/// What a route answers to each. What only reads is asked in one scene, all else in one of its own.
async fn answers(reading: &Scene, route: &str) -> Vec<u16> {
    let own;
    let scene = if route.starts_with("GET ") {
        reading
    } else {
        own = Scene::new().await;
        &own
    };
    let mut answers = Vec::new();
    for actor in Actor::ALL {
        answers.push(scene.ask(route, actor).await);
    }
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_answers_everybody_as_the_table_says() {
    let listed: BTreeSet<String> = TABLE.iter().map(|(route, _)| (*route).to_owned()).collect();
    assert_eq!(listed.len(), TABLE.len(), "a route is in the table twice");
    let routes = routes();
    let reading = Scene::new().await;
    let mut wrong = Vec::new();
    for route in &routes {
        let found = answers(&reading, route).await;
        let expected = TABLE.iter().find(|(listed, _)| listed == route);
        if expected.is_none_or(|(_, expected)| *expected != *found) {
            wrong.push(format!("    (\"{route}\", {found:?}),"));
        }
    }
    let gone: Vec<&String> = listed.difference(&routes).collect();
    assert!(gone.is_empty(), "no such routes: {gone:?}");
    assert!(
        wrong.is_empty(),
        "not as in the table, for {:?}:\n{}",
        Actor::ALL,
        wrong.join("\n")
    );
}
