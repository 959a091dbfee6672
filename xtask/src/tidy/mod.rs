//! Rules about the project's own files that no other tool checks, so that a newcomer is told by a
//! failing test and not by a review. Each rule counts as one test.

mod files;
mod imports;
mod manifests;
mod sources;
mod styles;
mod words;

use anyhow::Result;

use crate::project::Project;
use crate::suites::Counts;
use sources::Sources;

/// A rule finds what breaks it: one line for each place, saying where and what to do.
type Rule = fn(&Sources) -> Vec<String>;

const RULES: [(&str, Rule); 17] = [
    (
        "axum is named only where the server speaks HTTP",
        imports::axum_only_in_http,
    ),
    ("SQL is only in the store", imports::sql_only_in_store),
    (
        "the server's modules import downwards only",
        imports::server_goes_down,
    ),
    (
        "the clients of services are named in one room each",
        imports::clients_only_in_their_rooms,
    ),
    (
        "the app's modules import downwards only",
        imports::app_goes_down,
    ),
    (
        "only the app's root names the browser",
        imports::browser_only_in_root,
    ),
    (
        "the protocol does no I/O and reads no clock",
        imports::protocol_is_pure,
    ),
    (
        "every file has a name that says something",
        files::names_say_something,
    ),
    ("files are short", files::are_short),
    (
        "reasons for long files are needed",
        files::reasons_are_needed,
    ),
    ("there is one shell script", files::one_shell_script),
    ("there is one lock file", files::one_cargo_lock),
    ("nothing is left to do", words::nothing_left_to_do),
    ("no registry is named", words::no_registry_named),
    ("no test sleeps", words::no_test_sleeps),
    (
        "styles select by class, without force",
        styles::select_by_class,
    ),
    (
        "no package may hold unsafe code",
        manifests::unsafe_code_is_forbidden,
    ),
];

pub fn check(project: &Project) -> Result<Counts> {
    let sources = Sources::of(&project.root)?;
    let metadata = (
        "what cargo-leptos reads is right",
        manifests::leptos(project),
    );
    let found = RULES
        .iter()
        .map(|(name, rule)| (*name, rule(&sources)))
        .chain([metadata]);
    Ok(found.map(|(name, breaches)| judge(name, &breaches)).sum())
}

fn judge(name: &str, breaches: &[String]) -> Counts {
    println!(
        "tidy: {name} … {}",
        if breaches.is_empty() { "ok" } else { "FAILED" }
    );
    for breach in breaches {
        println!("    {breach}");
    }
    Counts::one(breaches.is_empty())
}
