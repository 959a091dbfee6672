//! Reading the file, the variables and the flags.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::Config;

/// Why there is no configuration to start with, in one sentence.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

/// Values of flags, by key; they override everything else.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--config`, or `ZSPCHAT_CONFIG`.
    pub file: Option<PathBuf>,
    /// Key and value of each flag given.
    pub values: Vec<(&'static str, String)>,
}

impl Config {
    /// Reads the file, the variables and the flags.
    ///
    /// # Errors
    /// A file that cannot be read or is not TOML, a key that does not exist, a value out of place.
    pub fn load(
        flags: &Flags,
        variables: impl Iterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigError> {
        let mut file = flags.file.clone();
        let mut overrides = Vec::new();
        for (name, value) in variables {
            let Some(name) = name.to_str().and_then(|name| name.strip_prefix("ZSPCHAT_")) else {
                continue;
            };
            if name == "CONFIG" {
                file = file.or(Some(PathBuf::from(value)));
                continue;
            }
            let from = format!("the variable ZSPCHAT_{name}");
            let key = key_of(name).ok_or_else(|| {
                ConfigError(format!(
                    "{from} names no setting; remove it or correct its name"
                ))
            })?;
            let value = value
                .into_string()
                .map_err(|_| ConfigError(format!("{from} is not valid UTF-8")))?;
            overrides.push((key, value, from));
        }
        for (key, value) in &flags.values {
            overrides.push((
                (*key).to_owned(),
                value.clone(),
                format!("the flag --{key}"),
            ));
        }

        let mut table = match &file {
            Some(path) => read(path)?,
            None => Table::new(),
        };
        // The file by itself first, so that a fault in it is reported as the file's.
        if let Some(path) = &file {
            read_values(table.clone())
                .map_err(|fault| ConfigError(format!("{}: {fault}", path.display())))?;
        }
        for (key, value, from) in overrides {
            set(&mut table, &key, &value);
            read_values(table.clone()).map_err(|fault| ConfigError(format!("{from}: {fault}")))?;
        }
        let config = read_values(table).map_err(ConfigError)?;
        config.check_services().map_err(ConfigError)?;
        config.check_tls().map_err(ConfigError)?;
        config.login.check().map_err(ConfigError)?;
        config.check_push().map_err(ConfigError)?;
        Ok(config)
    }

    /// What a file says by itself, with the defaults for all that it leaves out.
    ///
    /// # Errors
    /// A text that is not TOML, a key that does not exist, a value out of place.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        let table = table(text).map_err(|fault| ConfigError(format!("line {fault}")))?;
        read_values(table).map_err(ConfigError)
    }

    /// The values in force, as TOML, without the passwords in addresses.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("a configuration has nothing that TOML cannot write")
    }
}

fn read(path: &Path) -> Result<Table, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        ConfigError(format!(
            "the configuration file {} cannot be read: {error}",
            path.display()
        ))
    })?;
    table(&text).map_err(|fault| ConfigError(format!("{}, line {fault}", path.display())))
}

/// What a text says; else the number of the line at fault, and why.
fn table(text: &str) -> Result<Table, String> {
    text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| {
            let before = text.get(..span.start).unwrap_or(text);
            1 + before.matches('\n').count()
        });
        format!("{line}: {}", error.message().replace('\n', ", "))
    })
}

/// Reads the table, and checks of each value what its type does not say.
fn read_values(table: Table) -> Result<Config, String> {
    let config: Config = Value::Table(table)
        .try_into()
        .map_err(|error: toml::de::Error| error.message().replace('\n', ", "))?;
    if config.retention.days == 0 {
        return Err("retention.days must be at least 1".to_owned());
    }
    if config.session.days == 0 {
        return Err("session.days must be at least 1".to_owned());
    }
    if config.limits.command_window < 1 {
        return Err("limits.command_window must be at least 1".to_owned());
    }
    config
        .log
        .level
        .parse::<tracing_subscriber::filter::EnvFilter>()
        .map_err(|_| format!("log.level: \"{}\" is not a log level", config.log.level))?;
    Ok(config)
}

