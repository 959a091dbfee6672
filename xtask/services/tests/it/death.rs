//! What becomes of services when the program that started them is killed.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use services::{Folder, Postgres, PostgresOptions, RabbitMq, RabbitMqOptions, Redis, RedisOptions};
use services::{Service, until};

use crate::{LONG, provided};

/// Set for the program that will be killed.
const ROLE: &str = "SERVICES_TEST_ROLE";

#[test]
#[ignore = "run by the test below, as the program that is killed"]
fn holder() {
    assert!(std::env::var_os(ROLE).is_some(), "it would run for ever");
    // Made in a thread that ends: services must live on nevertheless.
    let made = std::thread::spawn(|| {
        (
            Redis::start(&RedisOptions::default()).unwrap(),
            Postgres::start(&PostgresOptions::default()).unwrap(),
            Postgres::start(&PostgresOptions::default()).unwrap(),
            RabbitMq::start(&RabbitMqOptions::default()).unwrap(),
        )
    });
    let (redis, postgres, paused, rabbitmq) = made.join().unwrap();
    assert!(redis.is_running() && postgres.is_running() && rabbitmq.is_running());
    paused.pause().unwrap();
    println!("\nready");
    loop {
        std::thread::park();
    }
}

#[test]
#[ignore = "run by the test below, as the next program that starts a service"]
fn successor() {
    Redis::start(&RedisOptions::default()).unwrap();
}

fn run(test: &str, place: &Folder) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env(ROLE, "1")
        .env("TMPDIR", place.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The command lines of the processes that work in this folder, or name it.
fn processes_in(place: &Path) -> Vec<String> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    entries
        .map(|entry| entry.path())
        .filter_map(|process| {
            let line = fs::read(process.join("cmdline")).ok()?;
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            let there = fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd.starts_with(place));
            (there || line.contains(place.to_str()?)).then_some(line)
        })
        .collect()
}

#[test]
fn nothing_is_left_when_the_starter_is_killed() {
    if !provided() {
        return;
    }
    let place = Folder::new("starter").unwrap();
    let mut starter = run("death::holder", &place);
    let lines = BufReader::new(starter.stdout.take().unwrap()).lines();
    let ready = lines.map_while(Result::ok).any(|line| line == "ready");
    assert!(ready, "the services did not start");
    let found = processes_in(place.path());
    for (name, least) in [("redis-server", 1), ("postgres: ", 8), ("beam.smp", 1)] {
        let count = found.iter().filter(|line| line.contains(name)).count();
        assert!(count >= least, "{name}: {found:?}");
    }

    starter.kill().unwrap();
    starter.wait().unwrap();
    until("the end of all services", LONG, || {
        processes_in(place.path()).is_empty()
    })
    .unwrap_or_else(|error| panic!("{error}: {:?}", processes_in(place.path())));

    let folders = || {
        let entries = fs::read_dir(place.path()).unwrap().flatten();
        entries.filter(|entry| entry.path().is_dir()).count()
    };
    assert_eq!(folders(), 5, "one a service, and epmd's");
    assert!(run("death::successor", &place).wait().unwrap().success());
    assert_eq!(folders(), 0);
}
