//! The program `zspchat`.
#![forbid(unsafe_code)]

use std::error::Error;
use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use protocol::ConversationId;
use server::admin::AdminError;
use server::clock::Clock;
use server::config::{Config, Flags};
use server::push::Keys;
use server::random::Random;
use server::tail::TailError;
use server::telemetry;
use server::telemetry::logs::Logs;
use server::tls::authority;
use server::{admin, dead_letters, migrate, serve, tail};
use tokio::signal::unix::{SignalKind, signal};
use uuid::Uuid;

/// Also SQLite's: a send is many small allocations there, freed by other threads here.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Chat for a few or for many: one server, one file of data.
#[derive(Parser)]
#[command(name = "zspchat", version)]
struct Program {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Serve until it is told to stop (SIGTERM or Ctrl-C; twice to stop at once)
    Serve {
        #[command(flatten)]
        settings: Settings,
        /// Where people reach it, such as <https://chat.example.org>
        #[arg(long, value_name = "URL")]
        public_url: Option<String>,
        /// With several nodes: web, writer or all
        #[arg(long, value_name = "ROLE")]
        role: Option<String>,
        /// The folder with what browsers download, if not the one built in
        #[arg(long, value_name = "FOLDER")]
        site: Option<String>,
        /// Add four people, a group and their history, if there is nobody yet
        #[arg(long)]
        demo: bool,
    },
    /// What is configured
    #[command(subcommand)]
    Config(ConfigAction),
    /// Make a certificate for https in one's own network, and an authority to trust; again to renew it
    Certificate {
        /// Hosts and addresses by which people reach the server; by default those of the last one
        #[arg(value_name = "NAME")]
        names: Vec<String>,
        /// Where authority, certificate and keys are kept
        #[arg(long, value_name = "FOLDER", default_value = "tls")]
        folder: PathBuf,
    },
    /// Make the key by which push services know the server, and print the public half
    PushKeys {
        /// The file for it, which is `push.key_file` of the configuration; one that is there is kept
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// For whoever runs the server
    #[command(subcommand)]
    Admin(AdminAction),
    /// Move an installation to another kind of database
    #[command(subcommand)]
    Migrate(MigrateAction),
    /// What was logged, where it is sent to Kafka
    #[command(subcommand)]
    Logs(LogsAction),
    /// What the broker delivered and could not be stored
    #[command(subcommand)]
    DeadLetters(DeadLettersAction),
}

#[derive(Subcommand)]
enum ConfigAction {
    /// Check the configuration and print the values in force
    Check {
        #[command(flatten)]
        settings: Settings,
    },
}

#[derive(Subcommand)]
enum AdminAction {
    /// Give an account a new password, print it, and log the account out everywhere
    ResetPassword {
        #[command(flatten)]
        settings: Settings,
        /// The name the account logs in with
        handle: String,
    },
    /// Let browsers compare what they hold with the database, after a backup was restored
    Restored {
        #[command(flatten)]
        settings: Settings,
    },
}

#[derive(Subcommand)]
enum MigrateAction {
    /// Copy everything from the file in the data folder to an empty database at database.url
    SqliteToPostgres {
        #[command(flatten)]
        settings: Settings,
    },
}

#[derive(Subcommand)]
enum LogsAction {
    /// Print log lines and the audit in the order of their time
    Tail {
        #[command(flatten)]
        settings: Settings,
        /// Of this request
        #[arg(long, value_name = "ID")]
        request: Option<String>,
        /// What this user did, or had done to them
        #[arg(long, value_name = "ID|HANDLE")]
        user: Option<String>,
        /// About this conversation
        #[arg(long, value_name = "ID")]
        conversation: Option<ConversationId>,
        /// As serious as this, or more so: error, warn, info, debug or trace
        #[arg(long)]
        level: Option<tail::Level>,
        /// Not older than this, such as 30s, 2h or 3d
        #[arg(long, value_name = "TIME", default_value = "10m")]
        since: tail::Since,
        /// The audit alone
        #[arg(long)]
        audit: bool,
        /// Go on with what comes, until Ctrl-C
        #[arg(long)]
        follow: bool,
        /// One JSON object a line, as it was sent
        #[arg(long)]
        json: bool,
    },
}

#[derive(Subcommand)]
enum DeadLettersAction {
    /// List them, oldest first
    List {
        #[command(flatten)]
        settings: Settings,
    },
    /// Print one with what it holds
    Show {
        #[command(flatten)]
        settings: Settings,
        /// As it is listed
        id: Uuid,
    },
    /// Put one into its queue once more, and remove it here
    Replay {
        #[command(flatten)]
        settings: Settings,
        /// As it is listed
        id: Uuid,
    },
    /// Remove one for good
    Remove {
        #[command(flatten)]
        settings: Settings,
        /// As it is listed
        id: Uuid,
    },
}

#[derive(Args)]
struct Settings {
    /// Listen here instead of 127.0.0.1:3000
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// Keep the data here instead of ./data
    #[arg(long, value_name = "FOLDER")]
    data: Option<String>,
    /// Read settings from this TOML file; ZSPCHAT_* variables and flags override it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Settings {
    fn load(self, more: Vec<(&'static str, Option<String>)>) -> Result<Config, Box<dyn Error>> {
        let mut values = vec![("listen", self.listen), ("data", self.data)];
        values.extend(more);
        let flags = Flags {
            file: self.config,
            values: values
                .into_iter()
                .filter_map(|(key, value)| Some((key, value?)))
                .collect(),
        };
        Ok(Config::load(&flags, std::env::vars_os())?)
    }
}

fn main() -> ExitCode {
    // For all that speaks TLS. Fails only where one is chosen already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match run(Program::parse().action) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(action: Action) -> Result<(), Box<dyn Error>> {
    match action {
        Action::Serve {
            settings,
            public_url,
            role,
            site,
            demo,
        } => {
            let config = settings.load(vec![
                ("public_url", public_url),
                ("role", role),
                ("site", site),
            ])?;
            let logs = telemetry::logs::start(&config)?;
            #[cfg(debug_assertions)]
            if let Some(mistake) = config.mistake {
                tracing::warn!(mistake = mistake.name(), "makes a mistake, deliberately");
                protocol::mistakes::make_everywhere(mistake);
            }
            runtime()?.block_on(serve_until_told(config, demo, logs))
        }
        Action::Config(ConfigAction::Check { settings }) => {
            print!("{}", settings.load(Vec::new())?.to_toml());
            Ok(())
        }
        Action::Certificate { names, folder } => {
            let folder = std::path::absolute(folder)?;
            print!("{}", authority::make(&folder, &names, &Clock::system())?);
            Ok(())
        }
        Action::PushKeys { out } => {
            println!("{}", Keys::make(&out, &Random::system())?);
            Ok(())
        }
        Action::Admin(AdminAction::ResetPassword { settings, handle }) => {
            let config = settings.load(Vec::new())?;
            let password = administer(&config, admin::reset_password(&config, &handle))?;
            println!("The new password of {handle} is {password}");
            Ok(())
        }
        Action::Admin(AdminAction::Restored { settings }) => {
            let config = settings.load(Vec::new())?;
            administer(&config, admin::restored(&config))?;
            println!("Browsers will compare what they hold with what is here");
            Ok(())
        }
        Action::Migrate(MigrateAction::SqliteToPostgres { settings }) => {
            let config = settings.load(Vec::new())?;
            println!(
                "{}",
                runtime()?.block_on(migrate::sqlite_to_postgres(&config))?
            );
            Ok(())
        }
        Action::Logs(action) => print_logs(action),
        Action::DeadLetters(action) => {
            let (settings, wish) = match action {
                DeadLettersAction::List { settings } => (settings, dead_letters::Wish::List),
                DeadLettersAction::Show { settings, id } => {
                    (settings, dead_letters::Wish::Show(id))
                }
                DeadLettersAction::Replay { settings, id } => {
                    (settings, dead_letters::Wish::Replay(id))
                }
                DeadLettersAction::Remove { settings, id } => {
                    (settings, dead_letters::Wish::Remove(id))
                }
            };
            let config = settings.load(Vec::new())?;
            println!(
                "{}",
                runtime()?.block_on(dead_letters::carry_out(&config, wish))?
            );
            Ok(())
        }
    }
}

fn print_logs(action: LogsAction) -> Result<(), Box<dyn Error>> {
    let LogsAction::Tail {
        settings,
        request,
        user,
        conversation,
        level,
        since,
        audit,
        follow,
        json,
    } = action;
    let config = settings.load(Vec::new())?;
    let wish = tail::Wish {
        request,
        user,
        conversation,
        level,
        since,
        audit,
        follow,
        json,
    };
    let clock = Clock::system();
    let mut output = std::io::stdout().lock();
    let printed = tail::tail(&config, &wish, &clock, &mut output);
    match runtime()?.block_on(printed) {
        // Whoever read them has seen enough.
        Err(TailError::Print(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => Ok(done?),
    }
}

/// Does something that the audit is to have: where that is elsewhere, it is sent there.
fn administer<T>(
    config: &Config,
    doing: impl Future<Output = Result<T, AdminError>>,
) -> Result<T, Box<dyn Error>> {
    let mut config = config.clone();
    // Whoever does it sees what was done.
    "warn".clone_into(&mut config.log.level);
    let logs = telemetry::logs::start(&config)?;
    runtime()?.block_on(async {
        let done = doing.await;
        logs.flush().await;
        Ok(done?)
    })
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
}

/// How long it may take to tell the last traces.
const LAST_TRACES: Duration = Duration::from_secs(2);

async fn serve_until_told(config: Config, demo: bool, logs: Logs) -> Result<(), Box<dyn Error>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let started = tokio::select! {
        started = serve::start(config, demo) => started.map(Some),
        // It may be waiting for the database.
        _ = terminate.recv() => Ok(None),
        _ = interrupt.recv() => Ok(None),
    };
    let Some(server) = started.transpose() else {
        logs.flush().await;
        return Ok(());
    };
    let server = match server {
        Ok(server) => server,
        Err(error) => {
            logs.flush().await;
            return Err(error.into());
        }
    };
    // Where nobody listens any more, it serves all the same.
    let _ = std::io::stdout().write_all(server.greeting().as_bytes());
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    tokio::select! {
        () = async {
            server.stop().await;
            let told = || telemetry::traces::finish(LAST_TRACES);
            let _ = tokio::task::spawn_blocking(told).await;
            tracing::info!("stopped");
            logs.flush().await;
        } => Ok(()),
        _ = terminate.recv() => Err("told twice: stopped at once".into()),
        _ = interrupt.recv() => Err("told twice: stopped at once".into()),
    }
}
