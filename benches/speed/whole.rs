//! Histories given out whole: how fast, and in how much memory.

use std::time::Instant;

use anyhow::Context;
use diesel::{Connection as _, QueryableByName, RunQueryDsl};

use crate::http::Connection;
use crate::questions::thousands;
use crate::service::Service;

/// What is given out: every call, since ever.
const ALL: &str = "/calls?from=1970-01-01";

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}

/// Gives out all calls in each form, and prints what came of it.
pub(crate) fn measure(service: &Service, url: &str, rounds: usize) -> anyhow::Result<()> {
    let mut database = diesel::MysqlConnection::establish(url)?;
    let count = "SELECT COUNT(*) AS count FROM history JOIN owners ON owners.id = owner_id \
                 WHERE owners.kind = 5";
    let counted: Vec<Count> = diesel::sql_query(count).load(&mut database)?;
    let entries = counted.first().context("no count")?.count as usize;
    println!("| all calls as | entries | bytes | seconds | entries/s |");
    println!("| --- | ---: | ---: | ---: | ---: |");
    let before = service.memory("VmRSS");
    for (form, more) in [
        ("csv", ""),
        ("csv", "Accept-Encoding: gzip\r\n"),
        ("csv", "Accept-Encoding: zstd\r\n"),
        ("ndjson", ""),
    ] {
        eprintln!("giving out {entries} calls as {form} {}", more.trim_end());
        let mut taken = Vec::new();
        let mut bytes = 0;
        for _ in 0..rounds {
            let connection = Connection::open(&service.address)?;
            let begun = Instant::now();
            bytes = connection
                .whole(&format!("{ALL}&format={form}"), more)?
                .bytes;
            taken.push(begun.elapsed().as_secs_f64());
        }
        taken.sort_unstable_by(f64::total_cmp);
        let seconds = taken[taken.len() / 2];
        let packed = more
            .trim_end()
            .rsplit(' ')
            .next()
            .filter(|word| !word.is_empty());
        println!(
            "| {form}{} | {} | {} | {seconds:.1} | {} |",
            packed.map(|word| format!(", {word}")).unwrap_or_default(),
            thousands(entries),
            thousands(bytes),
            thousands((entries as f64 / seconds) as usize),
        );
    }
    println!(
        "\nMemory of the service before that: {before:.0} MiB, at most until then: {:.0} MiB.\n",
        service.memory("VmHWM")
    );
    Ok(())
}
