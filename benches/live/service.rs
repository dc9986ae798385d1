//! The service as a process of its own, and what the kernel says of processes.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use chrono::Utc;
use diesel::connection::Connection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};

const PROGRAM: &str = env!("CARGO_BIN_EXE_call-history");
const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(20);

/// Ticks of a second, on every Linux that there is.
const TICKS: f64 = 100.0;

/// A running service; it ends with this value.
pub(crate) struct Service {
    child: Child,
    /// Where it listens.
    pub(crate) address: String,
}

fn program(database: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    for name in [
        "DATABASE_URL_FILE",
        "BIND",
        "TIMEZONE",
        "RUST_LOG",
        "SOURCES_FILE",
    ] {
        command.env_remove(name);
    }
    command.args(arguments).env("DATABASE_URL", database);
    command
}

/// Runs a command to its end; it must succeed.
pub(crate) fn run(database: &str, arguments: &[&str]) -> anyhow::Result<()> {
    let mut command = program(database, arguments);
    let status = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    ensure!(status.success(), "{arguments:?}: {status}");
    Ok(())
}

/// A token that the service believes.
pub(crate) fn token(user: &str, scope: &str) -> anyhow::Result<String> {
    let expires = Utc::now().timestamp() + 24 * 3600;
    let claims = serde_json::json!({"sub": user, "exp": expires, "scope": scope});
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    Ok(encode(&Header::new(Algorithm::HS256), &claims, &key)?)
}

impl Service {
    /// Starts it with its own settings but for tokens, its log in `folder`, and waits until it
    /// listens.
    pub(crate) fn start(database: &str, folder: &Path) -> anyhow::Result<Self> {
        let log = folder.join("service.log");
        let child = program(database, &["serve", "--bind", "127.0.0.1:0"])
            .env("JWT_SECRET", SECRET)
            .stdout(Stdio::null())
            .stderr(File::create(&log)?)
            .spawn()
            .context("cannot start the service")?;
        let address = String::new();
        let mut service = Self { child, address };
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            let text = std::fs::read_to_string(&log)?;
            if let Some((_, rest)) = text.split_once("listening on http://")
                && let Some((address, _)) = rest.split_once(',')
            {
                service.address = address.to_owned();
                // So that what it needs without any clients is there.
                sleep(Duration::from_secs(1));
                return Ok(service);
            }
            sleep(Duration::from_millis(5));
        }
        bail!(
            "the service does not start: {}",
            std::fs::read_to_string(&log)?
        )
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its memory in MiB: `VmRSS` now, `VmHWM` at most.
    pub(crate) fn memory(&self, what: &str) -> f64 {
        let status = format!("/proc/{}/status", self.pid());
        let text = std::fs::read_to_string(status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix(what));
        let number = line.and_then(|line| line.split_whitespace().nth(1));
        number
            .and_then(|number| number.parse().ok())
            .unwrap_or(f64::NAN)
            / 1024.0
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The processor time that processes have used, in seconds.
pub(crate) fn processors<const N: usize>(pids: [u32; N]) -> anyhow::Result<[f64; N]> {
    let mut used = [0.0; N];
    for (used, pid) in used.iter_mut().zip(pids) {
        let text = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // Behind the name, which may hold anything: utime and stime are the 14th and 15th.
        let (_, rest) = text.rsplit_once(')').context("no name")?;
        let ticks = rest.split_whitespace().skip(11).take(2);
        *used = ticks
            .filter_map(|word| word.parse::<f64>().ok())
            .sum::<f64>()
            / TICKS;
    }
    Ok(used)
}

#[derive(QueryableByName)]
struct PidFile {
    #[diesel(sql_type = Text)]
    path: String,
}

/// The process of a database server on this machine.
pub(crate) fn pid_of_server(server: &str) -> anyhow::Result<u32> {
    let mut conn = MysqlConnection::establish(server)?;
    let file: PidFile = diesel::sql_query("SELECT @@pid_file AS path").get_result(&mut conn)?;
    Ok(std::fs::read_to_string(file.path)?.trim().parse()?)
}
