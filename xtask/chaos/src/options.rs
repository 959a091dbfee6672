//! What can be asked for.

use std::path::PathBuf;

use clap::Parser;
use protocol::mistakes::Mistake;

use crate::faults::Kind;

#[derive(Parser)]
#[command(about = "A cluster under a workload with faults, and the checker of what it promises")]
pub struct Options {
    /// The server's program
    #[arg(long)]
    pub server: PathBuf,
    /// For how long faults come, in seconds
    #[arg(long, default_value_t = 180)]
    pub seconds: u64,
    /// Repeats a run's choices
    #[arg(long)]
    pub seed: Option<u64>,
    /// Print one JSON object as the last line
    #[arg(long)]
    pub json: bool,
    /// Only these kinds of faults, separated by commas
    #[arg(long, value_delimiter = ',')]
    pub faults: Vec<Kind>,
    /// No two faults at the same time
    #[arg(long)]
    pub alone: bool,
    /// How many nodes of the server
    #[arg(long, default_value_t = 3)]
    pub nodes: usize,
    /// How many nodes of RabbitMQ, which form one cluster; `broker-lost` wants three
    #[arg(long, default_value_t = 1)]
    pub brokers: usize,
    /// How many protocol clients
    #[arg(long, default_value_t = 50)]
    pub clients: usize,
    /// How many real browsers
    #[arg(long, default_value_t = 3)]
    pub browsers: usize,
    /// The folder of the end-to-end tests, for the browsers
    #[arg(long, default_value = "end2end")]
    pub end2end: PathBuf,
    /// Let clients or nodes make this mistake, such as send-together, and fail unless the checker
    /// notices; without `--faults` those come that bring it to light
    #[arg(long)]
    pub mistake: Option<Mistake>,
    /// What the nodes log
    #[arg(long, default_value = "info")]
    pub log: String,
}
