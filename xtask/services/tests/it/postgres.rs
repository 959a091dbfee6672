use services::{Postgres, PostgresOptions, Service, until};

use crate::{LONG, provided};

#[test]
fn answers_and_keeps_what_was_committed() {
    if !provided() {
        return;
    }
    let options = PostgresOptions {
        settings: vec![("max_connections".to_owned(), "17".to_owned())],
        ..PostgresOptions::default()
    };
    let postgres = Postgres::start(&options).unwrap();
    let port = postgres.address().port();
    postgres.create_database("chat").unwrap();
    assert_eq!(
        postgres.url("chat"),
        format!("postgres://postgres@127.0.0.1:{port}/chat")
    );
    assert_eq!(
        postgres.run_sql("chat", "SHOW max_connections").unwrap(),
        "17"
    );
    postgres
        .run_sql(
            "chat",
            "CREATE TABLE t (a int, b text); INSERT INTO t VALUES (1, 'x'), (2, 'y')",
        )
        .unwrap();

    let rows = || postgres.run_sql("chat", "SELECT * FROM t ORDER BY a");
    postgres.kill().unwrap();
    assert!(rows().is_err());
    postgres.start_again().unwrap();
    assert_eq!(rows().unwrap(), "1|x\n2|y");
    postgres.stop().unwrap();
    assert!(!postgres.is_running());
    postgres.start_again().unwrap();
    assert_eq!(rows().unwrap(), "1|x\n2|y");

    let error = postgres.run_sql("chat", "SELECT * FROM u").unwrap_err();
    assert!(error.to_string().contains("does not exist"), "{error}");
}

#[test]
fn a_paused_one_does_not_answer_and_can_be_killed() {
    if !provided() {
        return;
    }
    let postgres = Postgres::start(&PostgresOptions::default()).unwrap();
    postgres.pause().unwrap();
    let error = postgres.run_sql("postgres", "SELECT 1").unwrap_err();
    assert!(error.to_string().contains("timeout expired"), "{error}");
    postgres.resume();
    assert_eq!(postgres.run_sql("postgres", "SELECT 1").unwrap(), "1");
    postgres.pause().unwrap();
    postgres.kill().unwrap();
    postgres.start_again().unwrap();
    assert_eq!(postgres.run_sql("postgres", "SELECT 1").unwrap(), "1");
}

#[test]
fn asks_for_its_password_speaks_tls_and_lies_where_it_is_told() {
    if !provided() {
        return;
    }
    let place = services::Folder::new("place").unwrap();
    let options = PostgresOptions {
        fsync: true,
        tls: true,
        password: Some("secret".to_owned()),
        folder: Some(place.path().to_owned()),
        ..PostgresOptions::default()
    };
    let postgres = Postgres::start(&options).unwrap();
    let sql = "SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    assert_eq!(postgres.run_sql("postgres", sql).unwrap(), "t|TLSv1.3");
    assert_eq!(postgres.run_sql("postgres", "SHOW fsync").unwrap(), "on");

    let wrong = postgres.url("postgres").replace("secret", "wrong");
    let output = std::process::Command::new("psql")
        .args(["-X", "-c", "SELECT 1", "-d", &wrong])
        .env("HOME", place.path())
        .output()
        .unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        complaint.contains("password authentication failed"),
        "{complaint}"
    );

    let data = place
        .path()
        .join(format!("postgres-{}", postgres.address().port()));
    assert!(data.join("PG_VERSION").exists());
    drop(postgres);
    assert!(!data.exists() && place.path().exists());
}

#[test]
fn a_standby_has_all_that_was_committed_and_takes_over() {
    if !provided() {
        return;
    }
    let options = PostgresOptions {
        password: Some("secret".to_owned()),
        tls: true,
        ..PostgresOptions::default()
    };
    let primary = Postgres::start(&options).unwrap();
    let standby = primary.standby().unwrap();
    primary
        .run_sql(
            "postgres",
            "CREATE TABLE t (a int); INSERT INTO t VALUES (1)",
        )
        .unwrap();
    let insert = "INSERT INTO t VALUES (2)";
    assert!(standby.run_sql("postgres", insert).is_err());

    // The primary commits nothing alone.
    standby.stop().unwrap();
    std::thread::scope(|scope| {
        let commit = scope.spawn(|| primary.run_sql("postgres", insert));
        let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
        until("the commit waits", LONG, || {
            primary
                .run_sql("postgres", waits)
                .is_ok_and(|count| count == "1")
        })
        .unwrap();
        assert!(!commit.is_finished());
        standby.start_again().unwrap();
        commit.join().unwrap().unwrap();
    });

    primary.kill().unwrap();
    standby.promote().unwrap();
    standby.run_sql("postgres", insert).unwrap();
    let rows = standby.run_sql("postgres", "SELECT count(*) FROM t");
    assert_eq!(rows.unwrap(), "3");
}
