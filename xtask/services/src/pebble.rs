//! Pebble, Let's Encrypt's authority for tests of ACME clients, by Debian's `pebble`.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::Signal;

use crate::certificates::Certificates;
use crate::folder::Folder;
use crate::keeper;
use crate::port::Port;
use crate::process::{Process, Recipe};
use crate::service::Service;

/// It is ready after 0.1 s on an idle machine.
const READY: Duration = Duration::from_secs(20);

/// Where Debian puts it.
const PROGRAM: &str = "/usr/bin/pebble";

#[derive(Clone, Debug)]
pub struct PebbleOptions {
    /// The port of 127.0.0.1 where it looks whether a name leads to who asks (`tls-alpn-01`). By its
    /// own DNS all names lead to 127.0.0.1.
    pub looks_at: u16,
    /// How long its certificates count, in seconds; by default five years.
    pub seconds: Option<u64>,
}

/// An authority of our own on a free port. It knows accounts and orders until it ends, and each of its
/// runs has other keys.
pub struct Pebble {
    // Dropped first: the folder is removed when nothing writes to it.
    process: Process,
    names: Process,
    port: Port,
    management: Port,
    /// Of the names, and of what would change them.
    name_ports: [Port; 2],
    certificates: Certificates,
    _folder: Folder,
}

impl Pebble {
    /// Whether it can be started here: else Debian's package `pebble` is missing.
    pub fn is_installed() -> bool {
        Path::new(PROGRAM).exists()
    }

    /// Starts one and waits until it answers.
    ///
    /// # Errors
    /// When it is not installed, ends, or does not answer in time.
    pub fn start(options: &PebbleOptions) -> Result<Self> {
        let folder = Folder::new("pebble")?;
        let (port, management) = (Port::free()?, Port::free()?);
        let names = [Port::free()?, Port::free()?];
        let certificates = Certificates::make(&folder.path().join("tls"), None)?;
        let file = folder.path().join("pebble.json");
        fs::write(
            &file,
            configuration(options, &port, &management, &certificates),
        )
        .with_context(|| format!("{} cannot be written", file.display()))?;
        let [dns, dns_management] = names.each_ref().map(|port| port.address().to_string());
        let resolver = dns.clone();
        let pebble = Self {
            process: Process::new(Recipe {
                name: format!("Pebble on port {}", port.number()),
                command: Box::new(move || {
                    let mut command = keeper::command(PROGRAM, None);
                    command.arg("-config").arg(&file);
                    command.args(["-dnsserver", &dns]);
                    // It would look only after some seconds, and refuse some nonces by chance.
                    command.env("PEBBLE_VA_NOSLEEP", "1");
                    command.env("PEBBLE_WFE_NONCEREJECT", "0");
                    // It looks each time.
                    command.env("PEBBLE_AUTHZREUSE", "0");
                    command
                }),
                log: folder.path().join("log"),
                stop: Signal::TERM,
                patience: READY,
            }),
            names: Process::new(Recipe {
                name: format!("Pebble's names at {resolver}"),
                command: Box::new(move || {
                    let mut command = keeper::command("/usr/bin/pebble-challtestsrv", None);
                    command.args(["-dns01", &resolver, "-management", &dns_management]);
                    command.args(["-http01", "", "-https01", "", "-tlsalpn01", ""]);
                    command.args(["-defaultIPv4", "127.0.0.1", "-defaultIPv6", ""]);
                    command
                }),
                log: folder.path().join("names.log"),
                stop: Signal::TERM,
                patience: READY,
            }),
            port,
            management,
            name_ports: names,
            certificates,
            _folder: folder,
        };
        pebble.names.launch()?;
        let resolver = pebble.name_ports[0].address();
        pebble
            .names
            .wait_until(READY, || TcpStream::connect(resolver).is_ok())?;
        pebble.start_again()?;
        Ok(pebble)
    }

    /// Its directory.
    pub fn directory(&self) -> String {
        format!("https://{}/dir", self.port.address())
    }

    /// Where `/roots/0` is, by https, the authority of its present certificates, as PEM.
    pub fn management(&self) -> std::net::SocketAddr {
        self.management.address()
    }

    /// The authority by which one sees that this is the directory.
    pub fn authority(&self) -> &Path {
        &self.certificates.authority
    }
}

impl Service for Pebble {
    fn process(&self) -> &Process {
        &self.process
    }

    fn wait_until_ready(&self) -> Result<()> {
        self.process.wait_until(READY, || {
            let ports = [&self.port, &self.management];
            ports
                .iter()
                .all(|port| TcpStream::connect(port.address()).is_ok())
        })
    }
}

fn configuration(
    options: &PebbleOptions,
    port: &Port,
    management: &Port,
    certificates: &Certificates,
) -> String {
    let seconds = options.seconds.map_or_else(String::new, |seconds| {
        format!("\"certificateValidityPeriod\": {seconds},")
    });
    format!(
        r#"{{"pebble": {{
            "listenAddress": "{}",
            "managementListenAddress": "{}",
            "certificate": "{}",
            "privateKey": "{}",
            "httpPort": 1,
            "tlsPort": {},
            {seconds}
            "ocspResponderURL": "",
            "externalAccountBindingRequired": false
        }}}}"#,
        port.address(),
        management.address(),
        certificates.certificate.display(),
        certificates.key.display(),
        options.looks_at,
    )
}
