//! Postgres, by Debian's `postgresql`.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::Signal;

use crate::account::Account;
use crate::call::call;
use crate::certificates::Certificates;
use crate::folder::{Data, Folder, give};
use crate::keeper;
use crate::port::Port;
use crate::process::{Process, Recipe};
use crate::service::Service;

/// It is ready after 0.1 s on an idle machine, but after a crash it reads its log again first.
const READY: Duration = Duration::from_mins(1);
/// A new database costs 1 s on an idle machine.
const MAKE: Duration = Duration::from_mins(1);

#[derive(Clone, Debug, Default)]
pub struct PostgresOptions {
    /// Wait for the disk at each commit: for measurements, and where the machine itself may fail.
    /// Without it a killed Postgres still keeps what it committed, as the kernel has it.
    pub fsync: bool,
    /// Further settings, such as `("max_connections", "20")`.
    pub settings: Vec<(String, String)>,
    /// Take TLS connections too, with a certificate made on the spot; [`Postgres::url`] asks for it.
    pub tls: bool,
    /// Asked of every client.
    pub password: Option<String>,
    /// Where to put the data: for a file system of its own, which a test can fill.
    pub folder: Option<PathBuf>,
    /// Further variables of its environment, such as those that put a clock of its own under it.
    pub environment: Vec<(String, String)>,
}

/// A Postgres of our own on a free port. Its superuser is `postgres`.
pub struct Postgres {
    // Dropped first: the folders are removed when nothing writes to them.
    process: Process,
    port: Port,
    options: PostgresOptions,
    certificates: Option<Certificates>,
    _data: Data,
    _folder: Folder,
}

impl Postgres {
    /// Makes a new database and waits until it answers.
    ///
    /// # Errors
    /// When Postgres is not installed, ends, or does not answer in time.
    pub fn start(options: &PostgresOptions) -> Result<Self> {
        Self::start_with(options, |data, account, folder| {
            make_database(data, account, folder, options.password.as_deref())
        })
    }

    /// Starts one on data that `make` brings to a folder that is not there yet.
    pub(crate) fn start_with(
        options: &PostgresOptions,
        make: impl FnOnce(&Path, Option<&Account>, &Folder) -> Result<()>,
    ) -> Result<Self> {
        let folder = Folder::new("postgres")?;
        let account = Account::of_service("postgres")?;
        let port = Port::free()?;
        let certificates = options
            .tls
            .then(|| Certificates::make(&folder.path().join("tls"), account.as_ref()))
            .transpose()?;
        let parent = options.folder.as_deref().unwrap_or(folder.path());
        let data = Data::make(
            parent,
            &format!("postgres-{}", port.number()),
            account.as_ref(),
        )?;
        make(data.path(), account.as_ref(), &folder)?;
        let recipe = Recipe {
            name: format!("Postgres on port {}", port.number()),
            command: Box::new({
                let program = programs()?.join("postgres");
                let arguments = arguments(options, &port, data.path(), certificates.as_ref());
                let variables = options.environment.iter();
                let variables = variables.map(|(name, value)| format!("{name}={value}"));
                let variables: Vec<_> = variables.collect();
                move || {
                    // For itself only, not for what makes its account of ours.
                    let mut command = keeper::command("env", account.as_ref());
                    command.args(&variables).arg(&program);
                    command.current_dir("/").args(&arguments);
                    command
                }
            }),
            log: folder.path().join("log"),
            // A fast shutdown: open transactions are rolled back, and a checkpoint is written.
            stop: Signal::INT,
            patience: READY,
        };
        let postgres = Self {
            process: Process::new(recipe),
            port,
            options: options.clone(),
            certificates,
            _data: data,
            _folder: folder,
        };
        postgres.start_again()?;
        Ok(postgres)
    }

    /// `postgres://postgres@127.0.0.1:P/DATABASE`, with the password and the demand for TLS where
    /// they are set. The database `postgres` is always there.
    pub fn url(&self, database: &str) -> String {
        self.url_at(self.port.address(), database)
    }

    /// The same at another address, such as a proxy's.
    pub fn url_at(&self, address: SocketAddr, database: &str) -> String {
        let user = match &self.options.password {
            Some(password) => format!("postgres:{password}"),
            None => "postgres".to_owned(),
        };
        let tls = match &self.certificates {
            Some(made) => format!(
                "?sslmode=verify-full&sslrootcert={}",
                made.authority.display()
            ),
            None => String::new(),
        };
        format!("postgres://{user}@{address}/{database}{tls}")
    }

    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    pub(crate) fn options(&self) -> &PostgresOptions {
        &self.options
    }

