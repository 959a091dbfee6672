use services::{Redis, RedisOptions, Service, until};

use crate::{LONG, provided};

#[test]
fn answers_and_keeps_what_it_is_told_to_keep() {
    if !provided() {
        return;
    }
    let keep = RedisOptions {
        keep: true,
        ..RedisOptions::default()
    };
    for (options, kept) in [(RedisOptions::default(), ""), (keep, "value")] {
        let redis = Redis::start(&options).unwrap();
        assert!(redis.url().starts_with("redis://127.0.0.1:"));
        redis.run(&["SET", "key", "value"]).unwrap();
        assert_eq!(redis.run(&["GET", "key"]).unwrap(), "value");
        redis.kill().unwrap();
        assert!(!redis.is_running());
        assert!(redis.run(&["GET", "key"]).is_err());
        redis.start_again().unwrap();
        assert_eq!(redis.run(&["GET", "key"]).unwrap(), kept);
        redis.stop().unwrap();
        assert!(!redis.is_running());
        redis.start_again().unwrap();
        assert_eq!(redis.run(&["GET", "key"]).unwrap(), kept);
    }
}

#[test]
fn a_paused_one_does_not_answer() {
    if !provided() {
        return;
    }
    let redis = Redis::start(&RedisOptions::default()).unwrap();
    redis.pause().unwrap();
    assert!(redis.is_running());
    assert!(redis.run(&["PING"]).is_err());
    redis.resume();
    assert_eq!(redis.run(&["PING"]).unwrap(), "PONG");
}

#[test]
fn asks_for_its_password_and_speaks_tls() {
    if !provided() {
        return;
    }
    let options = RedisOptions {
        password: Some("secret".to_owned()),
        tls: true,
        settings: vec![("maxmemory".to_owned(), "2mb".to_owned())],
        ..RedisOptions::default()
    };
    let redis = Redis::start(&options).unwrap();
    assert!(redis.url().starts_with("rediss://:secret@127.0.0.1:"));
    let memory = redis.run(&["CONFIG", "GET", "maxmemory"]).unwrap();
    assert_eq!(memory.lines().last(), Some("2097152"));

    // It refuses who has no password, and who speaks no TLS.
    let port = redis.address().port().to_string();
    let authority = redis.authority().unwrap().to_str().unwrap();
    let ping = |arguments: &[&str]| {
        let mut cli = std::process::Command::new("redis-cli");
        let output = cli.args(["-p", &port]).args(arguments).arg("PING").output();
        let output = output.unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr)
    };
    let strict = ["-h", "127.0.0.1", "--tls", "--cacert", authority];
    assert!(ping(&strict).contains("NOAUTH"), "{}", ping(&strict));
    assert!(!ping(&["-a", "secret"]).contains("PONG"));
}

#[test]
fn two_do_not_meet() {
    if !provided() {
        return;
    }
    let [first, second] = [(); 2].map(|()| Redis::start(&RedisOptions::default()).unwrap());
    first.run(&["SET", "key", "first"]).unwrap();
    assert_eq!(second.run(&["GET", "key"]).unwrap(), "");
    let address = first.address();
    drop(first);
    until("its port is closed", LONG, || {
        std::net::TcpStream::connect(address).is_err()
    })
    .unwrap();
}
