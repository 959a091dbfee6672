//! What servers count themselves: `/metrics`.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};

use crate::connection::Connection;

/// The sum of a counter over all its labels and all these servers; 0 where nothing was counted yet.
///
/// # Errors
/// When a server does not answer.
pub async fn total(servers: &[SocketAddr], name: &str) -> Result<f64> {
    let mut total = 0.0;
    for server in servers {
        let mut connection = Connection::open(*server).await?;
        let answer = connection.ask("GET", "/metrics", "", "").await?;
        let text = String::from_utf8(answer.body).context("metrics are text")?;
        total += sum(&text, name);
    }
    Ok(total)
}

/// Lines are `name 7` or `name{label="…"} 7`.
fn sum(text: &str, name: &str) -> f64 {
    let values = text.lines().filter_map(|line| {
        let rest = line.strip_prefix(name)?;
        if !rest.starts_with([' ', '{']) {
            return None;
        }
        rest.rsplit_once(' ')?.1.parse::<f64>().ok()
    });
    values.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_added_up_and_longer_names_are_others() {
        let text = "# TYPE a counter\na{x=\"1 2\"} 3\na{x=\"2\"} 4\na_total 100\na 0.5\n";
        assert!((sum(text, "a") - 7.5).abs() < 1e-9);
        assert!(sum(text, "b").abs() < 1e-9);
    }
}
