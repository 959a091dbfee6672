//! An authority of one's own.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use server::clock::Clock;
use server::tls::authority::make;

use super::Certified;
use super::client::in_file;

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn only_who_trusts_the_authority_accepts_its_certificate() {
    let certified = Certified::new();
    let app = certified.serve().await;
    let address = app.running().address();
    for name in ["localhost", "127.0.0.1"] {
        let answer = certified.trust().get(address, name, "/healthz").await;
        assert!(answer.unwrap().ends_with("alive\n"));
    }
    // Not for another name, and not for who trusts another authority.
    assert!(certified.trust().shown(address, "chat.lan").await.is_err());
    let stranger = Certified::new();
    assert!(stranger.trust().shown(address, "localhost").await.is_err());
}

#[test]
fn a_second_call_renews_by_the_same_authority_for_the_same_names() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("tls");
    let wanted = ["Chat.LAN", "192.168.1.20", "::1", "*.chat.lan", "chat.lan"];
    let first = make(&folder, &names(&wanted), &Clock::system()).unwrap();
    assert!(first.is_new);
    assert_eq!(
        first.names,
        ["chat.lan", "192.168.1.20", "::1", "*.chat.lan"]
    );
    let authority = fs::read(&first.authority).unwrap();
    let certificate = in_file(&first.certificate);
    let second = make(&folder, &[], &Clock::system()).unwrap();
    assert!(!second.is_new);
    assert_eq!(second.names, first.names);
    assert_eq!(fs::read(&second.authority).unwrap(), authority);
    assert_ne!(in_file(&second.certificate), certificate);
    let third = make(&folder, &names(&["other.lan"]), &Clock::system()).unwrap();
    assert_eq!(third.names, ["other.lan"]);
    assert_eq!(fs::read(&third.authority).unwrap(), authority);

    let mode = |name: &str| {
        let file = folder.join(name);
        fs::metadata(file).unwrap().permissions().mode() & 0o777
    };
    assert_eq!(mode(""), 0o700);
    assert_eq!(mode("authority.key"), 0o600);
    assert_eq!(mode("key.pem"), 0o600);
    assert_eq!(mode("authority.pem"), 0o644);
    assert_eq!(mode("certificate.pem"), 0o644);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 4);
}

#[test]
fn what_cannot_be_done_is_said_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |folder: &std::path::Path, wanted: &[&str], clock: &Clock| {
        let said = make(folder, &names(wanted), clock).unwrap_err().to_string();
        assert!(!said.contains('\n'), "{said}");
        said
    };
    let now = Clock::system();
    let empty = folder.path().join("empty");
    assert!(refused(&empty, &[], &now).contains("name the hosts"));
    for wrong in ["聊天.lan", "https://chat.lan", "chat.lan:3000", "", "a b"] {
        assert!(refused(&empty, &[wrong], &now).contains(wrong));
    }
    assert!(!empty.exists());
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(refused(&file, &["chat.lan"], &now).contains("cannot be"));

    let kept = folder.path().join("kept");
    make(&kept, &names(&["chat.lan"]), &now).unwrap();
    let later = Clock::manual(now.now() + 11 * 365 * 24 * 60 * 60 * 1_000);
    assert!(refused(&kept, &[], &later).contains("expired at"));
    let key = kept.join("authority.key");
    fs::copy(kept.join("key.pem"), &key).unwrap();
    assert!(refused(&kept, &[], &now).contains("does not belong"));
    fs::remove_file(&key).unwrap();
    let said = refused(&kept, &[], &now);
    assert!(said.contains("authority.key is missing"), "{said}");
}
