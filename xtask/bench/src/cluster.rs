//! What nodes share, and the nodes: those of a cluster, and one by itself.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use services::{Postgres, PostgresOptions, RabbitMq, RabbitMqOptions, Redis, RedisOptions};
use tokio::runtime::Runtime;

use crate::connection::Connection;
use crate::server::Server;

/// How long a node may take to reach all its services.
const READY: Duration = Duration::from_mins(1);

/// Postgres, which waits for the disk at each commit, RabbitMQ and Redis.
pub struct Cluster {
    pub postgres: Postgres,
    pub redis: Redis,
    rabbitmq: RabbitMq,
    program: PathBuf,
    folder: PathBuf,
}

impl Cluster {
    /// Starts them, for nodes of this program with their data in a folder.
    pub fn start(program: PathBuf, folder: PathBuf) -> Result<Self> {
        eprintln!("  … start Postgres, RabbitMQ and Redis");
        let options = PostgresOptions {
            fsync: true,
            // The connections of several nodes and of 64 clients besides.
            settings: vec![("max_connections".to_owned(), "200".to_owned())],
            ..PostgresOptions::default()
        };
        std::thread::scope(|scope| {
            // It takes the longest by far.
            let rabbitmq = scope.spawn(|| RabbitMq::start(&RabbitMqOptions::default()));
            Ok(Self {
                postgres: Postgres::start(&options)?,
                redis: Redis::start(&RedisOptions::default())?,
                rabbitmq: rabbitmq.join().ok().context("RabbitMQ's thread ended")??,
                program,
                folder,
            })
        })
    }

    /// Starts a node by itself: Postgres is all it has.
    pub fn single(&self, database: &str) -> Result<Server> {
        let url = ("DATABASE_URL", self.postgres.url(database));
        Server::start(&self.program, &self.folder.join(database), &[url])
    }

    /// Starts one more node of the cluster on this database, and waits until it has reached all its
    /// services.
    pub fn node(
        &self,
        runtime: &Runtime,
        database: &str,
        number: usize,
        settings: &[(&str, String)],
    ) -> Result<Server> {
        let mut all = vec![
            ("DATABASE_URL", self.postgres.url(database)),
            ("AMQP_URL", self.rabbitmq.url()),
            ("REDIS_URL", self.redis.url()),
        ];
        all.extend_from_slice(settings);
        let data = self.folder.join(format!("{database}-{number}"));
        let server = Server::start(&self.program, &data, &all)?;
        services::until("a node reaches its services", READY, || {
            runtime
                .block_on(is_ready(server.address()))
                .unwrap_or(false)
        })?;
        Ok(server)
    }
}

/// Whether a node says that nothing is away.
async fn is_ready(node: SocketAddr) -> Result<bool> {
    let mut connection = Connection::open(node).await?;
    let answer = connection.ask("GET", "/readyz", "", "").await?;
    let body = String::from_utf8_lossy(&answer.body);
    Ok(answer.status == 200 && body.contains(r#""state":"ready""#))
}

/// Where nodes are.
pub fn addresses(nodes: &[Server]) -> Vec<SocketAddr> {
    nodes.iter().map(Server::address).collect()
}
