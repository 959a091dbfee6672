//! Certificate files that change while the server runs.

use std::fs;

use rustls::pki_types::CertificateDer;

use super::Certified;
use super::client::in_file;
use crate::http::app::{PATIENCE, TestApp};
use crate::waiting::moment;

/// Waits until the next connection is shown that certificate.
async fn until_shown(certified: &Certified, app: &TestApp, wanted: &CertificateDer<'_>) {
    let began = tokio::time::Instant::now();
    while shown(certified, app).await != *wanted {
        assert!(began.elapsed() < PATIENCE, "another one is shown");
        moment().await;
    }
}

async fn shown(certified: &Certified, app: &TestApp) -> CertificateDer<'static> {
    let address = app.running().address();
    certified.trust().shown(address, "localhost").await.unwrap()
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_to_the_next_connection_and_streams_go_on() {
    let certified = Certified::new();
    let app = certified.serve().await;
    let ann = certified.anybody(&app).await.register("ann").await;
    let mut stream = ann.stream().await;
    stream.sync().await;
    let first = in_file(&certified.made.certificate);
    assert_eq!(shown(&certified, &app).await, first);
    certified.renew();
    let second = in_file(&certified.made.certificate);
    assert_ne!(first, second);
    until_shown(&certified, &app, &second).await;
    let sent = ann.say(ann.with(&ann), "still here").await;
    assert_eq!(stream.event().await.seq, sent.seq);
}

#[tokio::test]
async fn what_is_of_no_use_leaves_the_old_one_in_use() {
    let certified = Certified::new();
    let app = certified.serve().await;
    let first = in_file(&certified.made.certificate);
    let read = |file| fs::read(file).unwrap();
    let good = read(&certified.made.certificate);
    let other = Certified::new();
    let long_ago = server::clock::Clock::manual(0);
    let expired = Certified::at(&long_ago);
    for (certificate, key) in [
        (good[..good.len() / 2].to_vec(), None),
        (Vec::new(), None),
        (read(&other.made.certificate), None),
        (
            read(&expired.made.certificate),
            Some(read(&expired.made.key)),
        ),
    ] {
        let good_key = read(&certified.made.key);
        fs::write(&certified.made.certificate, certificate).unwrap();
        if let Some(key) = key {
            fs::write(&certified.made.key, key).unwrap();
        }
        // Several looks later.
        for _ in 0..10 {
            moment().await;
            assert_eq!(shown(&certified, &app).await, first);
        }
        fs::write(&certified.made.key, good_key).unwrap();
        fs::write(&certified.made.certificate, &good).unwrap();
    }
    fs::remove_file(&certified.made.key).unwrap();
    for _ in 0..10 {
        moment().await;
        assert_eq!(shown(&certified, &app).await, first);
    }
    certified.renew();
    until_shown(&certified, &app, &in_file(&certified.made.certificate)).await;
}
