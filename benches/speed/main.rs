//! How fast the program is: `make bench`.
//!
//! It writes the tables of a made-up FreePBX, has the program import and serve them, on MariaDB
//! and on SQLite, and asks. In the same run, in turn with the service, it asks the same MariaDB
//! directly. Everything shares the processors of one machine, so ratios say more than rates.

#![allow(clippy::print_stdout, reason = "the table is what it is for")]

mod direct;
mod files;
mod filtered;
mod http;
mod load;
mod process;
mod questions;
mod report;
mod service;
mod whole;

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use diesel::connection::{Connection, SimpleConnection};

use files::Files;
use process::{Needed, run};
use questions::{Answers, Asked};
use service::Service;

/// How fast the program is. Wants a MariaDB of its own in TEST_MYSQL_URL (scripts/with-mariadb).
#[derive(Parser, Debug)]
struct Options {
    /// Rows of cdr; the comparison has a tenth of them
    #[arg(long, default_value_t = 1_000_000)]
    rows: usize,

    /// Seconds of each measurement
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,

    /// How often each is repeated, in turn with the others; the median counts
    #[arg(long, default_value_t = 3)]
    rounds: usize,

    /// Leave SQLite out
    #[arg(long)]
    no_sqlite: bool,

    /// What `cargo bench` says
    #[arg(long, hide = true)]
    bench: bool,
}

/// A database with imported calls.
struct Filled {
    url: String,
    rows: usize,
    all_rows: usize,
    needed: Needed,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let server = std::env::var("TEST_MYSQL_URL").context(
        "TEST_MYSQL_URL is not set; run: make bench, or scripts/with-mariadb cargo bench",
    )?;
    let folder = tempfile::Builder::new()
        .prefix("call-history-bench")
        .tempdir()?;
    let folder = folder.path();
    let seconds = Duration::from_secs_f64(options.seconds);
    let mut sizes = Vec::new();
    for rows in [options.rows / 10, options.rows] {
        eprintln!("writing {rows} rows of cdr");
        sizes.push(Files::write(folder, rows)?);
    }
    println!("{}\n", report::machine(&direct::server(&server)?));

    let mut filled = Vec::new();
    for files in &sizes {
        let name = format!("speed_{}", files.rows);
        let mut connection = diesel::MysqlConnection::establish(&server)?;
        connection.batch_execute(&format!(
            "DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name}"
        ))?;
        let url = format!("{}/{name}", server.trim_end_matches('/'));
        run(&url, &["migrate"])?;
        filled.push(fill(url, files)?);
    }
    if !options.no_sqlite {
        for files in &sizes {
            let path = folder.join(format!("{}.db", files.rows));
            filled.push(fill(format!("sqlite://{}", path.display()), files)?);
        }
    }
    report::imports(&filled);
    let asked = Asked::of(&sizes[1]);
    measure(
        &filled,
        (&asked, &sizes[1]),
        folder,
        seconds,
        options.rounds,
    )
}

/// Has the program import the files.
fn fill(url: String, files: &Files) -> anyhow::Result<Filled> {
    let scheme = url.split(':').next().unwrap_or_default();
    eprintln!("importing {} rows of cdr into {scheme}", files.rows);
    run(
        &url,
        &[
            "directory",
            "import",
            "--users",
            &files.users,
            "--queues",
            &files.queues,
        ],
    )?;
    let needed = run(
        &url,
        &[
            "import",
            "--cdr",
            &files.cdr,
            "--queue-log",
            &files.queue_log,
        ],
    )?;
    Ok(Filled {
        url,
        rows: files.rows,
        all_rows: files.all_rows,
        needed,
    })
}

/// Asks the services and the database, in turn.
fn measure(
    filled: &[Filled],
    (asked, files): (&Asked, &Files),
    folder: &Path,
    seconds: Duration,
    rounds: usize,
) -> anyhow::Result<()> {
    let [small, large, sqlite @ ..] = filled else {
        anyhow::bail!("no databases");
    };
    eprintln!("copying the rows into tables as the PBX has them");
    direct::copy_to_raw(&large.url)?;
    let mut answers = Answers::new(asked, seconds, rounds);
    let first = &asked.users[0];
    let mut starts = Vec::new();
    for _ in 0..5 {
        starts.push(Service::start(&large.url, folder, first)?.first_answer);
    }
    starts.sort_unstable();
    let first_answer = starts[starts.len() / 2];
    let service = Service::start(&large.url, folder, first)?;
    std::thread::sleep(Duration::from_secs(1));
    let idle = service.memory("VmRSS");
    for connections in [1, 16, 64] {
        answers.service_and_database(&service, &large.url, connections)?;
    }
    answers.unchanged(&service, 16)?;
    let busy = service.memory("VmHWM");
    filtered::measure(&service, files, seconds / 3)?;
    whole::measure(&service, &large.url, rounds)?;
    {
        let other = Service::start(&small.url, folder, first)?;
        answers.growth(&service, large.rows, &other, small.rows)?;
    }
    drop(service);
    for filled in sqlite {
        let service = Service::start(&filled.url, folder, first)?;
        answers.sqlite(&service, filled.rows)?;
    }
    report::answers(&answers);
    report::process(idle, busy, first_answer);
    Ok(())
}
