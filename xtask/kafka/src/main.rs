//! A Kafka broker for tests, with what makes its topics and users: see `services::Kafka`.

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tansu_cli::Cli::main().await?;
    Ok(())
}
