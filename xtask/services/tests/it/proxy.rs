use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use services::{Proxy, until};

use crate::LONG;

/// How long nothing must arrive to be taken for nothing.
const SHORT: Duration = Duration::from_millis(300);

/// A server that sends everything back, and a proxy in front of it.
fn echo() -> Proxy {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            thread::spawn(move || {
                let mut back = stream.try_clone().unwrap();
                std::io::copy(&mut stream, &mut back).ok();
                back.shutdown(Shutdown::Write).ok();
            });
        }
    });
    Proxy::start(address).unwrap()
}

fn connect(proxy: &Proxy) -> TcpStream {
    let stream = TcpStream::connect(proxy.address()).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream
}

fn answer(stream: &mut TcpStream) -> std::io::Result<u8> {
    let mut byte = [0];
    stream.read_exact(&mut byte).map(|()| byte[0])
}

fn answers(stream: &mut TcpStream) -> bool {
    stream.write_all(b"x").is_ok() && answer(stream).is_ok_and(|byte| byte == b'x')
}

#[test]
fn carries_everything_and_both_ends() {
    let proxy = echo();
    let mut stream = connect(&proxy);
    let sent: Vec<u8> = (0..3_000_000_u32).map(|n| n.to_le_bytes()[1]).collect();
    let mut writer = stream.try_clone().unwrap();
    let bytes = sent.clone();
    let writing = thread::spawn(move || {
        writer.write_all(&bytes).unwrap();
        writer.shutdown(Shutdown::Write).unwrap();
    });
    let mut received = Vec::new();
    stream.read_to_end(&mut received).unwrap();
    writing.join().unwrap();
    assert!(received == sent);
    until("it lets the connection go", LONG, || {
        proxy.connections() == 0
    })
    .unwrap();
}

#[test]
fn a_cut_closes_and_refuses_until_restored() {
    let proxy = echo();
    let mut stream = connect(&proxy);
    assert!(answers(&mut stream));
    for _ in 0..20 {
        proxy.cut();
        assert!(!answers(&mut stream));
        let refused = TcpStream::connect(proxy.address()).unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
        proxy.restore();
        stream = connect(&proxy);
        assert!(answers(&mut stream));
    }
    proxy.reset();
    assert!(!answers(&mut stream));
    assert!(answers(&mut connect(&proxy)));
}

#[test]
fn a_cut_refuses_while_other_programs_are_started() {
    let proxy = echo();
    let stopped = AtomicBool::new(false);
    thread::scope(|scope| {
        // Each has a copy of every socket for a moment.
        scope.spawn(|| {
            while !stopped.load(Ordering::Relaxed) {
                Command::new("true").status().unwrap();
            }
        });
        let refused = (0..500).all(|_| {
            proxy.cut();
            let refused = TcpStream::connect(proxy.address()).is_err();
            proxy.restore();
            refused
        });
        stopped.store(true, Ordering::Relaxed);
        assert!(refused);
    });
}

#[test]
fn a_frozen_one_is_silent_and_loses_nothing() {
    let proxy = echo();
    let mut old = connect(&proxy);
    assert!(answers(&mut old));
    proxy.freeze();
    let mut new = connect(&proxy);
    for stream in [&mut old, &mut new] {
        stream.set_read_timeout(Some(SHORT)).unwrap();
        stream.write_all(b"y").unwrap();
        assert_eq!(
            answer(stream).unwrap_err().kind(),
            std::io::ErrorKind::WouldBlock
        );
        stream.set_read_timeout(Some(LONG)).unwrap();
    }
    proxy.restore();
    assert_eq!(answer(&mut old).unwrap(), b'y');
    assert_eq!(answer(&mut new).unwrap(), b'y');

    // A cut ends what is frozen as well.
    proxy.freeze();
    let mut newest = connect(&proxy);
    proxy.cut();
    assert!(answer(&mut old).is_err() && answer(&mut newest).is_err());
}

#[test]
fn a_delay_is_for_each_direction_and_does_not_add_up() {
    let proxy = echo();
    let mut stream = connect(&proxy);
    let delay = Duration::from_millis(100);
    proxy.delay(delay);
    let start = Instant::now();
    // Ten small writes, one after the other, are under way at the same time.
    for _ in 0..10 {
        stream.write_all(b"z").unwrap();
        until("the next write is another packet", LONG, || {
            start.elapsed() > Duration::ZERO
        })
        .unwrap();
    }
    for _ in 0..10 {
        assert_eq!(answer(&mut stream).unwrap(), b'z');
    }
    let took = start.elapsed();
    assert!(took >= 2 * delay && took < 10 * delay, "{took:?}");
    proxy.restore();
    let start = Instant::now();
    assert!(answers(&mut stream));
    assert!(start.elapsed() < delay, "{:?}", start.elapsed());
}

#[test]
fn a_failover_leads_elsewhere_and_closes_what_there_was() {
    let (proxy, other) = (echo(), TcpListener::bind("127.0.0.1:0").unwrap());
    let mut old = connect(&proxy);
    assert!(answers(&mut old));
    proxy.retarget(other.local_addr().unwrap());
    assert!(!answers(&mut old));
    let mut new = connect(&proxy);
    let (mut behind, _) = other.accept().unwrap();
    behind.write_all(b"n").unwrap();
    assert_eq!(answer(&mut new).unwrap(), b'n');
}

#[test]
fn a_service_that_is_away_closes_the_connection() {
    let nobody = services::Port::free().unwrap();
    let proxy = Proxy::start(nobody.address()).unwrap();
    assert!(answer(&mut connect(&proxy)).is_err());
}
