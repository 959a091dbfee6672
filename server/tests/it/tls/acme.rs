//! Certificates by ACME, from a real authority: Pebble.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use server::clock::Clock;
use server::config::{Config, PublicUrl};
use server::serve::{self, Running};
use services::{Pebble, PebbleOptions, Port, Service as _};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};

use super::client::{Trust, in_file};
use crate::waiting::moment;

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_mins(1);

const HOST: &str = "chat.example.org";

/// A server with its authority.
struct Site {
    running: Option<Running>,
    pebble: Pebble,
    config: Config,
    clock: Clock,
    folder: TempDir,
    /// Where people reach the server.
    port: Port,
}

impl Site {
    /// `None` where Pebble is not installed, unless `REQUIRE_SERVICES` is set. The authority looks at
    /// the server's own port, or at that one; its certificates count for so many seconds.
    async fn start(looks_at: Option<u16>, seconds: Option<u64>, clock: Clock) -> Option<Self> {
        if !Pebble::is_installed() {
            let required = std::env::var_os("REQUIRE_SERVICES").is_some();
            assert!(!required, "pebble is not installed");
            return None;
        }
        let port = Port::free().unwrap();
        let looks_at = looks_at.unwrap_or(port.number());
        let pebble = Pebble::start(&PebbleOptions { looks_at, seconds }).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let url = PublicUrl::try_from(format!("https://{HOST}"));
        let mut config = Config {
            listen: port.address(),
            data: folder.path().join("data"),
            public_url: Some(url.unwrap()),
            ..Config::default()
        };
        config.tls.acme.accept_terms = true;
        config.tls.acme.contacts = vec!["admin@example.org".to_owned()];
        config.tls.acme.directory = pebble.directory();
        config.tls.acme.ca = Some(pebble.authority().to_owned());
        config.patience.certificate = Duration::from_millis(20);
        let mut site = Self {
            running: None,
            pebble,
            config,
            clock,
            folder,
            port,
        };
        site.start_again().await;
        Some(site)
    }

    async fn start_again(&mut self) {
        let started = serve::start_at(self.config.clone(), false, self.clock.clone()).await;
        self.running = Some(started.unwrap());
    }

    async fn stop(&mut self) {
        self.running.take().unwrap().stop().await;
    }

    /// Trusts what Pebble signs in its present run.
    async fn trust(&self) -> Trust {
        let directory = Trust::only(&fs::read(self.pebble.authority()).unwrap());
        let answer = directory.get(self.pebble.management(), "localhost", "/roots/0");
        let answer = answer.await.unwrap();
        let (_, root) = answer.split_once("\r\n\r\n").unwrap();
        Trust::only(root.as_bytes())
    }

    /// Waits until a certificate is shown that is signed by the authority, for the right name, and not
    /// this one.
    async fn certified(&self, not: Option<&CertificateDer<'_>>) -> CertificateDer<'static> {
        let trust = self.trust().await;
        let began = tokio::time::Instant::now();
        loop {
            if let Ok(shown) = trust.shown(self.port.address(), HOST).await
                && Some(&shown) != not
            {
                return shown;
            }
            assert!(began.elapsed() < PATIENCE, "{}", self.pebble.log());
            moment().await;
        }
    }

    /// What is kept for the authority.
    fn kept(&self) -> PathBuf {
        let mut folders = fs::read_dir(self.folder.path().join("data/acme")).unwrap();
        folders.next().unwrap().unwrap().path()
    }
}

#[tokio::test]
async fn a_certificate_is_got_and_kept() {
    let Some(mut site) = Site::start(None, None, Clock::system()).await else {
        return;
    };
    let first = site.certified(None).await;
    let trust = site.trust().await;
    let answer = trust.get(site.port.address(), HOST, "/healthz").await;
    assert!(answer.unwrap().ends_with("alive\n"));
    // Nobody but who asks in time for it sees how a name is proven.
    let challenge = trust.clone().speaking(&["acme-tls/1"]);
    assert!(challenge.connect(site.port.address(), HOST).await.is_err());

    let kept = site.kept();
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(kept.clone()), 0o700);
    for file in fs::read_dir(&kept).unwrap() {
        let file = file.unwrap().path();
        assert_eq!(mode(file.clone()), 0o600, "{}", file.display());
    }
    assert_eq!(in_file(&kept.join("certificate.pem")), first);

