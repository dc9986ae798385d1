//! The service as a process of its own.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::http::Connection;
use crate::process::{memory, program};

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running service; it ends with this value.
pub(crate) struct Service {
    child: Child,
    /// Where it listens.
    pub(crate) address: String,
    /// From the start of the process to its first whole answer.
    pub(crate) first_answer: Duration,
}

impl Service {
    /// Starts it, with its log in `folder`, and waits until it has answered `path`.
    pub(crate) fn start(database: &str, folder: &Path, path: &str) -> anyhow::Result<Self> {
        let log = folder.join("service.log");
        let started = Instant::now();
        let child = program(database, &["serve", "--no-auth", "--bind", "127.0.0.1:0"])
            .stdout(Stdio::null())
            .stderr(File::create(&log)?)
            .spawn()
            .context("cannot start the service")?;
        let mut service = Self {
            child,
            address: String::new(),
            first_answer: Duration::ZERO,
        };
        while started.elapsed() < PATIENCE {
            if let Some(address) = address(&std::fs::read_to_string(&log)?) {
                let mut connection = Connection::open(&address)?;
                connection.get(path)?;
                service.first_answer = started.elapsed();
                service.address = address;
                return Ok(service);
            }
            sleep(Duration::from_millis(1));
        }
        bail!(
            "the service does not start: {}",
            std::fs::read_to_string(&log)?
        )
    }

    /// Its memory in MiB: `VmRSS` now, `VmHWM` at most.
    pub(crate) fn memory(&self, what: &str) -> f64 {
        memory(&self.child, what).unwrap_or(f64::NAN)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The address in the log's first line.
fn address(log: &str) -> Option<String> {
    let (_, rest) = log.split_once("listening on http://")?;
    let (address, _) = rest.split_once(',')?;
    Some(address.to_owned())
}
