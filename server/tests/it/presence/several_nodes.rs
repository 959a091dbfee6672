//! Who is online, over several nodes, and when Redis fails.

use std::sync::Arc;

use protocol::stream::{Presence as Shown, PresenceState};
use server::bus::{Arrived, Payload, Topic};
use server::clock::Clock;
use server::presence::{Presence, Times};
use services::{RedisOptions, Service as _};

use super::{GRACE, START};
use crate::bus::user;
use crate::redis::{self, PATIENCE, until};
use crate::waiting::moment;
use PresenceState::{Offline, Online, Unknown};

/// A node that watches the user, and does every second what a node does.
struct Node {
    presence: Presence,
    network: redis::Node,
    clock: Clock,
}

/// Short enough not to be waited for: the node's clock stands still unless it is moved on, but what
/// is in Redis ends by Redis's clock.
const TIMES: Times = Times {
    grace: GRACE,
    lasts: 1_500,
    renewed: 1_000,
    looked: 1_000,
    settled: 5_000,
};

impl Node {
    async fn start(server: &services::Redis, times: Times) -> Self {
        let network = redis::Node::start(server).await;
        let clock = Clock::manual(START);
        let (connection, bus) = (network.redis.clone(), Arc::clone(&network.bus));
        let presence = Presence::over_redis_with(connection, network.id, bus, clock.clone(), times);
        let mut node = Self {
            presence,
            network,
            clock,
        };
        node.network
            .bus
            .subscribe(vec![Topic::Presence(user(1))])
            .await
            .unwrap();
        // Past the time after which an absence proves something.
        node.presence.watch(&[user(1)]).await;
        node.clock.advance(times.settled);
        node.second().await;
        node
    }

    async fn open(&self) {
        self.presence.arrived(user(1));
        self.presence.set_invisible(user(1), false);
        self.presence.settle().await;
    }

    async fn pass(&mut self, millis: i64) {
        self.clock.advance(millis);
        self.presence.tick();
        self.presence.settle().await;
    }

    /// Does what is done each second; gives what the watchers here are told then.
    async fn second(&mut self) -> Vec<PresenceState> {
        self.pass(1_000).await;
        let mut told = self.heard();
        told.extend(
            self.presence
                .look_again(&[user(1)])
                .await
                .iter()
                .map(|shown| shown.state),
        );
        told
    }

    /// What the bus brought that is news.
    fn heard(&mut self) -> Vec<PresenceState> {
        let mut told = Vec::new();
        while let Some(messages) = self.network.from_bus.take() {
            for message in messages {
                if let Payload::Presence(shown) = message.payload
                    && self.presence.heard(shown)
                {
                    told.push(shown.state);
                }
            }
        }
        told
    }

    /// Lets real time pass, second by second of the node's, until the watchers were told something.
    async fn until_told(&mut self, state: PresenceState) -> Vec<PresenceState> {
        let mut all = Vec::new();
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while !all.contains(&state) {
            assert!(
                tokio::time::Instant::now() < deadline,
                "only {all:?} was told"
            );
            all.extend(self.second().await);
            moment().await;
        }
        all
    }

    async fn look(&self) -> Shown {
        self.presence.watch(&[user(1)]).await.shown[0]
    }
}

