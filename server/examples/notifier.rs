//! A subscriber of the exchange `{prefix}.offline`, to begin a notifier of your own with: by mail, by
//! the push service of a phone, by what you like. It prints each job, once.
//!
//! `cargo run -p server --example notifier -- amqp://user:password@host/vhost zspchat`

use std::collections::HashSet;
use std::error::Error;

use futures::StreamExt as _;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicQosOptions, QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Connection, ConnectionProperties};
use serde_json::Value;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(url), Some(prefix)) = (arguments.next(), arguments.next()) else {
        return Err("name the broker's address and amqp.prefix of the servers".into());
    };
    let connection = Connection::connect(&url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    // So many jobs are here at a time; the others wait in the queue.
    channel.basic_qos(32, BasicQosOptions::default()).await?;

    // A queue of your own: it keeps what comes while this program is away. When it is full it drops the
    // oldest, so that it never holds up the servers.
    let queue = format!("{prefix}.offline.example");
    let durable = QueueDeclareOptions {
        durable: true,
        ..QueueDeclareOptions::default()
    };
    let mut limits = FieldTable::default();
    limits.insert("x-max-length".into(), AMQPValue::LongLongInt(100_000));
    limits.insert(
        "x-overflow".into(),
        AMQPValue::LongString("drop-head".into()),
    );
    channel
        .queue_declare(queue.clone().into(), durable, limits)
        .await?;
    // Keys are kinds of events; # is all of them.
    let (exchange, key) = (format!("{prefix}.offline").into(), "message".into());
    let (options, nothing) = (QueueBindOptions::default(), FieldTable::default());
    channel
        .queue_bind(queue.clone().into(), exchange, key, options, nothing)
        .await?;
    let (options, nothing) = (BasicConsumeOptions::default(), FieldTable::default());
    let mut jobs = channel
        .basic_consume(queue.into(), "".into(), options, nothing)
        .await?;
    println!("ready");

    // A job may come more than once. Keep this where it outlives the program, for three days.
    let mut done = HashSet::new();
    while let Some(delivery) = jobs.next().await {
        let delivery = delivery?;
        let together: Vec<Value> = serde_json::from_slice(&delivery.data)?;
        for job in together {
            if done.insert((job["conversation"].to_string(), job["seq"].as_u64())) {
                // Who is away and wants to know? What was said is read by the API, with an access token.
                println!("{job}");
            }
        }
        delivery.ack(BasicAckOptions::default()).await?;
    }
    Err("the connection is lost".into())
}
