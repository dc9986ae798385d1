//! What came out, as Markdown.

use std::time::Duration;

use crate::Filled;
use crate::questions::{Answers, thousands};

/// The machine and its database.
pub(crate) fn machine(server: &str) -> String {
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or("", |(_, model)| model.trim());
    // Who else is there has a part of the processors.
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default().to_owned();
    format!(
        "{processors} processors ({model}), shared by client, service and database; load before: {load}.\n{server}."
    )
}

/// How fast rows were imported and folded.
pub(crate) fn imports(all: &[Filled]) {
    println!("| import and folding | `cdr` rows | all rows | seconds | rows/s | peak memory |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: |");
    for filled in all {
        let seconds = filled.needed.time.as_secs_f64();
        println!(
            "| {} | {} | {} | {seconds:.1} | {} | {:.0} MiB |",
            if filled.url.starts_with("mysql") {
                "MariaDB"
            } else {
                "SQLite"
            },
            thousands(filled.rows),
            thousands(filled.all_rows),
            thousands((filled.all_rows as f64 / seconds) as usize),
            filled.needed.peak,
        );
    }
    println!();
}

/// How fast questions were answered.
pub(crate) fn answers(answers: &Answers<'_>) {
    println!("| question | asked | connections | answers/s | p50 | p99 | the service is |");
    println!("| --- | --- | ---: | ---: | ---: | ---: | ---: |");
    for line in &answers.lines {
        println!(
            "| {} | {} | {} | {} | {:.2} ms | {:.2} ms | {} |",
            line.question,
            line.whom,
            line.connections,
            thousands(line.measured.rate as usize),
            line.measured.p50,
            line.measured.p99,
            line.ratio
                .map(|ratio| format!("{ratio:.2} ×"))
                .unwrap_or_default(),
        );
    }
    println!();
    if let Some((all, tenth)) = answers.p50 {
        println!(
            "p50 with all rows against a tenth of them: {:.2} ×.",
            all / tenth
        );
    }
}

/// What the service's process needed.
pub(crate) fn process(idle: f64, busy: f64, first_answer: Duration) {
    println!(
        "Memory of the service: {idle:.0} MiB idle, {busy:.0} MiB at most under this load. \
         From its start to its first answer: {:.2} s.",
        first_answer.as_secs_f64(),
    );
}