/// Entries that outlast any test.
fn lasting() -> Times {
    Times {
        lasts: 600_000,
        ..TIMES
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_is_online_while_any_node_has_a_stream() {
    let Some(server) = redis::start(&RedisOptions::default()) else {
        return;
    };
    let mut one = Node::start(&server, lasting()).await;
    let mut other = Node::start(&server, lasting()).await;
    let mut watcher = Node::start(&server, lasting()).await;
    one.open().await;
    assert_eq!(watcher.until_told(Online).await, [Online]);
    let since = watcher.look().await.since;
    other.open().await;
    one.presence.gone(user(1));
    one.pass(GRACE).await;
    assert_eq!(watcher.second().await, []);
    assert_eq!(
        watcher.look().await,
        Shown {
            user: user(1),
            state: Online,
            since
        }
    );
    other.presence.gone(user(1));
    other.pass(GRACE - 1).await;
    assert_eq!(watcher.look().await.state, Online);
    other.pass(1).await;
    for node in [&mut one, &mut other, &mut watcher] {
        let told = node.until_told(Offline).await;
        assert!(told.ends_with(&[Offline]) && told.len() <= 2, "{told:?}");
    }
    for _ in 0..5 {
        for node in [&mut one, &mut other, &mut watcher] {
            assert_eq!(node.second().await, []);
        }
    }
    assert!(watcher.look().await.since > since);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_elsewhere_within_the_grace_is_no_coming_and_going() {
    let Some(server) = redis::start(&RedisOptions::default()) else {
        return;
    };
    let mut one = Node::start(&server, lasting()).await;
    let other = Node::start(&server, lasting()).await;
    let mut watcher = Node::start(&server, lasting()).await;
    one.open().await;
    assert_eq!(watcher.until_told(Online).await, [Online]);
    one.presence.gone(user(1));
    one.pass(GRACE - 1).await;
    other.open().await;
    one.pass(1).await;
    one.pass(1_000).await;
    for _ in 0..5 {
        assert_eq!(watcher.second().await, []);
    }
    assert_eq!(watcher.look().await.state, Online);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hides_at_one_node_hides_at_all() {
    let Some(server) = redis::start(&RedisOptions::default()) else {
        return;
    };
    let mut one = Node::start(&server, lasting()).await;
    let other = Node::start(&server, lasting()).await;
    let mut watcher = Node::start(&server, lasting()).await;
    one.open().await;
    assert_eq!(watcher.until_told(Online).await, [Online]);
    other.presence.set_invisible(user(1), true);
    other.presence.settle().await;
    assert_eq!(watcher.until_told(Offline).await, [Offline]);
    // The node with the stream renews its entry, opens another, and learns of it.
    for _ in 0..3 {
        one.pass(TIMES.renewed).await;
        assert_eq!(watcher.second().await, []);
    }
    one.presence.arrived(user(1));
    one.presence.settle().await;
    assert_eq!(watcher.second().await, []);
    // So that it does not give them away to a Redis that has forgotten.
    server.run(&["FLUSHALL"]).unwrap();
    one.pass(TIMES.renewed).await;
    assert_eq!(watcher.second().await, []);
    assert_eq!(watcher.look().await.state, Offline);
    other.presence.set_invisible(user(1), false);
    other.presence.settle().await;
    assert_eq!(watcher.until_told(Online).await, [Online]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_people_of_a_node_that_dies_go_offline() {
    let Some(server) = redis::start(&RedisOptions::default()) else {
        return;
    };
    let one = Node::start(&server, TIMES).await;
    let mut other = Node::start(&server, TIMES).await;
    one.open().await;
    assert_eq!(other.until_told(Online).await, [Online]);
    drop(one);
    assert_eq!(other.until_told(Offline).await, [Offline]);
    let since = other.look().await.since;
    assert!(since > 0);
    assert_eq!(other.second().await, []);
    assert_eq!(other.look().await.since, since);
    // And back here.
    other.open().await;
    assert_eq!(other.until_told(Online).await, [Online]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_bus_lost_is_found() {
    let Some(server) = redis::start(&RedisOptions::default()) else {
        return;
    };
    let one = Node::start(&server, lasting()).await;
    let mut watcher = Node::start(&server, lasting()).await;
    watcher
        .network
        .bus
        .unsubscribe(vec![Topic::Presence(user(1))]);
    watcher
        .network
        .bus
        .subscribe(vec![Topic::User(user(1))])
        .await
        .unwrap();
    one.open().await;
    assert_eq!(watcher.until_told(Online).await, [Online]);
    // A late message of before is no news.
    let late = Shown {
        user: user(1),
        state: Offline,
        since: 1,
    };
    assert!(!watcher.presence.heard(late));
}

#[tokio::test(flavor = "multi_thread")]
async fn while_redis_is_away_nothing_is_said_and_then_the_truth() {
    let Some(server) = redis::start(&RedisOptions::default()) else {
        return;
    };
    let times = Times {
        // Not by chance, but since Redis may have forgotten it, what is known here is written again.
        renewed: 600_000,
        ..lasting()
    };
    let mut one = Node::start(&server, times).await;
    let mut watcher = Node::start(&server, lasting()).await;
    one.open().await;
    assert_eq!(watcher.until_told(Online).await, [Online]);
    let since = watcher.look().await.since;
    server.kill().unwrap();
    assert_eq!(watcher.until_told(Unknown).await, [Unknown]);
    assert_eq!(watcher.second().await, []);
    assert_eq!(watcher.look().await.state, Unknown);
    until(|| one.network.bus.is_away()).await;

    // It comes back empty, and the node with the stream is late.
    server.start_again().unwrap();
    assert!(matches!(
        redis::within(watcher.network.from_bus.next()).await,
        Some(Arrived::Back)
    ));
    until(|| !watcher.network.bus.is_away()).await;
    for _ in 0..3 {
        assert_eq!(watcher.second().await, [], "an absence proves nothing yet");
    }
    assert_eq!(watcher.look().await.state, Unknown);
    until(|| !one.network.bus.is_away()).await;
    one.pass(1_000).await;
    assert_eq!(watcher.until_told(Online).await, [Online]);
    assert_eq!(watcher.look().await.since, since);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_left_while_redis_was_away_is_offline_afterwards() {
    let Some(server) = redis::start(&RedisOptions::default()) else {
        return;
    };
    let mut one = Node::start(&server, lasting()).await;
    let mut watcher = Node::start(&server, lasting()).await;
    one.open().await;
    assert_eq!(watcher.until_told(Online).await, [Online]);
    server.pause().unwrap();
    assert_eq!(watcher.until_told(Unknown).await, [Unknown]);
    until(|| one.network.bus.is_away()).await;
    one.presence.gone(user(1));
    one.pass(GRACE).await;
    server.resume();
    until(|| !one.network.bus.is_away()).await;
    one.pass(1_000).await;
    assert_eq!(watcher.until_told(Offline).await, [Offline]);
    assert_eq!(watcher.look().await.state, Offline);
}
