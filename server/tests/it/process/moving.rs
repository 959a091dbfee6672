//! An installation outgrows its file and moves to Postgres.

use std::process::Stdio;

use protocol::Event;
use serde_json::json;

use super::child::{Server, in_time, text, zspchat};
use super::lively::{Life, assert_same, done, migrate, of, run, stop};
use crate::database;
use crate::http::app::{fresh_id, say};
use crate::queue::broker::is_missing;
use crate::raw::Raw;
use crate::waiting::moment;

#[tokio::test(flavor = "multi_thread")]
async fn nobody_notices_that_all_was_moved() {
    if is_missing() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let mut life = Life::begin(&server).await;
    let raw = Raw::file(&folder.path().join("zspchat.db")).await;
    raw.link_to_removed_provider("ann").await;
    raw.close().await;
    let (before, history) = (life.all_seen().await, life.history().await);
    stop(server).await;

    let name = database::empty();
    let url = database::server().url(&name);
    let moved = migrate(folder.path(), &url).await.worked();
    assert!(moved.starts_with("Both sides are equal: "), "{moved}");
    let again = migrate(folder.path(), &url).await.worked();
    assert!(again.contains("nothing was copied"), "{again}");
    let equal = |said: &str| said.split_once(". ").unwrap().0.to_owned();
    assert_eq!(equal(&moved), equal(&again));

    let server = Server::start_with(folder.path(), &[("ZSPCHAT_DATABASE_URL", &url)]).await;
    life.go_to(&server);
    // Everybody is still logged in, and sees what they saw.
    assert_same(&before, &life.all_seen().await);
    assert_eq!(life.history().await, history);
    // Also by other accounts of theirs.
    let ways = life.people[0].get("/api/v1/me/identities").await.json();
    assert_eq!(ways["identities"][0]["name"], "octocat");

    let (ann, bob) = (&life.people[0], &life.people[1]);
    let (command, first) = &life.sent;
    let repeated = ann.command(life.group, command.clone()).await;
    assert_eq!(repeated.status, 201);
    assert_eq!(repeated.read::<Event>(), *first);
    let next = ann.say(life.group, "on the new server").await;
    assert_eq!((next.seq, next.msg_no), (first.seq + 1, first.msg_no + 1));
    assert!(next.at >= first.at);
    // Numbers go on behind those that were given.
    let numbers = "SELECT last_value = (SELECT max(number) FROM conversations), is_called
                   FROM conversation_numbers";
    let numbers = database::server().run_sql(&name, numbers);
    assert_eq!(numbers.unwrap(), "t|t");
    ann.group(&[bob]).await;
    let fay = server.anybody().register("fay").await;
    let me = fay.get("/api/v1/me").await.json();
    assert_eq!(me["user"]["number"], 10_000 + life.people.len());
    stop(server).await;

    // The file is behind from here on.
    let refused = migrate(folder.path(), &url).await.refused();
    assert!(refused.contains("in use since"), "{refused}");
    assert!(refused.contains(&name), "{refused}");
    // It was left as it was.
    let server = Server::start(folder.path()).await;
    life.go_to(&server);
    assert_same(&before, &life.all_seen().await);
    stop(server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_half_way_it_is_refused_and_goes_on_later() {
    if is_missing() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let mut life = Life::begin(&server).await;
    stop(server).await;
    let file = folder.path().join("zspchat.db");
    let postgres = database::server();
    let name = database::empty();
    let url = postgres.url(&name);
    let sql = |sql: &str| postgres.run_sql(&name, sql).unwrap();

    // An error on the way.
    let raw = Raw::file(&file).await;
    raw.spoil().await;
    let refused = migrate(folder.path(), &url).await.refused();
    assert!(refused.contains("events on the server: "), "{refused}");
    assert!(refused.contains("0x00"), "{refused}");
    raw.mend().await;
    assert_eq!(sql("SELECT count(*) FROM events"), "2000");
    let used = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--data",
        text(folder.path()),
    ];
    let handle = ["admin", "reset-password", "ann"];
    for arguments in [used.as_slice(), &handle] {
        let refused = run(arguments, &[("ZSPCHAT_DATABASE_URL", &url)]).await;
        let refused = refused.refused();
        assert!(refused.contains("being moved there"), "{refused}");
        assert!(refused.contains(&name), "{refused}");
    }

    // Killed in the middle of a batch, that of the results of commands.
    let target = Raw::server(&url).await;
    let lock = target.lock_send_keys().await;
    let arguments = [
        "migrate",
        "sqlite-to-postgres",
        "--data",
        text(folder.path()),
    ];
    let mut killed = zspchat(&arguments);
    let killed = killed.env("ZSPCHAT_DATABASE_URL", &url);
    let mut killed = killed.stderr(Stdio::null()).spawn().unwrap();
    let waits = "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                 WHERE d.datname = current_database() AND NOT granted";
    let blocked = async {
        while sql(waits) == "0" {
            moment().await;
        }
    };
    in_time("it is in the middle of a batch", blocked).await;
    killed.kill().await.unwrap();
    lock.release().await;
    target.close().await;
    assert_eq!(sql("SELECT moving FROM installation"), "t");
    let written = "SELECT xmin, conversation, seq FROM events ORDER BY conversation, seq";
    let before = sql(written);
    assert_eq!(
        before.lines().count().to_string(),
        raw.events().await.to_string()
    );

    // Meanwhile the file is used again.
    let server = Server::start(folder.path()).await;
    life.go_to(&server);
    let (ann, cid) = (&life.people[0], &life.people[2]);
    let last = ann.say(life.group, "later").await;
    let recall = json!({"client_id": fresh_id(), "kind": "recall", "target": life.sent.1.seq});
    done(ann.command(life.group, recall).await);
    done(
        cid.put(&of(life.group, "read"), json!({"seq": last.seq}))
            .await,
    );
    let path = format!("/api/v1/contacts/{}", cid.id);
    done(ann.delete(&path).await);
    let seen = life.all_seen().await;
    stop(server).await;

    let moved = migrate(folder.path(), &url).await.worked();
    assert!(moved.starts_with("Both sides are equal: "), "{moved}");
    // What was there and has not changed was not written again.
    let after = sql(written);
    let kept = before.lines().zip(after.lines());
    let kept = kept.take_while(|(one, other)| one == other).count();
    assert!(kept >= 2_000, "{kept} were kept");
    let server = Server::start_with(folder.path(), &[("ZSPCHAT_DATABASE_URL", &url)]).await;
    life.go_to(&server);
    assert_same(&seen, &life.all_seen().await);
    let ann = &life.people[0];
    assert_eq!(ann.command(life.group, say("and on")).await.status, 201);
    stop(server).await;
    raw.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_differs_in_the_end_is_told_and_not_served() {
    if is_missing() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let life = Life::begin(&server).await;
    stop(server).await;
    let postgres = database::server();
    let name = database::empty();
    let url = postgres.url(&name);
    let raw = Raw::file(&folder.path().join("zspchat.db")).await;
    raw.spoil().await;
    migrate(folder.path(), &url).await.refused();
    raw.mend().await;
    raw.close().await;

    // From here on the server keeps something else than it is given.
    let sql = |sql: &str| postgres.run_sql(&name, sql).unwrap();
    sql("CREATE FUNCTION lie() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN NEW.digest := NEW.digest + 1; RETURN NEW; END $$;
         CREATE TRIGGER lie BEFORE INSERT ON events FOR EACH ROW
         WHEN (NEW.body LIKE '%once %n%only%') EXECUTE FUNCTION lie()");
    let refused = migrate(folder.path(), &url).await.refused();
    assert!(refused.contains("events has other values"), "{refused}");
    assert!(refused.contains(&life.group.to_string()), "{refused}");
    assert_eq!(sql("SELECT moving FROM installation"), "t");

    sql("DROP TRIGGER lie ON events");
    let moved = migrate(folder.path(), &url).await.worked();
    assert!(moved.starts_with("Both sides are equal: "), "{moved}");
    assert_eq!(sql("SELECT moving FROM installation"), "f");
}
