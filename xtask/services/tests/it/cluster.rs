use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use services::{Cluster, ClusterOptions, Health, Service, until};

use crate::{LONG, provided};

/// Says what it was given, as `name=value` lines, and nothing else.
#[test]
#[ignore = "run by the test below, as a node that is easy to make"]
fn node() {
    let listener = TcpListener::bind(std::env::var("ZSPCHAT_LISTEN").unwrap()).unwrap();
    let variables = std::env::vars().filter(|(name, _)| name.starts_with("ZSPCHAT_"));
    let lines: Vec<String> = variables
        .map(|(name, value)| format!("{name}={value}\n"))
        .collect();
    let text = lines.concat();
    println!("{text}");
    for stream in listener.incoming() {
        let mut stream = stream.unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        let end = |line: &str| line.is_empty();
        if lines.by_ref().map_while(Result::ok).any(|line| end(&line)) {
            let length = text.len();
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{text}"
            )
            .ok();
        }
    }
}

/// What the node behind the balancer was given under this name; `None` if no node answers.
fn given(cluster: &Cluster, name: &str) -> Option<String> {
    let mut stream = TcpStream::connect(cluster.balancer.address()).ok()?;
    stream.set_read_timeout(Some(LONG)).ok()?;
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let (_, value) = text.split_once(&format!("\n{name}="))?;
    Some(value.lines().next()?.to_owned())
}

#[test]
fn a_cluster_has_its_services_survives_a_node_and_ends() {
    if !provided() {
        return;
    }
    let mut options = ClusterOptions::new(std::env::current_exe().unwrap());
    options.arguments = ["--exact", "cluster::node", "--ignored", "--nocapture"]
        .map(str::to_owned)
        .into();
    options.proxies = true;
    options.settings = vec![("ZSPCHAT_LOG_FORMAT".to_owned(), "json".to_owned())];
    let cluster = Cluster::start(&options).unwrap();
    assert_eq!(
        cluster.run_sql("SELECT current_database()").unwrap(),
        "zspchat"
    );

    let mut listens: Vec<String> = (0..3)
        .map(|_| given(&cluster, "ZSPCHAT_LISTEN").unwrap())
        .collect();
    listens.sort();
    let mut addresses: Vec<String> = cluster
        .nodes
        .iter()
        .map(|node| node.address().to_string())
        .collect();
    addresses.sort();
    assert_eq!(listens, addresses);
    assert_eq!(
        given(&cluster, "ZSPCHAT_PUBLIC_URL").unwrap(),
        cluster.url()
    );
    assert_eq!(given(&cluster, "ZSPCHAT_LOG_FORMAT").unwrap(), "json");

    // A node reaches each service through a proxy of its own.
    let node = &cluster.nodes[0];
    let links = node.links().unwrap();
    for (name, link) in [
        ("DATABASE", &links.postgres),
        ("REDIS", &links.redis),
        ("AMQP", &links.rabbitmq),
    ] {
        let line = format!("ZSPCHAT_{name}_URL=");
        let log = node.log();
        let url = log.lines().find(|text| text.starts_with(&line)).unwrap();
        assert!(url.contains(&link.address().to_string()), "{url}");
    }

    node.kill().unwrap();
    assert_eq!(node.health(), Health::Dead);
    cluster.nodes[1].pause().unwrap();
    until("one node is left", LONG, || {
        cluster.balancer.ready().len() == 1
    })
    .unwrap();
    let left = cluster.nodes[2].address().to_string();
    assert_eq!(given(&cluster, "ZSPCHAT_LISTEN"), Some(left));
    cluster.nodes[1].resume();
    node.start_again().unwrap();
    cluster.wait_until_ready().unwrap();

    cluster.stop().unwrap();
    assert!(cluster.parts().iter().all(|part| !part.is_running()));
    assert_eq!(cluster.parts().len(), 6);
}
