//! The cluster, and all that can be done to it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use protocol::mistakes::Maker;
use services::{Cluster, ClusterOptions, Folder, Postgres, Service};

use crate::options::Options;
use crate::room::{self, Room};

/// The database's name in a cluster.
const DATABASE: &str = "zspchat";
/// Where Debian's `faketime` has what it puts under a program. It cannot be put under the nodes, whose
/// allocator asks for the time before it can be answered; but they go by the database's clock.
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
/// In megabytes.
const POSTGRES_ROOM: u32 = 512;
/// In megabytes.
const RABBITMQ_ROOM: u32 = 768;

pub struct Field {
    // Dropped in this order: the rooms when nobody uses them any more.
    pub cluster: Cluster,
    /// Standbys that were promoted, the last one the primary; none while it is the first.
    promoted: Mutex<Vec<Arc<Postgres>>>,
    pub postgres_room: Option<Room>,
    pub rabbitmq_room: Option<Room>,
    clock: Option<Clock>,
}

impl Field {
    /// Starts the cluster, with a proxy between each node and each service.
    ///
    /// # Errors
    /// When a part does not start.
    pub fn start(options: &Options, server: &Path) -> Result<Self> {
        let room = |what: &str, size| room::possible().then(|| Room::new(what, size)).transpose();
        let postgres_room = room("chaos-postgres", POSTGRES_ROOM)?;
        // Several nodes of a broker would share it.
        let rabbitmq_room = match options.brokers {
            1 => room("chaos-rabbitmq", RABBITMQ_ROOM)?,
            _ => None,
        };
        let clock = Path::new(FAKETIME).exists().then(Clock::new).transpose()?;
        let mut plan = ClusterOptions::new(server);
        plan.nodes = options.nodes;
        plan.brokers = options.brokers;
        plan.proxies = true;
        let setting = |name: &str, value: &str| (format!("ZSPCHAT_{name}"), value.to_owned());
        plan.settings = vec![
            setting("THROTTLE_REGISTRATIONS_PER_ADDRESS", "10000"),
            setting("LOG_LEVEL", &options.log),
        ];
        if let Some(mistake) = options.mistake
            && mistake.maker() == Maker::Server
        {
            plan.settings.push(setting("MISTAKE", mistake.name()));
        }
        // As it is meant to run: what is committed is on the disk.
        plan.postgres.fsync = true;
        plan.postgres.environment = clock.iter().flat_map(Clock::environment).collect();
        plan.postgres.settings = [("max_wal_size", "64MB"), ("min_wal_size", "32MB")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        plan.postgres.folder = postgres_room.as_ref().map(|room| room.path().to_owned());
        plan.rabbitmq.folder = rabbitmq_room.as_ref().map(|room| room.path().to_owned());
        Ok(Self {
            cluster: Cluster::start(&plan)?,
            promoted: Mutex::default(),
            postgres_room,
            rabbitmq_room,
            clock,
        })
    }

    /// Where clients connect, by turns: the balancer, and each node.
    pub fn addresses(&self) -> Vec<String> {
        let nodes = self.cluster.nodes.iter();
        let nodes = nodes.map(|node| format!("http://{}", node.address()));
        std::iter::once(self.cluster.url()).chain(nodes).collect()
    }

    /// Does something with the Postgres that is the primary now.
    pub fn primary<T>(&self, act: impl FnOnce(&Postgres) -> T) -> T {
        let promoted = self.promoted().last().cloned();
        match promoted {
            Some(postgres) => act(&postgres),
            None => act(&self.cluster.postgres),
        }
    }

    /// Whether the first Postgres, which has a room of its own, is the primary.
    pub fn is_first_primary(&self) -> bool {
        self.promoted().is_empty()
    }

    /// From now on this one is the primary; one before it that was promoted too is gone.
    pub fn set_primary(&self, postgres: Postgres) {
        let address = postgres.address();
        *self.promoted() = vec![Arc::new(postgres)];
        for node in &self.cluster.nodes {
            if let Some(links) = node.links() {
                links.postgres.retarget(address);
            }
        }
    }

    fn promoted(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Postgres>>> {
        self.promoted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs statements on the database of the primary.
    ///
    /// # Errors
    /// When it does not answer, or refuses.
    pub fn sql(&self, sql: &str) -> Result<String> {
        self.primary(|postgres| postgres.run_sql(DATABASE, sql))
    }

    /// The database's clock, if it can be moved here.
    pub fn clock(&self) -> Option<&Clock> {
        self.clock.as_ref()
    }

    /// Keeps what every part has printed.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn save_logs(&self, folder: &Path) -> Result<()> {
        for part in self.cluster.parts() {
            let name = part.process().name().replace(' ', "-");
            fs::write(folder.join(format!("{name}.log")), part.log())?;
        }
        if !self.is_first_primary() {
            let log = self.primary(Service::log);
            fs::write(folder.join("Postgres-promoted.log"), log)?;
        }
        Ok(())
    }
}

/// The clock of every Postgres, which goes by the machine's, but for what is set here.
pub struct Clock(Folder);

impl Clock {
    fn new() -> Result<Self> {
        let clock = Self(Folder::new("chaos-clock")?);
        clock.put_ahead(0)?;
        Ok(clock)
    }

    fn environment(&self) -> Vec<(String, String)> {
        let file = self.0.path().join("ahead").display().to_string();
        [
            ("LD_PRELOAD", FAKETIME),
            ("FAKETIME_TIMESTAMP_FILE", &file),
            // It is read anew once a second.
            ("FAKETIME_CACHE_DURATION", "1"),
            ("FAKETIME_DISABLE_SHM", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }

    /// Puts it so many seconds ahead of the machine's.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn put_ahead(&self, seconds: u64) -> Result<()> {
        let file = self.0.path().join("ahead");
        // Never half-written, since it may be read at any moment.
        let draft = file.with_extension("new");
        fs::write(&draft, format!("+{seconds}\n"))?;
        fs::set_permissions(&draft, Permissions::from_mode(0o644))?;
        fs::rename(draft, file)?;
        Ok(())
    }
}
