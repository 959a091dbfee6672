//! https without a proxy: by certificate files, by ACME, by an authority of one's own.

mod acme;
mod authority;
pub mod client;
mod files;
mod handshakes;
mod serving;

use server::clock::Clock;
use server::config::Config;
use server::tls::authority::{Made, make};
use tempfile::TempDir;

use crate::http::app::{Browser, TestApp};
use client::{Trust, Tunnel};

/// A certificate for this machine, from an authority of its own.
pub struct Certified {
    folder: TempDir,
    pub made: Made,
}

impl Certified {
    pub fn new() -> Self {
        Self::at(&Clock::system())
    }

    /// Made at another time.
    pub fn at(clock: &Clock) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let made = make(folder.path(), &names, clock).unwrap();
        Self { folder, made }
    }

    /// Replaces the certificate by another of the same authority.
    pub fn renew(&self) {
        make(self.folder.path(), &[], &Clock::system()).unwrap();
    }

    /// Trusts this authority alone.
    pub fn trust(&self) -> Trust {
        Trust::only(&std::fs::read(&self.made.authority).unwrap())
    }

    pub fn configure(&self, config: &mut Config) {
        config.tls.certificate = Some(self.made.certificate.clone());
        config.tls.key = Some(self.made.key.clone());
        config.patience.certificate = std::time::Duration::from_millis(20);
    }

    pub async fn serve(&self) -> TestApp {
        self.serve_with(|_| ()).await
    }

    pub async fn serve_with(&self, change: impl FnOnce(&mut Config)) -> TestApp {
        TestApp::start_with(|config| {
            self.configure(config);
            change(config);
        })
        .await
    }

    /// Somebody who reaches the server by connections of its authority only.
    pub async fn anybody(&self, app: &TestApp) -> Browser {
        let address = app.running().address();
        let tunnel = Tunnel::open(address, "localhost", self.trust()).await;
        let mut browser = Browser::at(&tunnel.base);
        browser.origin = Some(tunnel.base.replace("http://", "https://"));
        browser
    }
}