/// Keys without a default.
const OPTIONAL: &[&str] = &[
    "public_url",
    "site",
    "metrics.listen",
    "tls.certificate",
    "tls.key",
    "tls.redirect",
    "tls.acme.ca",
    "database.url",
    "amqp.url",
    "amqp.ca",
    "redis.url",
    "redis.ca",
    "push.key_file",
    "push.contact",
    #[cfg(debug_assertions)]
    "mistake",
];

/// `LIMITS_TEXT_CHARS` → `limits.text_chars`. `None` if there is no such key.
fn key_of(name: &str) -> Option<String> {
    let name = name.to_ascii_lowercase();
    let is_meant = |key: &String| key.replace('.', "_") == name;
    // Not among the defaults, since they have none.
    if let Some(key) = OPTIONAL.iter().find(|key| is_meant(&(**key).to_owned())) {
        return Some((*key).to_owned());
    }
    let defaults = Table::try_from(Config::default()).ok()?;
    keys_of(&defaults).into_iter().find(is_meant)
}

/// All keys of a table and those within it, with dots between sections.
fn keys_of(table: &Table) -> Vec<String> {
    table
        .iter()
        .flat_map(|(name, value)| match value {
            Value::Table(section) => keys_of(section)
                .into_iter()
                .map(|key| format!("{name}.{key}"))
                .collect(),
            _ => vec![name.clone()],
        })
        .collect()
}

/// Sets a key, reading the text as the type that the key's default has.
fn set(table: &mut Table, key: &str, text: &str) {
    let defaults = Value::Table(Table::try_from(Config::default()).unwrap_or_default());
    let default = key
        .split('.')
        .try_fold(&defaults, |section, name| section.get(name));
    let value = match default {
        Some(Value::Integer(_)) => text.parse().map(Value::Integer).ok(),
        Some(Value::Boolean(_)) => text.parse().map(Value::Boolean).ok(),
        Some(Value::Array(_)) => Some(Value::Array(
            text.split(',')
                .map(str::trim)
                .filter(|one| !one.is_empty())
                .map(|one| Value::String(one.to_owned()))
                .collect(),
        )),
        _ => None,
    }
    .unwrap_or_else(|| Value::String(text.to_owned()));
    let (sections, name) = key.rsplit_once('.').unwrap_or(("", key));
    let mut place = table;
    for section in sections.split('.').filter(|section| !section.is_empty()) {
        place = match place
            .entry(section)
            .or_insert_with(|| Value::Table(Table::new()))
        {
            Value::Table(inner) => inner,
            _ => return,
        };
    }
    place.insert(name.to_owned(), value);
}

#[cfg(test)]
mod tests {
    use super::super::PublicUrl;
    use super::*;

    fn load(variables: &[(&str, &str)], flags: &Flags) -> Result<Config, ConfigError> {
        let variables = variables
            .iter()
            .map(|(name, value)| (OsString::from(name), OsString::from(value)));
        Config::load(flags, variables)
    }

