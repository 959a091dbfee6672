//! Real services for tests and trials, each a process of its own on a free port of this machine,
//! with all its state in a temporary folder.
//!
//! What this crate starts ends with the program that started it, also when that is killed; what it
//! leaves in the temporary folder then is removed by the next program that starts a service.

mod account;
mod balancer;
mod call;
mod certificates;
mod cluster;
mod entrance;
mod epmd;
mod folder;
mod interrupt;
mod keeper;
mod link;
mod node;
mod pause;
mod pebble;
mod port;
mod postgres;
mod probe;
mod process;
mod proxy;
mod push_service;
mod rabbitmq;
mod rabbitmq_cluster;
mod redis;
mod service;
mod standby;
mod tree;
mod wait;

use std::path::Path;

pub use balancer::Balancer;
pub use certificates::Certificates;
pub use cluster::{Cluster, ClusterOptions};
pub use folder::Folder;
pub use interrupt::Interrupt;
pub use node::{Links, Node};
pub use pebble::{Pebble, PebbleOptions};
pub use port::Port;
pub use postgres::{Postgres, PostgresOptions};
pub use probe::{Health, health};
pub use process::Process;
pub use proxy::Proxy;
pub use push_service::{PushAnswer, PushService, PushSubscription, Pushed};
pub use rabbitmq::{RabbitMq, RabbitMqOptions};
pub use redis::{Redis, RedisOptions};
pub use service::Service;
pub use wait::until;

/// Debian's packages that are not installed, of those that [`Redis`], [`Postgres`] and [`RabbitMq`]
/// need.
pub fn missing() -> Vec<&'static str> {
    let needs = [
        ("redis-server", Path::new("/usr/bin/redis-server").exists()),
        ("postgresql", postgres::programs().is_ok()),
        (
            "rabbitmq-server",
            Path::new("/usr/lib/rabbitmq/bin/rabbitmq-server").exists(),
        ),
        ("openssl", Path::new("/usr/bin/openssl").exists()),
        ("util-linux", Path::new("/usr/bin/setpriv").exists()),
    ];
    let missing = needs.into_iter().filter(|(_, there)| !there);
    missing.map(|(package, _)| package).collect()
}

/// Whether all services can be started here.
///
/// # Errors
/// Which of Debian's packages are missing.
pub fn available() -> Result<(), String> {
    match missing().as_slice() {
        [] => Ok(()),
        packages => Err(format!(
            "these packages are missing: {}",
            packages.join(", ")
        )),
    }
}
