use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use services::{RabbitMq, RabbitMqOptions, Service};

use crate::{LONG, provided};

/// What a broker says first when it is spoken to in its own protocol: a method frame (1) on
/// channel 0. `None` if it says nothing within a second.
fn greeting(broker: &RabbitMq) -> Option<[u8; 3]> {
    let mut stream = TcpStream::connect(broker.address()).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(1))).ok()?;
    stream.write_all(b"AMQP\0\0\x09\x01").ok()?;
    let mut start = [0; 3];
    stream.read_exact(&mut start).ok()?;
    // An alert of TLS begins with 21.
    (start[0] == 1).then_some(start)
}

#[test]
fn answers_takes_orders_is_paused_killed_and_keeps_its_users() {
    if !provided() {
        return;
    }
    let options = RabbitMqOptions {
        disk_free_limit: Some("1MB".to_owned()),
        config: vec!["consumer_timeout = 61000".to_owned()],
        ..RabbitMqOptions::default()
    };
    let broker = RabbitMq::start(&options).unwrap();
    assert!(broker.url().starts_with("amqp://guest:guest@127.0.0.1:"));
    assert_eq!(greeting(&broker), Some([1, 0, 0]));
    let settings = "{application:get_env(rabbit, disk_free_limit), \
        application:get_env(rabbit, consumer_timeout)}.";
    assert_eq!(
        broker.ctl(&["eval", settings]).unwrap(),
        "{{ok,\"1MB\"},{ok,61000}}"
    );
    broker.ctl(&["add_user", "somebody", "secret"]).unwrap();

    broker.pause().unwrap();
    assert_eq!(greeting(&broker), None);
    broker.resume();
    services::until("an answer", LONG, || greeting(&broker).is_some()).unwrap();

    broker.kill().unwrap();
    assert_eq!(greeting(&broker), None);
    broker.start_again().unwrap();
    let users = broker.ctl(&["list_users"]).unwrap();
    assert!(users.contains("somebody"), "{users}");
}

/// What a broker says by TLS, with its certificate checked.
fn greeting_by_tls(broker: &RabbitMq) -> Vec<u8> {
    let mut openssl = Command::new("openssl")
        .args(["s_client", "-quiet", "-verify_return_error"])
        .args(["-verify_ip", "127.0.0.1", "-CAfile"])
        .arg(broker.authority().unwrap())
        .args(["-connect", &broker.address().to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = vec![0; 3];
    let mut stdin = openssl.stdin.take().unwrap();
    stdin.write_all(b"AMQP\0\0\x09\x01").unwrap();
    let answered = openssl.stdout.take().unwrap().read_exact(&mut said);
    openssl.kill().unwrap();
    openssl.wait().unwrap();
    answered.unwrap();
    said
}

#[test]
fn three_are_one_cluster_which_comes_back_from_a_loss_of_power() {
    if !provided() {
        return;
    }
    let options = RabbitMqOptions {
        tls: true,
        ..RabbitMqOptions::default()
    };
    let nodes = RabbitMq::cluster(3, &options).unwrap();
    assert!(nodes[0].url().starts_with("amqps://guest:guest@127.0.0.1:"));
    nodes[0].ctl(&["add_user", "somebody", "secret"]).unwrap();
    for node in &nodes {
        assert_eq!(greeting_by_tls(node), [1, 0, 0]);
        assert_eq!(greeting(node), None, "it speaks TLS only");
    }
    for node in &nodes {
        node.kill().unwrap();
    }
    RabbitMq::start_all_again(&nodes).unwrap();
    let users = nodes[2].ctl(&["list_users"]).unwrap();
    assert!(users.contains("somebody"), "{users}");
}