    fn refused(name: &str, value: &str) -> String {
        load(&[(name, value)], &Flags::default())
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn variables_reach_every_section() {
        let config = load(
            &[
                ("ZSPCHAT_LISTEN", "127.0.0.1:4000"),
                ("ZSPCHAT_RETENTION_DAYS", "5"),
                ("ZSPCHAT_LIMITS_TEXT_CHARS", "10"),
                ("ZSPCHAT_METRICS_LISTEN", "127.0.0.1:9000"),
                ("ZSPCHAT_TRUSTED_PROXIES", "127.0.0.1, ::1"),
                ("ZSPCHAT_DATA", "7"),
                ("ZSPCHAT_PUBLIC_URL", "https://chat.example.org"),
                ("ZSPCHAT_TLS_REDIRECT", "127.0.0.1:8080"),
                ("ZSPCHAT_TLS_ACME_ACCEPT_TERMS", "true"),
                ("ZSPCHAT_TLS_ACME_CONTACTS", "a@example.org, b@example.org"),
                ("ZSPCHAT_TLS_ACME_CA", "ca.pem"),
                ("ZSPCHAT_PUSH_KEY_FILE", "push.pem"),
                ("ZSPCHAT_PUSH_CONTACT", "mailto:a@example.org"),
                (
                    "ZSPCHAT_PUSH_SERVICES",
                    "push.example.org, http://127.0.0.1:9",
                ),
                ("PATH", "/bin"),
            ],
            &Flags::default(),
        )
        .unwrap();
        assert_eq!(config.listen.port(), 4000);
        assert_eq!(config.retention.days, 5);
        assert_eq!(config.limits.text_chars, 10);
        assert_eq!(config.metrics.listen.unwrap().port(), 9000);
        assert_eq!(config.trusted_proxies.len(), 2);
        assert_eq!(config.data, Path::new("7"));
        assert_eq!(config.tls.redirect.unwrap().port(), 8080);
        assert!(config.tls.acme.accept_terms);
        assert_eq!(config.tls.acme.contacts.len(), 2);
        assert_eq!(config.tls.acme.ca.as_deref(), Some(Path::new("ca.pem")));
        assert_eq!(config.push.services.len(), 2);
        assert!(config.push.key_file.is_some() && config.push.contact.is_some());
    }

    #[test]
    fn flags_override_variables() {
        let flags = Flags {
            file: None,
            values: vec![("listen", "127.0.0.1:1".to_owned())],
        };
        let config = load(&[("ZSPCHAT_LISTEN", "127.0.0.1:2")], &flags).unwrap();
        assert_eq!(config.listen.port(), 1);
    }

    #[test]
    fn a_fault_says_where_it_is_in_one_sentence() {
        for (name, value) in [
            ("ZSPCHAT_LISTEM", "x"),
            ("ZSPCHAT_LISTEN", "everywhere"),
            ("ZSPCHAT_RETENTION_DAYS", "0"),
            ("ZSPCHAT_RETENTION_DAYS", "many"),
            ("ZSPCHAT_PUBLIC_URL", "chat.example.org"),
            ("ZSPCHAT_PUBLIC_URL", "https://chat.example.org/chat"),
            ("ZSPCHAT_LOG_LEVEL", "a=b=c"),
            ("ZSPCHAT_LOG_FORMAT", "yaml"),
            ("ZSPCHAT_TLS_ACME_ACCEPT_TERMS", "perhaps"),
            ("ZSPCHAT_CONFIG", "/does/not/exist.toml"),
        ] {
            let said = refused(name, value);
            assert!(!said.contains('\n'), "{said}");
            let place = if name == "ZSPCHAT_CONFIG" {
                value
            } else {
                name
            };
            assert!(said.contains(place), "{said}");
        }
    }

    #[test]
    fn an_unknown_key_of_the_file_is_an_error() {
        let path = std::env::temp_dir().join(format!("zspchat-config-{}.toml", std::process::id()));
        std::fs::write(&path, "listen = \"127.0.0.1:1\"\n[limits]\ntext = 1\n").unwrap();
        let flags = Flags {
            file: Some(path.clone()),
            values: Vec::new(),
        };
        let said = load(&[], &flags).unwrap_err().to_string();
        std::fs::write(&path, "listen = \n").unwrap();
        let broken = load(&[], &flags).unwrap_err().to_string();
        std::fs::remove_file(&path).unwrap();
        assert!(said.contains("`text`"), "{said}");
        assert!(broken.contains("line 1"), "{broken}");
    }

    #[test]
    fn what_is_printed_can_be_read_again() {
        let config = Config {
            public_url: Some(
                PublicUrl::try_from("https://Chat.example.org:443/".to_owned()).unwrap(),
            ),
            ..Config::default()
        };
        assert_eq!(
            config.public_url.as_ref().unwrap().origin(),
            "https://chat.example.org"
        );
        assert_eq!(Config::from_toml(&config.to_toml()).unwrap(), config);
    }
}
