//! A whole cluster on this machine: services, nodes, and a balancer in front.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::balancer::Balancer;
use crate::folder::Folder;
use crate::node::{Links, Node, NodePlan};
use crate::port::Port;
use crate::postgres::{Postgres, PostgresOptions};
use crate::proxy::Proxy;
use crate::rabbitmq::{RabbitMq, RabbitMqOptions};
use crate::redis::{Redis, RedisOptions};
use crate::service::Service;
use crate::wait::until;

/// The name of its database.
const DATABASE: &str = "zspchat";
/// How long the balancer may take to find a node ready: it looks once a second.
const FOUND: Duration = Duration::from_secs(10);

#[derive(Clone, Debug)]
pub struct ClusterOptions {
    /// The server's program, and what it is called with.
    pub program: PathBuf,
    pub arguments: Vec<String>,
    pub nodes: usize,
    /// Nodes of RabbitMQ, which are one cluster; node 1 of ours uses the first, and so on, round.
    pub brokers: usize,
    /// Put a proxy between each node and each service.
    pub proxies: bool,
    /// Further `ZSPCHAT_*` variables for all nodes.
    pub settings: Vec<(String, String)>,
    pub postgres: PostgresOptions,
    pub redis: RedisOptions,
    pub rabbitmq: RabbitMqOptions,
}

impl ClusterOptions {
    /// Three nodes of this program, one of each service, no proxies.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            arguments: vec!["serve".to_owned()],
            nodes: 3,
            brokers: 1,
            proxies: false,
            settings: Vec::new(),
            postgres: PostgresOptions::default(),
            redis: RedisOptions::default(),
            rabbitmq: RabbitMqOptions::default(),
        }
    }
}

/// Services and nodes that run. Dropping it kills them all and removes their data.
pub struct Cluster {
    // In the order in which they are dropped: what uses others goes first.
    pub balancer: Balancer,
    pub nodes: Vec<Node>,
    pub brokers: Vec<RabbitMq>,
    pub redis: Redis,
    pub postgres: Postgres,
    _folder: Folder,
}

impl Cluster {
    /// Starts everything, and waits until the balancer has found each node ready.
    ///
    /// # Errors
    /// When a service or a node does not start: with the end of its log.
    pub fn start(options: &ClusterOptions) -> Result<Self> {
        ensure!(options.nodes > 0 && options.brokers > 0, "nothing to start");
        let folder = Folder::new("cluster")?;
        // RabbitMQ takes the longest by far.
        let (brokers, postgres, redis) = std::thread::scope(|scope| {
            let brokers = scope.spawn(|| brokers(options));
            let postgres = Postgres::start(&options.postgres);
            let redis = Redis::start(&options.redis);
            (brokers.join(), postgres, redis)
        });
        let brokers = brokers.ok().context("RabbitMQ's thread ended")??;
        let (postgres, redis) = (postgres?, redis?);
        postgres.create_database(DATABASE)?;

        let ports = (0..options.nodes).map(|_| Port::free());
        let ports = ports.collect::<Result<Vec<_>>>()?;
        let addresses: Vec<SocketAddr> = ports.iter().map(Port::address).collect();
        let balancer = Balancer::start(&addresses)?;
        let services = Services {
            postgres: &postgres,
            redis: &redis,
            brokers: &brokers,
        };
        let nodes = (0..).zip(ports).map(|(index, port)| {
            services.node(options, index, port, balancer.address(), folder.path())
        });
        let nodes = nodes.collect::<Result<Vec<_>>>()?;
        let cluster = Self {
            balancer,
            nodes,
            brokers,
            redis,
            postgres,
            _folder: folder,
        };
        for node in &cluster.nodes {
            node.launch()?;
        }
        cluster.wait_until_ready()?;
        Ok(cluster)
    }