    // Whoever starts again asks nobody.
    site.stop().await;
    site.pebble.stop().unwrap();
    site.start_again().await;
    let shown = trust.shown(site.port.address(), HOST).await;
    assert_eq!(shown.unwrap(), first);

    // Unless it is for other names.
    site.stop().await;
    site.pebble.start_again().unwrap();
    site.config.tls.acme.domains = vec![HOST.to_owned(), "www.example.org".to_owned()];
    site.start_again().await;
    let second = site.certified(Some(&first)).await;
    let trust = site.trust().await;
    let shown = trust.shown(site.port.address(), "www.example.org").await;
    assert_eq!(shown.unwrap(), second);
}

#[tokio::test]
async fn it_is_renewed_before_it_expires_by_the_same_account() {
    let Some(site) = Site::start(None, Some(15), Clock::system()).await else {
        return;
    };
    let first = site.certified(None).await;
    let account = fs::read(site.kept().join("account.json")).unwrap();
    let second = site.certified(Some(&first)).await;
    assert_ne!(first, second);
    assert_eq!(fs::read(site.kept().join("account.json")).unwrap(), account);
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_is_tried_again_later() {
    let elsewhere = Port::free().unwrap();
    let clock = Clock::manual(Clock::system().now());
    let Some(site) = Site::start(Some(elsewhere.number()), None, clock).await else {
        return;
    };
    let began = tokio::time::Instant::now();
    while !site.pebble.log().contains("set INVALID") {
        assert!(began.elapsed() < PATIENCE, "{}", site.pebble.log());
        moment().await;
    }
    let trust = site.trust().await;
    let refused = trust.shown(site.port.address(), HOST).await;
    assert!(refused.is_err(), "there is nothing to show yet");

    let lead = TcpListener::bind(elsewhere.address()).await.unwrap();
    let server = site.port.address();
    tokio::spawn(async move {
        while let Ok((mut near, _)) = lead.accept().await {
            let mut far = TcpStream::connect(server).await.unwrap();
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut near, &mut far).await });
        }
    });
    // Not before time has passed.
    let ordered = || site.pebble.log().matches("/order-plz").count();
    let orders = ordered();
    assert_eq!(orders, 1);
    for _ in 0..10 {
        moment().await;
    }
    assert_eq!(ordered(), orders);
    while trust.shown(server, HOST).await.is_err() {
        assert!(began.elapsed() < PATIENCE, "{}", site.pebble.log());
        site.clock.advance(10 * 60 * 1_000);
        moment().await;
    }
}

#[tokio::test]
async fn an_account_that_the_authority_has_forgotten_is_made_again() {
    let Some(mut site) = Site::start(None, None, Clock::system()).await else {
        return;
    };
    site.certified(None).await;
    site.stop().await;
    site.pebble.stop().unwrap();
    site.pebble.start_again().unwrap();
    let account = fs::read(site.kept().join("account.json")).unwrap();
    fs::remove_file(site.kept().join("certificate.pem")).unwrap();
    site.start_again().await;
    site.certified(None).await;
    let another = fs::read(site.kept().join("account.json")).unwrap();
    assert_ne!(account, another);
    site.stop().await;
    // Who can be reached otherwise tells the authority with the next certificate.
    fs::remove_file(site.kept().join("certificate.pem")).unwrap();
    site.config.tls.acme.contacts = vec!["other@example.org".to_owned()];
    site.start_again().await;
    site.certified(None).await;
    let told: serde_json::Value =
        serde_json::from_slice(&fs::read(site.kept().join("account.json")).unwrap()).unwrap();
    assert_eq!(told["contacts"], serde_json::json!(["other@example.org"]));
}
