//! Programs that are started, and what they need of time and memory.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

/// The program that is measured.
const PROGRAM: &str = env!("CARGO_BIN_EXE_call-history");

/// What a command needed.
#[derive(Clone, Copy)]
pub(crate) struct Needed {
    /// How long it took.
    pub(crate) time: Duration,
    /// The most memory that it held, in MiB.
    pub(crate) peak: f64,
}

/// The program with these arguments on this database, and nothing else in its environment
/// that somebody may have set.
pub(crate) fn program(database: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    for name in ["DATABASE_URL_FILE", "BIND", "TIMEZONE", "RUST_LOG"] {
        command.env_remove(name);
    }
    command.args(arguments).env("DATABASE_URL", database);
    command
}

/// Runs a command of the program to its end; it must succeed.
pub(crate) fn run(database: &str, arguments: &[&str]) -> anyhow::Result<Needed> {
    let started = Instant::now();
    let mut child = program(database, arguments)
        .stdout(Stdio::null())
        .spawn()
        .context("cannot start the program")?;
    let mut peak: f64 = 0.0;
    let status = loop {
        // Still readable when it has ended, until it is waited for, but then without memory.
        peak = peak.max(memory(&child, "VmHWM").unwrap_or(0.0));
        if let Some(status) = child.try_wait()? {
            break status;
        }
        sleep(Duration::from_millis(20));
    };
    let time = started.elapsed();
    ensure!(status.success(), "{arguments:?}: {status}");
    Ok(Needed { time, peak })
}

/// What the kernel says about the memory of a process, in MiB: `VmRSS` now, `VmHWM` at most.
pub(crate) fn memory(child: &Child, what: &str) -> Option<f64> {
    let status = Path::new("/proc")
        .join(child.id().to_string())
        .join("status");
    let text = std::fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(what))?;
    let number = line.trim_start_matches(':').trim().split(' ').next()?;
    Some(number.parse::<f64>().ok()? / 1024.0)
}
