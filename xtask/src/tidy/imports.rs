//! Which module may name which: ARCHITECTURE.md says why.

use super::sources::{Source, Sources, holds_word};

/// The server's modules, from the top down. A module may name those in lower rows only.
const SERVER: &[&[&str]] = &[
    &["main", "lib"],
    &["serve"],
    &["demo"],
    &["admin", "migrate", "dead_letters", "tail"],
    &["http"],
    &["app_state"],
    &["accounts", "push"],
    &["chat"],
    &["network"],
    &["store", "queue", "presence"],
    &["bus"],
    &["redis", "tls"],
    &["telemetry", "site", "providers"],
    &["config", "clock", "random", "https"],
];

/// The app's modules, from the top down.
const APP: &[&[&str]] = &[
    &["lib", "app", "routes"],
    &["still"],
    &["pages", "browser"],
    &["components"],
    &["state"],
    &["locales", "erased"],
];

pub fn axum_only_in_http(sources: &Sources) -> Vec<String> {
    sources
        .below("server/src/")
        .filter(|source| {
            !within(
                source,
                &[
                    "server/src/http/",
                    "server/src/http.rs",
                    "server/src/main.rs",
                ],
            )
        })
        .flat_map(|source| {
            source.naming(
                &["axum", "axum_extra", "tower_http"],
                "move this to server/src/http",
            )
        })
        .collect()
}

pub fn sql_only_in_store(sources: &Sources) -> Vec<String> {
    sources
        .all()
        .filter(|source| source.extension() == "rs")
        .filter(|source| {
            !within(
                source,
                &[
                    "server/src/store/",
                    "server/src/store.rs",
                    // What no request can do to a database, or see of it.
                    "server/tests/it/raw.rs",
                    // What the server is measured against.
                    "xtask/bench/src/sqlite.rs",
                    // This rule.
                    "xtask/src/tidy/imports.rs",
                ],
            )
        })
        .flat_map(|source| source.naming(&["sqlx", "rusqlite"], "ask the store instead"))
        .collect()
}

pub fn clients_only_in_their_rooms(sources: &Sources) -> Vec<String> {
    // Its name as a target of log lines is no use of it.
    let rabbitmq: &[&str] = &["server/src/queue/rabbitmq/", "server/src/telemetry/logs.rs"];
    let kafka: &[&str] = &[
        "server/src/telemetry/kafka.rs",
        "server/src/telemetry/kafka/",
        "server/src/telemetry/logs.rs",
    ];
    let rooms: [(&'static [&str], &[&str]); 8] = [
        (&["lapin"], rabbitmq),
        (&["rdkafka"], kafka),
        (&["openidconnect"], &["server/src/providers/"]),
        (&["hyper_rustls"], &["server/src/https.rs"]),
        (&["p256", "web_push_native"], &["server/src/push/"]),
        (
            &["instant_acme", "rcgen", "tokio_rustls", "x509_parser"],
            &["server/src/tls/"],
        ),
        (&["use ::redis", " ::redis::"], &["server/src/redis/"]),
        (
            &["opentelemetry", "opentelemetry_sdk", "opentelemetry_otlp"],
            &["server/src/telemetry/traces/"],
        ),
    ];
    let mut faults = Vec::new();
    for (names, room) in rooms {
        let elsewhere = sources
            .below("server/src/")
            .filter(|source| source.extension() == "rs" && !within(source, room));
        for source in elsewhere {
            faults.extend(source.naming(names, "ask the room that holds this client instead"));
        }
    }
    faults
}

pub fn server_goes_down(sources: &Sources) -> Vec<String> {
    goes_down(sources, "server/src/", SERVER)
}

pub fn app_goes_down(sources: &Sources) -> Vec<String> {
    goes_down(sources, "app/src/", APP)
}

pub fn browser_only_in_root(sources: &Sources) -> Vec<String> {
    let elsewhere = |allowed: &'static [&'static str]| {
        sources
            .below("app/src/")
            .filter(move |source| !within(source, allowed) && source.extension() == "rs")
    };
    let named = elsewhere(&[
        "app/src/browser/",
        "app/src/browser.rs",
        "app/src/app.rs",
        "app/src/lib.rs",
    ])
    .filter(|source| modules(source).any(|(_, name)| name == "browser"))
    .map(|source| {
        format!(
            "{} names `crate::browser`: let app.rs pass it in",
            source.path
        )
    });
    let feature = "feature = \"hydrate\"";
    let conditional = elsewhere(&["app/src/browser/", "app/src/browser.rs", "app/src/lib.rs"])
        .flat_map(move |source| source.code().map(move |line| (source, line)))
        .filter(move |(_, (_, line))| line.contains(feature))
        .map(|(source, (number, _))| {
            format!("{}:{number}: move this to app/src/browser", source.path)
        });
    named.chain(conditional).collect()
}

pub fn protocol_is_pure(sources: &Sources) -> Vec<String> {
    let impure = [
        "std::time",
        "SystemTime",
        "Instant",
        "std::fs",
        "std::net",
        "std::thread",
        "tokio",
        "futures",
        "rand",
        "getrandom",
        "web_sys",
        "js_sys",
        "async",
        "now_v7",
        "new_v4",
    ];
    sources
        .below("protocol/src/")
        .flat_map(|source| {
            source
                .naming(&impure, "the caller passes it in")
                .collect::<Vec<_>>()
        })
        .collect()
}

fn within(source: &Source, places: &[&str]) -> bool {
    places.iter().any(|place| source.path.starts_with(place))
}

