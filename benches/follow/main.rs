//! How fast a PBX is followed: `make bench`.
//!
//! It writes a made-up FreePBX into a MariaDB, has `call-history follow` catch up with it, and then
//! puts calls through it, so many a second, while `serve --follow` is asked for each of them until
//! it is served. All of it shares the processors of one machine.

#![allow(clippy::print_stdout, reason = "the table is what it is for")]

mod live;
mod pbx;
mod process;

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use call_history::asterisk::Kind;
use clap::Parser;
use diesel::connection::{Connection, SimpleConnection};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use pbx::Pbx;
use process::{Process, processor_seconds, run};

/// How fast a PBX is followed. Wants a MariaDB of its own in TEST_MYSQL_URL (scripts/with-mariadb).
#[derive(Parser, Debug)]
struct Options {
    /// Rows of cdr to catch up with
    #[arg(long, default_value_t = 1_000_000)]
    rows: usize,

    /// Calls a second
    #[arg(long, default_value_t = 50)]
    rate: u32,

    /// Seconds of calls
    #[arg(long, default_value_t = 300)]
    live_seconds: u64,

    /// Seconds without calls
    #[arg(long, default_value_t = 30)]
    idle_seconds: u64,

    /// What `cargo bench` says
    #[arg(long, hide = true)]
    bench: bool,
}

/// Without a change of any call for so long, all is folded.
const QUIET: Duration = Duration::from_secs(15);

/// Longer than anything here takes.
const LIMIT: Duration = Duration::from_secs(3600);

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let server = std::env::var("TEST_MYSQL_URL").context(
        "TEST_MYSQL_URL is not set; run: make bench, or scripts/with-mariadb cargo bench",
    )?;
    let server = server.trim_end_matches('/').to_owned();
    println!("| following a FreePBX | |\n| --- | ---: |");
    if options.rows > 0 {
        catch_up(&server, options.rows)?;
    }
    if options.live_seconds > 0 {
        follow_live(&server, &options)?;
    }
    Ok(())
}

/// A new database on the server, and its URL.
fn database(server: &str, name: &str) -> anyhow::Result<String> {
    let mut connection = MysqlConnection::establish(server)?;
    connection.batch_execute(&format!(
        "DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name}"
    ))?;
    Ok(format!("{server}/{name}"))
}

fn catch_up(server: &str, rows: usize) -> anyhow::Result<()> {
    let mut pbx = Pbx::create(&database(server, "bench_pbx")?)?;
    eprintln!("writing {rows} rows of cdr");
    let all = pbx.write(rows)?;
    let target = database(server, "bench_follow")?;
    run(&target, &["migrate"])?;
    eprintln!("catching up");
    let server_pid = server_pid(server)?;
    let server_before = processor_seconds(server_pid)?;
    let begun = Instant::now();
    let follow = Process::start(&target, pbx.url(), &["follow"])?;
    let mut conn = MysqlConnection::establish(&target)?;
    let took = until_folded(&mut conn, all, begun)?;
    ensure!(copied(&mut conn)? == all, "rows were doubled");
    println!("| catching up with {rows} rows of `cdr`, {all} in all | {took:.1} s |");
    println!("| its rate | {:.0} rows/s |", all as f64 / took);
    println!(
        "| its processor time | {:.1} s |",
        follow.processor_seconds()?
    );
    println!(
        "| the server's | {:.1} s |",
        processor_seconds(server_pid)? - server_before
    );
    println!(
        "| its memory at most | {:.0} MiB |",
        follow.memory("VmHWM")?
    );
    Ok(())
}

fn follow_live(server: &str, options: &Options) -> anyhow::Result<()> {
    let mut pbx = Pbx::create(&database(server, "bench_pbx_live")?)?;
    // So that the tables are not empty.
    pbx.write(options.rows.clamp(1000, 100_000))?;
    let target = database(server, "bench_follow_live")?;
    run(&target, &["migrate"])?;
    let service = Process::serve(&target, pbx.url())?;
    let mut conn = MysqlConnection::establish(&target)?;
    let before = pbx.rows()?;
    until_folded(&mut conn, before, Instant::now())?;
    eprintln!("idle for {} s", options.idle_seconds);
    let idle = Duration::from_secs(options.idle_seconds);
    let used = service.processor_seconds()?;
    std::thread::sleep(idle);
    let used = (service.processor_seconds()? - used) / idle.as_secs_f64();
    println!("| idle | {:.2} % of a processor |", used * 100.0);
    eprintln!(
        "{} calls a second for {} s",
        options.rate, options.live_seconds
    );
    let time = Duration::from_secs(options.live_seconds);
    let used = service.processor_seconds()?;
    let found = live::drive(pbx.url(), service.base(), options.rate, time)?;
    let used = (service.processor_seconds()? - used) / time.as_secs_f64();
    println!(
        "| {} calls, {} a second: served after, p50 | {:.0} ms |",
        found.calls,
        options.rate,
        found.at(0.5)
    );
    println!("| p99 | {:.0} ms |", found.at(0.99));
    println!("| at most | {:.0} ms |", found.at(1.0));
    println!("| lost | {} |", found.calls - found.served());
    let doubled = copied(&mut conn)? - before - found.calls as u64;
    println!("| doubled | {doubled} |");
    println!("| processor | {:.1} % |", used * 100.0);
    println!("| memory at most | {:.0} MiB |", service.memory("VmHWM")?);
    Ok(())
}

#[derive(QueryableByName)]
struct PidFile {
    #[diesel(sql_type = Text)]
    path: String,
}

/// The process of a server on this machine.
fn server_pid(server: &str) -> anyhow::Result<u32> {
    let mut conn = MysqlConnection::establish(server)?;
    let file: PidFile = diesel::sql_query("SELECT @@pid_file AS path").get_result(&mut conn)?;
    Ok(std::fs::read_to_string(file.path)?.trim().parse()?)
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// How many rows were copied.
fn copied(conn: &mut MysqlConnection) -> anyhow::Result<u64> {
    let mut all = 0;
    for kind in Kind::ALL {
        let question = format!("SELECT COUNT(*) AS count FROM `{}`", kind.table());
        let count: Count = diesel::sql_query(question).get_result(conn)?;
        all += count.count.unsigned_abs();
    }
    Ok(all)
}

/// How many changes of calls there were.
fn changes(conn: &mut MysqlConnection) -> anyhow::Result<i64> {
    let question = "SELECT value AS count FROM revisions WHERE name = 'calls'";
    let counts: Vec<Count> = diesel::sql_query(question).load(conn)?;
    Ok(counts.first().map_or(0, |count| count.count))
}

/// Waits until so many rows are copied, and folded: no call has changed for a while. Returns the
/// seconds from the beginning to the last change.
fn until_folded(conn: &mut MysqlConnection, rows: u64, begun: Instant) -> anyhow::Result<f64> {
    let (mut last, mut at) = (-1, Instant::now());
    // Counting rows takes long: it is done in the end only.
    while at.elapsed() < QUIET || copied(conn)? < rows {
        ensure!(begun.elapsed() < LIMIT, "it takes too long");
        let now = changes(conn)?;
        if now != last {
            (last, at) = (now, Instant::now());
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    Ok(at.duration_since(begun).as_secs_f64())
}
