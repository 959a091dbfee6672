//! The program `zspchat`.
#![forbid(unsafe_code)]

use std::error::Error;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use server::clock::Clock;
use server::config::{Config, Flags};
use server::push::Keys;
use server::random::Random;
use server::telemetry;
use server::tls::authority;
use server::{admin, dead_letters, migrate, serve};
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
            telemetry::logs::start(&config.log);
            #[cfg(debug_assertions)]
            if let Some(mistake) = config.mistake {
                tracing::warn!(mistake = mistake.name(), "makes a mistake, deliberately");
                protocol::mistakes::make_everywhere(mistake);
            }
            runtime()?.block_on(serve_until_told(config, demo))
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
            let password = runtime()?.block_on(admin::reset_password(&config, &handle))?;
            println!("The new password of {handle} is {password}");
            Ok(())
        }
        Action::Admin(AdminAction::Restored { settings }) => {
            let config = settings.load(Vec::new())?;
            runtime()?.block_on(admin::restored(&config))?;
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

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
}

async fn serve_until_told(config: Config, demo: bool) -> Result<(), Box<dyn Error>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let server = tokio::select! {
        server = serve::start(config, demo) => server?,
        // It may be waiting for the database.
        _ = terminate.recv() => return Ok(()),
        _ = interrupt.recv() => return Ok(()),
    };
    // Where nobody listens any more, it serves all the same.
    let _ = std::io::stdout().write_all(server.greeting().as_bytes());
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    tokio::select! {
        () = server.stop() => {
            tracing::info!("stopped");
            Ok(())
        }
        _ = terminate.recv() => Err("told twice: stopped at once".into()),
        _ = interrupt.recv() => Err("told twice: stopped at once".into()),
    }
}
