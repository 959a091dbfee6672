//! The kinds of faults.

use clap::ValueEnum;

/// What fails; each has a begin and an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum)]
pub enum Kind {
    /// A node is killed, and started again.
    NodeKill,
    /// A node freezes, and goes on.
    NodePause,
    /// The node that stores most is killed in the middle of a burst.
    WriterKill,
    /// A node is killed while the database keeps what was delivered to it waiting.
    StalledKill,
    /// Nodes are stopped in good order and started again, one after the other.
    RollingRestart,
    /// A node is stopped and started again while the database is slow, so that shards are handed over
    /// with deliveries under way.
    SlowHandover,
    PostgresKill,
    PostgresPause,
    /// Postgres's disk is full.
    PostgresFull,
    /// A synchronous standby takes over.
    PostgresFailover,
    /// The database's clock, by which all nodes go, jumps an hour ahead, and back.
    ClockJump,
    RedisKill,
    RedisPause,
    /// Redis forgets all it knows.
    RedisFlush,
    RabbitmqKill,
    RabbitmqPause,
    /// RabbitMQ freezes, and is killed before it goes on.
    RabbitmqPauseKill,
    /// RabbitMQ's disk is full.
    RabbitmqFull,
    /// RabbitMQ is killed and started again while its queues are full.
    QueuesKill,
    /// A shard's queue is deleted with what is in it.
    QueueDeleted,
    /// A shard's queue is deleted with nothing in it, and written to before it is there again.
    EmptyQueueDeleted,
    /// One of three nodes of RabbitMQ is killed, and comes back.
    BrokerLost,
    /// The network between a node and a service is cut.
    Cut,
    /// It is slow.
    Delay,
    /// It swallows everything, and nobody is told.
    Freeze,
    /// Members are removed and brought back in every group.
    Churn,
}

/// What a fault takes: two of the same are not made together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Nodes,
    Postgres,
    Redis,
    RabbitMq,
    Network,
    People,
}

impl Kind {
    /// Its name on the command line and in the report.
    pub fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }

    pub fn part(self) -> Part {
        match self {
            Self::NodeKill
            | Self::NodePause
            | Self::WriterKill
            | Self::RollingRestart => Part::Nodes,
            Self::PostgresKill
            | Self::PostgresPause
            | Self::PostgresFull
            | Self::PostgresFailover
            | Self::ClockJump
            // They keep the database from the nodes.
            | Self::StalledKill
            | Self::SlowHandover
            | Self::QueuesKill
            | Self::QueueDeleted
            | Self::EmptyQueueDeleted => Part::Postgres,
            Self::RedisKill | Self::RedisPause | Self::RedisFlush => Part::Redis,
            Self::RabbitmqKill
            | Self::RabbitmqPause
            | Self::RabbitmqPauseKill
            | Self::RabbitmqFull
            | Self::BrokerLost => Part::RabbitMq,
            Self::Cut | Self::Delay | Self::Freeze => Part::Network,
            Self::Churn => Part::People,
        }
    }

    /// Whether it can be made together with another.
    pub fn goes_with(self, other: Self) -> bool {
        let queues = |kind| {
            matches!(
                kind,
                Self::StalledKill
                    | Self::SlowHandover
                    | Self::QueuesKill
                    | Self::QueueDeleted
                    | Self::EmptyQueueDeleted
            )
        };
        let taken =
            |kind: Self| matches!(kind.part(), Part::RabbitMq | Part::Network | Part::Nodes);
        self.part() != other.part()
            && !(queues(self) && taken(other))
            && !(queues(other) && taken(self))
    }
}
