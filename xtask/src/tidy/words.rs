//! Words that should not be in the sources. They are written in two parts here, so as not to find
//! themselves.

use super::sources::{Source, Sources, holds_word};

pub fn nothing_left_to_do(sources: &Sources) -> Vec<String> {
    let marks = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("X", "XX"),
        concat!("HA", "CK"),
    ];
    let macros = [
        concat!("db", "g!"),
        concat!("to", "do!"),
        concat!("unimple", "mented!"),
    ];
    sources
        .all()
        .filter(|source| ["rs", "ts", "js", "css", "toml", "md"].contains(&source.extension()))
        .flat_map(|source| {
            lines_with(source, &marks)
                .chain(lines_with(source, &macros))
                .collect::<Vec<_>>()
        })
        .map(|found| format!("{found}: finish it, or write an issue and leave it out"))
        .collect()
}

pub fn no_registry_named(sources: &Sources) -> Vec<String> {
    let hosts = [
        concat!("registry.npm", "js.org"),
        concat!("registry.yarn", "pkg.com"),
        concat!("npm", "mirror.com"),
        concat!("index.crates", ".io"),
        concat!("static.crates", ".io"),
        concat!("static.rust", "-lang.org"),
        concat!("deb.deb", "ian.org"),
    ];
    let resolved = concat!("\"resol", "ved\": \"");
    let elsewhere = sources
        .all()
        .filter(|source| source.name() != "Cargo.lock")
        .flat_map(|source| {
            lines_with(source, &hosts)
                .chain(lines_with(source, &[resolved]))
                .collect::<Vec<_>>()
        });
    elsewhere
        .map(|found| format!("{found}: leave the choice to the machine's configuration"))
        .collect()
}

pub fn no_test_sleeps(sources: &Sources) -> Vec<String> {
    let sleeps = [concat!("waitFor", "Timeout("), concat!("sle", "ep(")];
    sources
        .all()
        .filter(|source| source.path.starts_with("end2end/") || source.path.contains("/tests/"))
        // The moment between two looks at a condition.
        .filter(|source| source.path != "server/tests/it/waiting.rs")
        .flat_map(|source| lines_with(source, &sleeps).collect::<Vec<_>>())
        .map(|found| format!("{found}: wait for a condition instead"))
        .collect()
}

fn lines_with<'a>(source: &'a Source, words: &'a [&str]) -> impl Iterator<Item = String> + 'a {
    (1..)
        .zip(source.text.lines())
        .filter_map(move |(number, line)| {
            let word = words.iter().find(|word| holds_word(line, word))?;
            Some(format!("{}:{number} says `{word}`", source.path))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unfinished_work_is_found_in_comments_too() {
        let text = format!(
            "// {}: more\nlet mastodon = {}(1);",
            concat!("TO", "DO"),
            concat!("db", "g!")
        );
        let sources = Sources::sample(&[("a.rs", &text), ("b.png", &text)]);
        assert_eq!(nothing_left_to_do(&sources).len(), 2);
    }

    #[test]
    fn a_lock_file_of_npm_may_not_say_where_packages_come_from() {
        let host = concat!("\"resol", "ved\": \"https://example.org/a.tgz\"");
        let sources = Sources::sample(&[("end2end/package-lock.json", host), ("Cargo.lock", host)]);
        assert_eq!(no_registry_named(&sources).len(), 1);
    }

    #[test]
    fn sleeping_is_for_no_test() {
        let text = concat!("tokio::time::sle", "ep(second).await;");
        let sources = Sources::sample(&[
            ("server/tests/a.rs", text),
            ("server/src/a.rs", text),
            ("end2end/a.spec.ts", text),
        ]);
        assert_eq!(no_test_sleeps(&sources).len(), 2);
    }
}