fn goes_down(sources: &Sources, folder: &str, rows: &[&[&str]]) -> Vec<String> {
    let row = |module: &str| rows.iter().position(|row| row.contains(&module));
    let mut breaches = Vec::new();
    for source in sources
        .below(folder)
        .filter(|source| source.extension() == "rs")
    {
        let own = module_of(&source.path[folder.len()..]);
        let Some(own_row) = row(own) else {
            breaches.push(format!(
                "{}: the module `{own}` has no place yet; give it one in xtask/src/tidy/imports.rs",
                source.path
            ));
            continue;
        };
        for (number, name) in modules(source) {
            // A name at the crate's root that is no module belongs to the root, which is on top.
            let is_module = sources
                .below(folder)
                .any(|other| module_of(&other.path[folder.len()..]) == name);
            let named_row = if is_module { row(name) } else { Some(0) };
            if name != own && named_row.is_some_and(|named_row| named_row <= own_row) && own_row > 0
            {
                breaches.push(format!(
                    "{}:{number}: `{own}` is not above `{name}`, and may not name it",
                    source.path
                ));
            }
        }
    }
    breaches
}

/// The top module a file belongs to, by its path below `src/`.
fn module_of(path: &str) -> &str {
    path.split('/')
        .next()
        .unwrap_or(path)
        .trim_end_matches(".rs")
}

/// The names after `crate::`, also within braces, with their lines.
fn modules(source: &Source) -> impl Iterator<Item = (usize, &str)> {
    let text: &str = &source.text;
    text.match_indices("crate::")
        .filter(|(at, _)| {
            let start = text[..*at].rfind('\n').map_or(0, |end| end + 1);
            let line = &text[start..];
            !line.trim_start().starts_with("//") && holds_word(&text[start..at + 7], "crate::")
        })
        .flat_map(move |(at, found)| {
            let number = text[..at].matches('\n').count() + 1;
            names(&text[at + found.len()..])
                .into_iter()
                .map(move |name| (number, name))
        })
}

/// The first name of a path, or the first names of a group of paths.
fn names(path: &str) -> Vec<&str> {
    let name = |part: &str| {
        part.find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(part.len())
    };
    let Some(group) = path.strip_prefix('{') else {
        return vec![&path[..name(path)]];
    };
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                let part = group[start..at].trim();
                parts.push(&part[..name(part)]);
                start = at + 1;
                if character == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_names_are_taken_apart() {
        assert_eq!(names("store::Store;"), ["store"]);
        assert_eq!(
            names("{store::{Store, Page}, bus, queue::*,\n};"),
            ["store", "bus", "queue"]
        );
    }

    #[test]
    fn the_server_may_only_name_what_is_below() {
        let sources = Sources::sample(&[
            ("server/src/main.rs", "mod http;\nuse crate::http::router;"),
            (
                "server/src/http/send.rs",
                "use crate::{chat::Hub, store::Store, config};",
            ),
            (
                "server/src/chat/mod.rs",
                "// crate::http\nuse crate::store::Store;\nuse crate::chat::hub;",
            ),
            (
                "server/src/store/mod.rs",
                "use crate::clock;\nuse crate::chat::Hub;",
            ),
            ("server/src/config.rs", ""),
            ("server/src/clock.rs", ""),
        ]);
        assert_eq!(
            server_goes_down(&sources),
            ["server/src/store/mod.rs:2: `store` is not above `chat`, and may not name it"]
        );
    }

    #[test]
    fn siblings_may_not_name_each_other_and_new_modules_want_a_place() {
        let sources = Sources::sample(&[
            ("server/src/bus/mod.rs", "use crate::queue::Queue;"),
            ("server/src/queue/mod.rs", ""),
            ("server/src/surprise.rs", ""),
        ]);
        let breaches = server_goes_down(&sources);
        assert!(
            breaches[0].contains("`bus` is not above `queue`"),
            "{breaches:?}"
        );
        assert!(
            breaches[1].contains("`surprise` has no place"),
            "{breaches:?}"
        );
    }

    #[test]
    fn libraries_stay_in_their_rooms() {
        let sources = Sources::sample(&[
            ("server/src/http/router.rs", "use axum::Router;"),
            (
                "server/src/chat/hub.rs",
                "use axum::Router;\nuse sqlx::Pool;",
            ),
            ("server/src/store/mod.rs", "use sqlx::Pool;"),
        ]);
        assert_eq!(axum_only_in_http(&sources).len(), 1);
        assert_eq!(sql_only_in_store(&sources).len(), 1);
    }

    #[test]
    fn the_app_reaches_the_browser_by_its_root_only() {
        let sources = Sources::sample(&[
            ("app/src/app.rs", "use crate::browser::Handle;"),
            ("app/src/state/mod.rs", "use crate::browser::Handle;"),
            (
                "app/src/components/row.rs",
                "#[cfg(feature = \"hydrate\")]\nuse crate::pages::Chats;",
            ),
            (
                "app/src/browser/mod.rs",
                "#![cfg(feature = \"hydrate\")]\nuse crate::state::State;",
            ),
            ("app/src/pages/chats.rs", ""),
        ]);
        assert_eq!(browser_only_in_root(&sources).len(), 2);
        assert_eq!(app_goes_down(&sources).len(), 2);
    }

    #[test]
    fn the_protocol_reads_no_clock() {
        let sources = Sources::sample(&[(
            "protocol/src/sync.rs",
            "use std::time::Duration;\nlet random = 1;",
        )]);
        assert_eq!(protocol_is_pure(&sources).len(), 1);
    }
}
