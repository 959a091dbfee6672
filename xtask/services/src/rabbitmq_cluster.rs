//! Several RabbitMQ nodes that are one broker.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;

use crate::epmd::Epmd;
use crate::rabbitmq::{RabbitMq, RabbitMqOptions};
use crate::service::Service;
use crate::wait::until;

/// How long nodes may take to find each other once they are up.
const MEET: Duration = Duration::from_mins(1);

impl RabbitMq {
    /// Starts so many nodes as one cluster, each with its own port, and waits until all are in it.
    ///
    /// # Errors
    /// When one does not start, or they do not meet in time.
    pub fn cluster(nodes: usize, options: &RabbitMqOptions) -> Result<Vec<Self>> {
        let epmd = Arc::new(Epmd::start()?);
        let first = Self::prepare(options, &epmd, None)?;
        // It makes the cluster, which the others then join: together they might make several.
        first.start_again()?;
        let mut all = vec![first];
        for _ in 1..nodes {
            let node = Self::prepare(options, &epmd, Some(all[0].node()))?;
            node.launch()?;
            all.push(node);
        }
        await_all(&all)?;
        Ok(all)
    }

    /// Starts all nodes of a cluster that is down. One by one would not do: a node that was not the
    /// last to end waits for the one that was.
    ///
    /// # Errors
    /// When one does not start, or they do not meet in time.
    pub fn start_all_again(nodes: &[Self]) -> Result<()> {
        for node in nodes.iter().filter(|node| !node.is_running()) {
            node.launch()?;
        }
        await_all(nodes)
    }
}

fn await_all(nodes: &[RabbitMq]) -> Result<()> {
    for node in nodes {
        node.wait_until_ready()?;
    }
    let Some(first) = nodes.first() else {
        return Ok(());
    };
    // Asked of all by one call of the tool, which takes a second or two to start.
    let met = format!(
        "lists:all(fun(Node) -> length(rpc:call(Node, rabbit_mnesia, cluster_nodes, [running])) \
         =:= {} end, rabbit_mnesia:cluster_nodes(all)).",
        nodes.len()
    );
    until("all nodes of RabbitMQ in one cluster", MEET, || {
        first
            .ctl(&["eval", &met])
            .is_ok_and(|answer| answer == "true")
    })
}
