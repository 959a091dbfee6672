//! The program `zspchat`.
#![forbid(unsafe_code)]

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use server::config::{Config, Flags};
use server::telemetry;
use server::{admin, serve};
use tokio::signal::unix::{SignalKind, signal};

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
    /// For whoever runs the server
    #[command(subcommand)]
    Admin(AdminAction),
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
            site,
            demo,
        } => {
            let config = settings.load(vec![("public_url", public_url), ("site", site)])?;
            telemetry::logs::start(&config.log);
            runtime()?.block_on(serve_until_told(config, demo))
        }
        Action::Config(ConfigAction::Check { settings }) => {
            print!("{}", settings.load(Vec::new())?.to_toml());
            Ok(())
        }
        Action::Admin(AdminAction::ResetPassword { settings, handle }) => {
            let config = settings.load(Vec::new())?;
            let password = runtime()?.block_on(admin::reset_password(&config, &handle))?;
            println!("The new password of {handle} is {password}");
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
    let server = serve::start(config, demo).await?;
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
