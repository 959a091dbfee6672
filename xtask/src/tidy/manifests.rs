//! What the manifests of the packages must say.

use std::path::Path;

use serde_json::Value;

use super::sources::Sources;
use crate::project::{Project, list};

pub fn unsafe_code_is_forbidden(sources: &Sources) -> Vec<String> {
    let manifests = sources.all().filter(|source| source.name() == "Cargo.toml");
    manifests
        .filter_map(|source| {
            let (wanted, advice) = if source.path == "Cargo.toml" {
                (
                    "[workspace.lints.rust]\nunsafe_code = \"forbid\"",
                    "forbid unsafe code in the workspace's lints",
                )
            } else {
                (
                    "[lints]\nworkspace = true",
                    "take over the workspace's lints",
                )
            };
            (!source.text.contains(wanted)).then(|| format!("{}: {advice}", source.path))
        })
        .collect()
}

/// `[[workspace.metadata.leptos]]` names what exists, so that cargo-leptos works as well.
pub fn leptos(project: &Project) -> Vec<String> {
    let mut breaches = Vec::new();
    for entry in list(&project.metadata()["metadata"]["leptos"]) {
        breaches.extend(missing_packages(project.metadata(), entry));
        breaches.extend(missing_paths(&project.root, entry));
    }
    if list(&project.metadata()["metadata"]["leptos"]).count() == 0 {
        breaches.push("Cargo.toml lacks [[workspace.metadata.leptos]]".to_owned());
    }
    breaches
}

fn missing_packages(metadata: &Value, entry: &Value) -> Vec<String> {
    let target = |package: &str, name: Option<&Value>| {
        list(&metadata["packages"])
            .filter(|candidate| candidate["name"] == entry[package])
            .flat_map(|package| list(&package["targets"]))
            .any(|target| name.is_none_or(|name| target["name"] == *name))
    };
    let mut breaches = Vec::new();
    if !target("bin-package", entry.get("bin-target")) {
        breaches.push(format!(
            "there is no program {} in {}",
            entry["bin-target"], entry["bin-package"]
        ));
    }
    if !target("lib-package", None) {
        breaches.push(format!("there is no package {}", entry["lib-package"]));
    }
    breaches
}

fn missing_paths(root: &Path, entry: &Value) -> Vec<String> {
    ["style-file", "assets-dir"]
        .iter()
        .filter_map(|key| entry[key].as_str())
        .filter(|path| !root.join(path).exists())
        .map(|path| format!("{path} does not exist"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_package_without_the_lints_is_found() {
        let sources = Sources::sample(&[
            (
                "Cargo.toml",
                "[workspace.lints.rust]\nunsafe_code = \"forbid\"\n",
            ),
            ("app/Cargo.toml", "[lints]\nworkspace = true\n"),
            ("server/Cargo.toml", "[lints]\n"),
        ]);
        assert_eq!(
            unsafe_code_is_forbidden(&sources),
            ["server/Cargo.toml: take over the workspace's lints"]
        );
    }

    #[test]
    fn what_cargo_leptos_reads_must_exist() {
        let metadata =
            json!({ "packages": [{ "name": "server", "targets": [{ "name": "zspchat" }] }] });
        let right =
            json!({ "bin-package": "server", "bin-target": "zspchat", "lib-package": "server" });
        assert!(missing_packages(&metadata, &right).is_empty());
        let wrong = json!({ "bin-package": "server", "bin-target": "other", "lib-package": "app" });
        assert_eq!(missing_packages(&metadata, &wrong).len(), 2);
        let paths = json!({ "style-file": "no/such.css" });
        assert_eq!(
            missing_paths(Path::new("/"), &paths),
            ["no/such.css does not exist"]
        );
    }
}
