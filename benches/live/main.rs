//! How fast changes reach those who wait for them: `make bench`.
//!
//! The program serves, in a process of its own. This one commits calls, so many a second, and
//! holds all the connections in one thread, which notes when what was committed arrives. Both and
//! the database share the processors of one machine; what this process needs counts against the
//! service.

#![allow(clippy::print_stdout, reason = "the table is what it is for")]

mod arrivals;
mod clients;
mod service;
mod writer;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::Parser;
use diesel::connection::{Connection, SimpleConnection};

use arrivals::{Latencies, median};
use clients::Kind;
use service::{Service, run, token};
use writer::{Users, Writer};

/// How fast changes reach those who wait for them. Wants a MariaDB of its own in TEST_MYSQL_URL
/// (scripts/with-mariadb).
#[derive(Parser, Debug)]
struct Options {
    /// Streams of events
    #[arg(long, default_value_t = 1000)]
    streams: usize,

    /// Changes a second for the streams
    #[arg(long, default_value_t = 100)]
    changes: u32,

    /// WebSockets
    #[arg(long, default_value_t = 2000)]
    sockets: usize,

    /// Updates a second for the WebSockets
    #[arg(long, default_value_t = 200)]
    updates: u32,

    /// Seconds of each round
    #[arg(long, default_value_t = 10)]
    seconds: u64,

    /// Rounds; medians count
    #[arg(long, default_value_t = 3)]
    rounds: usize,

    /// What `cargo bench` says
    #[arg(long, hide = true)]
    bench: bool,
}

/// Who waits, and how often something changes.
struct Scene {
    name: &'static str,
    kind: Kind,
    connections: usize,
    rate: u32,
    /// Whether each reads everything, or their own calls only.
    reads_everything: bool,
}

impl Scene {
    /// The token of a connection. Who may read everything has 100 connections; others have one.
    fn token(&self, number: usize) -> anyhow::Result<String> {
        match self.reads_everything {
            true => token(&format!("r{}", number / 100), "history:all"),
            false => token(&Users::name(number), "history:self"),
        }
    }

    /// How many hear of a call, which has two users.
    fn listeners(&self) -> usize {
        if self.reads_everything {
            self.connections
        } else {
            2
        }
    }
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let server = std::env::var("TEST_MYSQL_URL").context(
        "TEST_MYSQL_URL is not set; run: make bench, or scripts/with-mariadb cargo bench",
    )?;
    let server = server.trim_end_matches('/').to_owned();
    let folder = tempfile::Builder::new()
        .prefix("call-history-bench")
        .tempdir()?;
    let users = options.streams.max(options.sockets);
    ensure!(users >= 2, "a call takes two users");
    println!(
        "| who waits | changes/s | arrive/s | commit | p50 | p99 | at most | lost | processor: service | this | database | memory before | with all | at most |"
    );
    println!(
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    );
    let streams = |name, reads_everything| Scene {
        name,
        kind: Kind::Events,
        connections: options.streams,
        rate: options.changes,
        reads_everything,
    };
    let scenes = [
        streams("streams, each its user's", false),
        streams("streams, each of everything", true),
        Scene {
            name: "WebSockets, subscribed",
            kind: Kind::Cti,
            connections: options.sockets,
            rate: options.updates,
            reads_everything: false,
        },
    ];
    for scene in scenes.iter().filter(|scene| scene.connections > 0) {
        let url = database(&server, "bench_live", folder.path(), users)?;
        measure(&server, &url, folder.path(), scene, &options)?;
    }
    Ok(())
}

/// A new database that knows so many users, and its URL.
fn database(server: &str, name: &str, folder: &Path, users: usize) -> anyhow::Result<String> {
    let mut connection = diesel::MysqlConnection::establish(server)?;
    connection.batch_execute(&format!(
        "DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name}"
    ))?;
    let url = format!("{server}/{name}");
    run(&url, &["migrate"])?;
    let file = folder.join("users.csv");
    Users::write(&file, users)?;
    let file = file.to_str().context("a path that is no text")?;
    run(&url, &["directory", "import", "--users", file])?;
    Ok(url)
}

fn measure(
    server: &str,
    url: &str,
    folder: &Path,
    scene: &Scene,
    options: &Options,
) -> anyhow::Result<()> {
    let service = Service::start(url, folder)?;
    let before = service.memory("VmRSS");
    let tokens = (0..scene.connections).map(|number| scene.token(number));
    let tokens: Vec<String> = tokens.collect::<anyhow::Result<_>>()?;
    eprintln!("opening {} {}", scene.connections, scene.name);
    let mut clients = clients::Clients::open(&service.address, scene.kind, tokens)?;
    let mut writer = Writer::new(url, scene.connections)?;
    // Each has been heard of once.
    let time = Duration::from_secs(options.seconds);
    writer.write(scene.rate, time / 4)?;
    clients.settle()?;
    let with_all = service.memory("VmRSS");
    let database = service::pid_of_server(server)?;
    let pids = [service.pid(), std::process::id(), database];
    let mut rounds: Vec<Latencies> = Vec::new();
    let mut used: Vec<[f64; 3]> = Vec::new();
    for _ in 0..options.rounds {
        clients.take();
        let (begun, cpu) = (Instant::now(), service::processors(pids)?);
        let commits = writer.write(scene.rate, time)?;
        let took = begun.elapsed().as_secs_f64();
        let now = service::processors(pids)?;
        used.push(std::array::from_fn(|place| {
            (now[place] - cpu[place]) / took * 100.0
        }));
        clients.settle()?;
        rounds.push(Latencies::of(&commits, &clients.take(), scene.listeners()));
    }
    let of = |value: fn(&Latencies) -> f64| median(rounds.iter().map(value));
    let cpu = |place: usize| median(used.iter().map(|used| used[place]));
    println!(
        "| {} {} | {} | {:.0} | {:.1} ms | {:.1} ms | {:.1} ms | {:.1} ms | {:.0} | {:.0} % | {:.0} % | {:.0} % | {before:.0} MiB | {with_all:.0} MiB | {:.0} MiB |",
        scene.connections,
        scene.name,
        scene.rate,
        of(|round| round.arrived as f64) / time.as_secs_f64(),
        of(|round| round.commit),
        of(|round| round.at(0.5)),
        of(|round| round.at(0.99)),
        of(|round| round.at(1.0)),
        of(|round| round.lost as f64),
        cpu(0),
        cpu(1),
        cpu(2),
        service.memory("VmHWM"),
    );
    Ok(())
}
