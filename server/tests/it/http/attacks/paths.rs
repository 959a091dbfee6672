//! Paths that lead out of where they begin.

use std::path::Path;

use serde_json::json;

use super::super::app::{TestApp, fresh_id};
use super::{raw, status};

/// A site of two files, beside one that is not of it and the manifest that lists them.
fn site(folder: &Path) {
    let manifest = json!({
        "version": "1", "js": "/pkg/app.js", "wasm": "/pkg/app.wasm", "css": "/pkg/app.css",
        "files": [
            {"url": "/pkg/app.js", "sha256": "0123456789abcdef0123"},
            {"url": "/sw.js", "sha256": "0123456789abcdef0124"},
        ],
    });
    std::fs::create_dir_all(folder.join("pkg")).unwrap();
    for (path, text) in [
        ("site.json", &*manifest.to_string()),
        ("pkg/app.js", "export {};"),
        ("sw.js", "// worker"),
        ("pkg/secret.txt", "a secret"),
        ("../secret.txt", "a secret"),
    ] {
        std::fs::write(folder.join(path), text).unwrap();
    }
}

#[tokio::test]
async fn no_path_leads_out_of_the_site() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("site");
    std::fs::create_dir(&root).unwrap();
    site(&root);
    let app = TestApp::start_with(|config| config.site = Some(root)).await;
    let ask = async |path: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nhost: {{host}}\r\nconnection: close\r\n\r\n");
        raw(&app, &request).await
    };
    assert!(ask("/pkg/app.js").await.ends_with("export {};"));
    for path in [
        "/site.json",
        "/pkg/secret.txt",
        "/pkg/../../secret.txt",
        "/../secret.txt",
        "/..%2fsecret.txt",
        "/..%2Fsecret.txt",
        "/%2e%2e/secret.txt",
        "/%2e%2e%2fsecret.txt",
        "/pkg/..%2f..%2fsecret.txt",
        "/..%252fsecret.txt",
        "/..\\secret.txt",
        "/..%5csecret.txt",
        "/pkg%5c..%5c..%5csecret.txt",
        "/%c0%ae%c0%ae/secret.txt",
        "/pkg/app.js%00.txt",
        "/pkg/secret.txt%00.js",
        "/%00",
        "/pkg/app.js/",
        "/pkg//app.js",
        "//pkg/app.js",
        "/pkg/./app.js",
        "/PKG/app.js",
        "/pkg/app.js%20",
        "/pkg",
        "/pkg/",
        "//etc/passwd",
        "/etc/passwd",
        "/.git/config",
        "/file:///etc/passwd",
        "/%ff%fe",
        "/data/zspchat.db",
    ] {
        let answer = ask(path).await;
        assert!([400, 404].contains(&status(&answer)), "{path}: {answer}");
        for told in ["a secret", "export {}", "root:", "sha256"] {
            assert!(!answer.contains(told), "{path}: {answer}");
        }
    }
    // In the form that proxies are asked in, too.
    let absolute = "GET http://{host}/../secret.txt HTTP/1.1\r\nhost: {host}\r\n\
        connection: close\r\n\r\n";
    let answer = raw(&app, absolute).await;
    assert!([400, 404].contains(&status(&answer)), "{answer}");
}

#[tokio::test]
async fn what_a_path_names_is_looked_up_and_not_followed() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let id = fresh_id();
    for name in [
        "%00",
        "..%2f..%2fme",
        "..%5cme",
        "%2e%2e",
        "'%20or%201=1--",
        "%ff",
        "a%0d%0ab",
        "-1",
        "18446744073709551616",
        "9223372036854775808",
        "1e5",
        "%F0%9F%99%82",
    ] {
        for path in [
            format!("/api/v1/users/{name}"),
            format!("/api/v1/conversations/{name}"),
            format!("/api/v1/conversations/{name}/events"),
            format!("/api/v1/conversations/{name}/members"),
            format!("/chats/{name}"),
            format!("/contacts/{name}"),
            format!("/login/{name}"),
        ] {
            let status = ann.get(&path).await.status;
            assert!([303, 404].contains(&status), "{path}: {status}");
        }
        for path in [
            format!("/api/v1/contacts/{name}"),
            format!("/api/v1/me/sessions/{name}"),
            format!("/api/v1/me/identities/{name}"),
        ] {
            let answer = ann.delete(&path).await;
            answer.is_problem(404, "not_found");
        }
        let path = format!("/api/v1/conversations/direct/{name}");
        ann.put(&path, json!({})).await.is_problem(404, "not_found");
        let path = format!("/api/v1/stream/{name}/watch");
        let watch = ann.put(&path, json!({"users": [id]})).await;
        watch.is_problem(404, "not_found");
    }
    for query in [
        "handle=%00",
        "handle=a%00b",
        "number=-1",
        "number=9223372036854775808",
    ] {
        let status = ann.get(&format!("/api/v1/users?{query}")).await.status;
        assert!([400, 404].contains(&status), "{query}: {status}");
        let page = ann.get(&format!("/contacts/add?find={query}")).await;
        assert_eq!(page.status, 200, "{query}");
    }
    let page = ann.get("/contacts/add?find=%00").await;
    assert_eq!(page.status, 200);
}
