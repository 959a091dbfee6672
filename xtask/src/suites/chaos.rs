//! The promises, while parts of a cluster fail.

use anyhow::Result;

use super::counts::Counts;
use crate::project::Project;
use crate::{build, chaos, command};

/// For how long parts fail, in seconds.
const SECONDS: &str = "180";

/// What fails. Not what needs more nodes, or a clock of its own.
const FAULTS: &str = "node-kill,node-pause,writer-kill,rolling-restart,postgres-kill,\
    postgres-pause,postgres-full,postgres-failover,redis-kill,redis-pause,redis-flush,\
    rabbitmq-kill,rabbitmq-pause,rabbitmq-full,queues-kill,queue-deleted,cut,delay,freeze,churn";

/// Each time the same choices; other ones are for longer runs by hand.
const SEED: &str = "1";

pub fn run(project: &Project, arguments: &[String]) -> Result<Counts> {
    let server = build::product(project, build::Profile::Dev)?.server;
    let mut program = chaos::program(project, &server)?;
    program.args([
        "--seconds",
        SECONDS,
        "--seed",
        SEED,
        "--faults",
        FAULTS,
        "--json",
    ]);
    let ran = command::run("let parts fail", program.args(arguments));
    if let Err(error) = &ran {
        eprintln!("error: {error:#}");
    }
    Ok(Counts::one(ran.is_ok()))
}
