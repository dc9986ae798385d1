//! The program that follows, and what the kernel says of it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, ensure};

const PROGRAM: &str = env!("CARGO_BIN_EXE_call-history");

/// Ticks of a second, on every Linux that there is.
const TICKS: f64 = 100.0;

pub(crate) struct Process {
    child: Child,
    base: String,
}

fn program(database: &str, source: Option<&str>, arguments: &[&str]) -> Command {
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
    // One line of the service is waited for; the others would only be in the way.
    command.env("RUST_LOG", "warn,call_history::cli=info");
    if let Some(source) = source {
        command.env("SOURCE_DATABASE_URL", source);
    }
    command
}

/// Runs a command to its end; it must succeed.
pub(crate) fn run(database: &str, arguments: &[&str]) -> anyhow::Result<()> {
    let status = program(database, None, arguments)
        .stdout(Stdio::null())
        .status()?;
    ensure!(status.success(), "{arguments:?}: {status}");
    Ok(())
}

impl Process {
    /// Starts a command that goes on.
    pub(crate) fn start(database: &str, source: &str, arguments: &[&str]) -> anyhow::Result<Self> {
        let child = program(database, Some(source), arguments).spawn()?;
        Ok(Self {
            child,
            base: String::new(),
        })
    }

    /// Starts the service that follows, and waits until it listens.
    pub(crate) fn serve(database: &str, source: &str) -> anyhow::Result<Self> {
        let arguments = ["serve", "--follow", "--no-auth", "--bind", "127.0.0.1:0"];
        let mut child = program(database, Some(source), &arguments)
            .stderr(Stdio::piped())
            .spawn()?;
        let mut lines = BufReader::new(child.stderr.take().context("no log")?).lines();
        let base = loop {
            let line = lines.next().context("the service ended")??;
            if let Some((_, rest)) = line.split_once("listening on ") {
                break rest.split(',').next().unwrap_or_default().to_owned();
            }
        };
        std::thread::spawn(move || {
            lines.for_each(|line| eprintln!("{}", line.unwrap_or_default()))
        });
        Ok(Self { child, base })
    }

    /// Where it listens.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// The processor time that it has used.
    pub(crate) fn processor_seconds(&self) -> anyhow::Result<f64> {
        processor_seconds(self.child.id())
    }

    /// Its memory in MiB: `VmRSS` now, `VmHWM` at most.
    pub(crate) fn memory(&self, what: &str) -> anyhow::Result<f64> {
        let text = std::fs::read_to_string(self.file("status"))?;
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(what))
            .context("no line")?;
        let number = line
            .trim_start_matches(':')
            .trim()
            .split(' ')
            .next()
            .context("no number")?;
        Ok(number.parse::<f64>()? / 1024.0)
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        Path::new("/proc")
            .join(self.child.id().to_string())
            .join(name)
    }
}

/// The processor time that a process has used.
pub(crate) fn processor_seconds(pid: u32) -> anyhow::Result<f64> {
    let text = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat"))?;
    // Behind the name, which may hold anything: utime and stime are the 14th and 15th.
    let (_, rest) = text.rsplit_once(')').context("no name")?;
    let ticks = rest.split_whitespace().skip(11).take(2);
    let ticks: f64 = ticks.filter_map(|word| word.parse::<f64>().ok()).sum();
    Ok(ticks / TICKS)
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
