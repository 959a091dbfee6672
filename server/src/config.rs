//! What can be set, and where it comes from: one TOML file, overridden by `ZSPCHAT_*` variables,
//! overridden by flags. Keys that do not exist are errors, wherever they stand.

use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use protocol::Limits;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

/// Everything that can be set, with the defaults.
///
/// A key `section.key` of the file is the variable `ZSPCHAT_SECTION_KEY`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Address and port to answer at.
    pub listen: SocketAddr,
    /// Where people reach the server, such as `https://chat.example.org`: what the `Origin` of
    /// their requests must be, and whether cookies are for https only. Without it, a request's
    /// origin must name the host that the request was sent to, and cookies are for plain http.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_url: Option<PublicUrl>,
    /// The folder of the database; made if it does not exist.
    pub data: PathBuf,
    /// The folder of what browsers download, with its `site.json`. Without it, what is built into
    /// the binary, or the folder `site` beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<PathBuf>,
    /// Proxies whose `X-Forwarded-For` is believed when requests are counted by address.
    pub trusted_proxies: Vec<IpAddr>,
    /// How long events are kept.
    pub retention: Retention,
    /// How long people stay logged in.
    pub session: Session,
    /// How often one may try to log in or register.
    pub throttle: Throttle,
    /// Where metrics are shown.
    pub metrics: Metrics,
    /// What is logged, and how.
    pub log: Log,
    /// What is refused by size or rate.
    #[serde(deserialize_with = "protocol::limits::configured")]
    pub limits: Limits,
    /// How long others may take. Nobody has to set it; tests wait for less.
    #[serde(skip)]
    pub patience: Patience,
}

/// How long the other end of a connection may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// To say what it wants, at first and after each answer.
    pub head: Duration,
    /// To send the body that it has announced.
    pub body: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(15),
            body: Duration::from_secs(30),
        }
    }
}

/// `retention`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Events older than this many days are deleted.
    pub days: u32,
}

/// `session`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Session {
    /// A session ends this many days after its log-in.
    pub days: u32,
}

/// `throttle`: each counted over ten minutes; beyond it, `429` until they are over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Throttle {
    /// Failed log-ins to one account.
    pub log_ins_per_account: u32,
    /// Failed log-ins from one address.
    pub log_ins_per_address: u32,
    /// New accounts from one address.
    pub registrations_per_address: u32,
}

/// `metrics`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Metrics {
    /// Address and port of `/metrics`. Without it, `/metrics` is on the main address, but never for
    /// requests that came through a proxy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
}

/// `log`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// Lines for people or for programs.
    pub format: LogFormat,
    /// `error`, `warn`, `info`, `debug`, `trace`, or a filter such as `info,server::http=debug`.
    pub level: String,
}

/// `log.format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// One line of text an entry.
    Text,
    /// One JSON object an entry.
    Json,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 3000)),
            public_url: None,
            data: PathBuf::from("data"),
            site: None,
            trusted_proxies: Vec::new(),
            retention: Retention::default(),
            session: Session::default(),
            throttle: Throttle::default(),
            metrics: Metrics::default(),
            log: Log::default(),
            limits: Limits::default(),
            patience: Patience::default(),
        }
    }
}

impl Default for Retention {
    fn default() -> Self {
        Self { days: 3 }
    }
}

impl Default for Session {
    fn default() -> Self {
        Self { days: 90 }
    }
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            log_ins_per_account: 10,
            log_ins_per_address: 100,
            registrations_per_address: 100,
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self {
            format: LogFormat::Text,
            level: "info".to_owned(),
        }
    }
}

/// The address by which people reach the server: scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicUrl(String);

impl PublicUrl {
    /// As an `Origin` header names it.
    pub fn origin(&self) -> &str {
        &self.0
    }

    /// Whether browsers keep what is sent here from others on the way.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

impl TryFrom<String> for PublicUrl {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        const SHAPE: &str = "public_url must be like https://chat.example.org, without a path";
        let uri: hyper::Uri = text.parse().map_err(|_| SHAPE)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(SHAPE);
        };
        let bare = matches!(uri.path(), "" | "/") && uri.query().is_none();
        if !bare || !matches!(scheme, "http" | "https") || authority.as_str().contains('@') {
            return Err(SHAPE);
        }
        let port = match (scheme, authority.port_u16()) {
            ("http", Some(80)) | ("https", Some(443)) | (_, None) => String::new(),
            (_, Some(port)) => format!(":{port}"),
        };
        let host = authority.host().to_ascii_lowercase();
        Ok(Self(format!("{scheme}://{host}{port}")))
    }
}

impl From<PublicUrl> for String {
    fn from(url: PublicUrl) -> Self {
        url.0
    }
}

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
            check(table.clone())
                .map_err(|fault| ConfigError(format!("{}: {fault}", path.display())))?;
        }
        for (key, value, from) in overrides {
            set(&mut table, &key, &value);
            check(table.clone()).map_err(|fault| ConfigError(format!("{from}: {fault}")))?;
        }
        check(table).map_err(ConfigError)
    }

    /// The values in force, as TOML. There are no secrets among them.
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
    text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| {
            let before = text.get(..span.start).unwrap_or(&text);
            1 + before.matches('\n').count()
        });
        ConfigError(format!(
            "{}, line {line}: {}",
            path.display(),
            error.message().replace('\n', ", ")
        ))
    })
}

/// Reads the table, and checks what the types do not say.
fn check(table: Table) -> Result<Config, String> {
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

/// `LIMITS_TEXT_CHARS` → `limits.text_chars`. `None` if there is no such key.
fn key_of(name: &str) -> Option<String> {
    let name = name.to_ascii_lowercase();
    let defaults = Table::try_from(Config::default()).ok()?;
    let optional = ["public_url", "site"];
    if optional.contains(&name.as_str()) {
        return Some(name);
    }
    if name == "metrics_listen" {
        return Some("metrics.listen".to_owned());
    }
    if defaults.get(&name).is_some_and(|value| !value.is_table()) {
        return Some(name);
    }
    let (section, key) = name.split_once('_')?;
    defaults.get(section)?.as_table()?.get(key)?;
    Some(format!("{section}.{key}"))
}

/// Sets a key, reading the text as the type that the key's default has.
fn set(table: &mut Table, key: &str, text: &str) {
    let defaults = Table::try_from(Config::default()).unwrap_or_default();
    let (section, name) = key.split_once('.').unwrap_or(("", key));
    let default = match section {
        "" => defaults.get(name),
        section => defaults.get(section).and_then(|section| section.get(name)),
    };
    let value = match default {
        Some(Value::Integer(_)) => text.parse().map(Value::Integer).ok(),
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
    let place = match section {
        "" => table,
        section => match table
            .entry(section)
            .or_insert_with(|| Value::Table(Table::new()))
        {
            Value::Table(inner) => inner,
            _ => return,
        },
    };
    place.insert(name.to_owned(), value);
}

#[cfg(test)]
mod tests {
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
        let table: Table = config.to_toml().parse().unwrap();
        assert_eq!(check(table).unwrap(), config);
    }
}