    /// Waits until each node is ready and gets connections.
    ///
    /// # Errors
    /// When one ends or takes too long.
    pub fn wait_until_ready(&self) -> Result<()> {
        for node in &self.nodes {
            node.wait_until_ready()?;
        }
        until("the balancer finds every node ready", FOUND, || {
            self.balancer.ready().len() == self.nodes.len()
        })
    }

    /// The address for browsers and programs: `http://127.0.0.1:P`.
    pub fn url(&self) -> String {
        format!("http://{}", self.balancer.address())
    }

    /// The database's URL, past all proxies.
    pub fn database_url(&self) -> String {
        self.postgres.url(DATABASE)
    }

    /// Runs statements on the cluster's database; see [`Postgres::run_sql`].
    pub fn run_sql(&self, sql: &str) -> Result<String> {
        self.postgres.run_sql(DATABASE, sql)
    }

    /// Everything that can fail, nodes first.
    pub fn parts(&self) -> Vec<&dyn Service> {
        let nodes = self.nodes.iter().map(|node| node as &dyn Service);
        let brokers = self.brokers.iter().map(|broker| broker as &dyn Service);
        let stores: [&dyn Service; 2] = [&self.redis, &self.postgres];
        nodes.chain(brokers).chain(stores).collect()
    }

    /// Ends nodes one after the other in good order, then the services.
    ///
    /// # Errors
    /// The first that does not end in time; the others are ended nevertheless.
    pub fn stop(&self) -> Result<()> {
        let mut result = Ok(());
        for part in self.parts() {
            result = result.and(part.stop());
        }
        result
    }
}

fn brokers(options: &ClusterOptions) -> Result<Vec<RabbitMq>> {
    match options.brokers {
        1 => Ok(vec![RabbitMq::start(&options.rabbitmq)?]),
        more => RabbitMq::cluster(more, &options.rabbitmq),
    }
}

struct Services<'a> {
    postgres: &'a Postgres,
    redis: &'a Redis,
    brokers: &'a [RabbitMq],
}

impl Services<'_> {
    fn node(
        &self,
        options: &ClusterOptions,
        index: usize,
        port: Port,
        front: SocketAddr,
        folder: &Path,
    ) -> Result<Node> {
        let broker = &self.brokers[index % self.brokers.len()];
        let links = if options.proxies {
            Some(Links {
                postgres: Proxy::start(self.postgres.address())?,
                redis: Proxy::start(self.redis.address())?,
                rabbitmq: Proxy::start(broker.address())?,
            })
        } else {
            None
        };
        let at = |link: fn(&Links) -> &Proxy, direct: SocketAddr| {
            links.as_ref().map_or(direct, |links| link(links).address())
        };
        let postgres = at(|links| &links.postgres, self.postgres.address());
        let redis = at(|links| &links.redis, self.redis.address());
        let rabbitmq = at(|links| &links.rabbitmq, broker.address());
        let mut settings: Vec<(String, String)> = [
            ("DATABASE_URL", self.postgres.url_at(postgres, DATABASE)),
            ("REDIS_URL", self.redis.url_at(redis)),
            ("AMQP_URL", broker.url_at(rabbitmq)),
            ("PUBLIC_URL", format!("http://{front}")),
        ]
        .map(|(name, value)| (format!("ZSPCHAT_{name}"), value))
        .into();
        for (name, authority) in [
            ("REDIS_CA", self.redis.authority()),
            ("AMQP_CA", broker.authority()),
        ] {
            let file = authority.map(|path| path.display().to_string());
            settings.extend(file.map(|file| (format!("ZSPCHAT_{name}"), file)));
        }
        settings.extend(options.settings.iter().cloned());
        let number = index + 1;
        Ok(Node::prepare(NodePlan {
            name: format!("node {number} on port {}", port.number()),
            program: &options.program,
            arguments: &options.arguments,
            settings,
            port,
            data: folder.join(format!("node-{number}")),
            log: folder.join(format!("node-{number}.log")),
            links,
        }))
    }
}
