//! What time it is, on a node.

use std::time::Duration;

use server::clock::Clock;
use server::random::Random;
use server::store::{DatabaseConfig, PostgresConfig, Store};
use services::Proxy;

use crate::database;

/// How long everything takes to the database, and as long back.
const FAR: Duration = Duration::from_millis(150);

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_is_set_by_the_quickest_answer() {
    // A file has no clock of its own.
    if !database::is_postgres() {
        return;
    }
    let (server, name) = (database::server(), database::empty());
    let far = Proxy::start(server.address()).unwrap();
    let config = DatabaseConfig::Postgres(PostgresConfig {
        url: server.url_at(far.address(), &name),
        readers: 1,
        writers: 2,
    });
    let random = Random::seeded(7);
    let store = Store::open(&config, &Clock::system(), &random)
        .await
        .unwrap();
    far.delay(FAR);
    let clock = Clock::steered();
    store.steer(&clock).await.unwrap();
    let apart = clock.now() - Clock::system().now();
    assert!(
        apart.unsigned_abs() < FAR.as_millis().try_into().unwrap(),
        "{apart} ms"
    );
}