    /// The authority its clients should trust, where it takes TLS connections.
    pub fn authority(&self) -> Option<&Path> {
        self.certificates.as_ref().map(|made| &*made.authority)
    }

    /// Makes an empty database.
    pub fn create_database(&self, name: &str) -> Result<()> {
        let quoted = name.replace('"', "\"\"");
        self.run_sql("postgres", &format!("CREATE DATABASE \"{quoted}\""))?;
        Ok(())
    }

    /// Runs statements one by one, each in its own transaction, by `psql`, and gives the rows:
    /// one a line, columns separated by `|`.
    ///
    /// # Errors
    /// At the first statement that fails, or when they take more than 60 s.
    pub fn run_sql(&self, database: &str, sql: &str) -> Result<String> {
        let mut psql = keeper::command(programs()?.join("psql"), None);
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f", "-"]);
        psql.arg("-d").arg(self.url(database));
        psql.env("PGCONNECT_TIMEOUT", "5");
        call("psql", psql, sql, MAKE)
    }
}

impl Service for Postgres {
    fn process(&self) -> &Process {
        &self.process
    }

    fn wait_until_ready(&self) -> Result<()> {
        self.process.wait_until(READY, || {
            self.run_sql("postgres", "SELECT 1")
                .is_ok_and(|answer| answer == "1")
        })
    }
}

/// The programs of the newest version: `/usr/lib/postgresql/15/bin`.
///
/// # Errors
/// When no server is installed.
pub(crate) fn programs() -> Result<PathBuf> {
    let version = |path: &PathBuf| {
        let name = path.file_name()?.to_str()?;
        name.parse::<u32>().ok()
    };
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    versions
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.join("bin/postgres").exists())
        .max_by_key(version)
        .map(|path| path.join("bin"))
        .context("no Postgres server is installed: the package is postgresql")
}

/// A Postgres program as the account that owns the data.
pub(crate) fn program(name: &str, account: Option<&Account>) -> Result<Command> {
    let mut command = keeper::command(programs()?.join(name), account);
    command.current_dir("/");
    Ok(command)
}

fn make_database(
    data: &Path,
    account: Option<&Account>,
    folder: &Folder,
    password: Option<&str>,
) -> Result<()> {
    let mut initdb = program("initdb", account)?;
    initdb.args([
        "-U",
        "postgres",
        "-N",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        "-D",
    ]);
    initdb.arg(data);
    match password {
        None => {
            initdb.args(["-A", "trust"]);
        }
        Some(password) => {
            let file = folder.path().join("password");
            fs::write(&file, password)?;
            give(&file, account, 0o600)?;
            initdb.args(["-A", "scram-sha-256", "--pwfile"]).arg(file);
        }
    }
    call("initdb", initdb, "", MAKE)?;
    Ok(())
}

fn arguments(
    options: &PostgresOptions,
    port: &Port,
    data: &Path,
    certificates: Option<&Certificates>,
) -> Vec<String> {
    let on = |yes: bool| if yes { "on" } else { "off" }.to_owned();
    let mut settings = vec![
        ("port", port.number().to_string()),
        ("listen_addresses", "127.0.0.1".to_owned()),
        // No socket file: its path may be no longer than 107 bytes.
        ("unix_socket_directories", String::new()),
        ("fsync", on(options.fsync)),
        // Half-written pages come of a loss of power only.
        ("full_page_writes", on(options.fsync)),
        ("ssl", on(certificates.is_some())),
    ];
    if let Some(made) = certificates {
        let path = |path: &PathBuf| path.to_string_lossy().into_owned();
        settings.push(("ssl_cert_file", path(&made.certificate)));
        settings.push(("ssl_key_file", path(&made.key)));
    }
    let extra = options.settings.iter();
    let mut arguments = vec!["-D".to_owned(), data.to_string_lossy().into_owned()];
    arguments.extend(
        settings
            .iter()
            .map(|(key, value)| (*key, value))
            .chain(extra.map(|(key, value)| (key.as_str(), value)))
            .flat_map(|(key, value)| ["-c".to_owned(), format!("{key}={value}")]),
    );
    arguments
}
