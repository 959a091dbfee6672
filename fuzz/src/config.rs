//! The file and the variables that whoever runs the server writes.

use std::ffi::OsString;

#[path = "../../server/src/config/mod.rs"]
mod settings;

use settings::{Config, Flags};

/// A fault is told in one line; what is right is printed so that it can be read again, to print the
/// same.
///
/// The first line of the input that is `---` separates variables, a line each, from the file.
pub fn holds(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (variables, file) = text.split_once("\n---\n").unwrap_or(("", &text));
    let variables = variables.lines().filter_map(|line| line.split_once('='));
    // It would be looked for on this machine.
    let variables = variables.filter(|(name, _)| *name != "CONFIG");
    let variables = variables.map(|(name, value)| (format!("ZSPCHAT_{name}").into(), value.into()));
    let variables: Vec<(OsString, OsString)> = variables.collect();
    for read in [
        Config::from_toml(file),
        Config::load(&Flags::default(), variables.into_iter()),
    ] {
        match read {
            Ok(config) => is_printed(&config),
            Err(error) => {
                let error = error.to_string();
                assert!(!error.is_empty() && !error.contains('\n'), "{error:?}");
            }
        }
    }
}

fn is_printed(config: &Config) {
    let printed = config.to_toml();
    // Secrets are left out, and may be needed.
    if let Ok(again) = Config::from_toml(&printed) {
        assert_eq!(again.to_toml(), printed);
    }
    assert!(printed.parse::<toml::Table>().is_ok(), "{printed}");
}
