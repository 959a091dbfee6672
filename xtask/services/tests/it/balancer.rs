use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;

use services::{Balancer, Proxy, until};

use crate::LONG;

/// A node that answers `/readyz` as it is told, and everything else with its name. Connections are
/// kept until the client ends them. The proxy in front of it can kill or freeze it.
struct Node {
    proxy: Proxy,
    ready: Arc<AtomicU8>,
}

const READY: u8 = 1;
const UNREADY: u8 = 0;
/// Takes no more connections, and does not close those it has.
const GONE: u8 = 2;

impl Node {
    fn start(name: char) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Proxy::start(listener.local_addr().unwrap()).unwrap();
        let ready = Arc::new(AtomicU8::new(READY));
        let told = Arc::clone(&ready);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if told.load(Ordering::Relaxed) == GONE {
                    break;
                }
                let (stream, told) = (stream.unwrap(), Arc::clone(&told));
                thread::spawn(move || serve(stream, name, &told));
            }
        });
        Self { proxy, ready }
    }

    fn address(&self) -> SocketAddr {
        self.proxy.address()
    }

    fn say(&self, ready: u8) {
        self.ready.store(ready, Ordering::Relaxed);
    }
}

fn serve(stream: TcpStream, name: char, ready: &AtomicU8) {
    let mut answers = stream.try_clone().unwrap();
    let lines = BufReader::new(stream).lines();
    for line in lines.map_while(Result::ok) {
        if line.starts_with("GET /readyz ") {
            let status = if ready.load(Ordering::Relaxed) == READY {
                200
            } else {
                503
            };
            write!(answers, "HTTP/1.1 {status} x\r\n\r\n").ok();
            return;
        }
        if line == "who" && write!(answers, "{name}").is_err() {
            return;
        }
    }
}

fn connect(balancer: &Balancer) -> TcpStream {
    let stream = TcpStream::connect(balancer.address()).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream
}

/// The name of the node behind a connection, or `-` when it is closed.
fn who(stream: &mut TcpStream) -> char {
    let mut name = [0];
    let asked = stream.write_all(b"who\n");
    match asked.and_then(|()| stream.read_exact(&mut name)) {
        Ok(()) => name[0].into(),
        Err(error) => {
            assert_ne!(error.kind(), std::io::ErrorKind::WouldBlock, "still open");
            '-'
        }
    }
}

fn names(balancer: &Balancer) -> Vec<char> {
    let mut names: Vec<char> = (0..6).map(|_| who(&mut connect(balancer))).collect();
    names.sort_unstable();
    names
}

#[test]
fn goes_round_and_leaves_out_who_is_not_ready() {
    let nodes = ['a', 'b', 'c'].map(Node::start);
    let balancer = Balancer::start(&nodes.each_ref().map(Node::address)).unwrap();
    assert_eq!(balancer.ready().len(), 3);
    assert_eq!(names(&balancer), ['a', 'a', 'b', 'b', 'c', 'c']);

    let mut streams = [(); 3].map(|()| connect(&balancer));
    nodes[1].say(UNREADY);
    until("it is noticed", LONG, || balancer.ready().len() == 2).unwrap();
    assert_eq!(names(&balancer), ['a', 'a', 'a', 'c', 'c', 'c']);
    let mut kept = streams.each_mut().map(who);
    kept.sort_unstable();
    assert_eq!(
        kept,
        ['a', 'b', 'c'],
        "connections to one that is not ready are kept"
    );
    nodes[1].say(READY);
    until("it is back", LONG, || balancer.ready().len() == 3).unwrap();
    assert_eq!(names(&balancer), ['a', 'a', 'b', 'b', 'c', 'c']);
}

#[test]
fn moves_on_from_who_died_or_hangs() {
    let nodes = ['a', 'b'].map(Node::start);
    let balancer = Balancer::start(&nodes.each_ref().map(Node::address)).unwrap();
    let mut streams = [(); 2].map(|()| connect(&balancer));
    let mut found = streams.each_mut().map(who);
    found.sort_unstable();
    assert_eq!(found, ['a', 'b']);

    nodes[0].proxy.cut();
    // Also before the next check: a node that refuses is passed over.
    assert_eq!(names(&balancer), ['b'; 6]);
    let mut found = streams.each_mut().map(who);
    found.sort_unstable();
    assert_eq!(found, ['-', 'b']);
    nodes[0].proxy.restore();
    until("it is back", LONG, || balancer.ready().len() == 2).unwrap();

    nodes[1].proxy.freeze();
    until("it is noticed", LONG, || balancer.ready().len() == 1).unwrap();
    assert_eq!(names(&balancer), ['a'; 6]);
    assert!(streams.iter_mut().all(|stream| who(stream) == '-'));

    let mut last = connect(&balancer);
    assert_eq!(who(&mut last), 'a');
    nodes[0].say(GONE);
    until("it is noticed", LONG, || balancer.ready().is_empty()).unwrap();
    assert_eq!(who(&mut last), '-');
    assert_eq!(names(&balancer), ['-'; 6]);
}
