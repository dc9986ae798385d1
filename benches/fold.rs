//! What folding costs, without a database: `cargo bench --bench fold`.
//!
//! Made-up calls, understood before the clock runs, are folded from CDR and the queue log, from
//! channel events and the queue log, and from all three, in turn; the best of several rounds
//! counts. One thread.

#![allow(clippy::print_stdout, reason = "the table is what it is for")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use call_history::asterisk::{Cdr, ChannelEvent, QueueEvent};
use call_history::fold::{DEFAULT_SOURCE, Rows, fold};
use call_history::model::Directory;
use call_history::traffic::{MadeCall, Shape, Traffic};
use chrono::DateTime;
use chrono_tz::Tz;

const CALLS: usize = 20_000;
const ROUNDS: usize = 5;

fn main() {
    let end = DateTime::from_timestamp(1_795_393_351, 0).unwrap_or_default();
    let shape = Shape {
        channels: true,
        days: 730,
        ..Shape::company(end)
    };
    let mut traffic = Traffic::new(&shape, 1);
    let (users, agents, queues) = traffic.directory();
    let directory = Directory::new(users, agents, queues);
    let calls: Vec<Rows> = traffic
        .by_ref()
        .take(CALLS)
        .flat_map(conversations)
        .collect();
    println!("| folded from | rows | calls/s | rows/s |\n| --- | ---: | ---: | ---: |");
    for (name, cdr, cel) in [
        ("`cdr` and `queue_log`", true, false),
        ("`cel` and `queue_log`", false, true),
        ("all three", true, true),
    ] {
        let mut best = Duration::MAX;
        let mut rows = 0;
        for _ in 0..ROUNDS {
            let calls: Vec<Rows> = calls.iter().map(|call| only(call, cdr, cel)).collect();
            rows = calls
                .iter()
                .map(|call| call.cdr.len() + call.queue_log.len() + call.cel.len())
                .sum();
            let begin = Instant::now();
            let folded = calls
                .into_iter()
                .filter_map(|call| fold(call, &directory))
                .count();
            best = best.min(begin.elapsed());
            assert!(folded > CALLS / 2);
        }
        let rate = |count: usize| (count as f64 / best.as_secs_f64()) as u64;
        println!("| {name} | {rows} | {} | {} |", rate(CALLS), rate(rows));
    }
}

fn only(call: &Rows, cdr: bool, cel: bool) -> Rows {
    let mut call = call.clone();
    if !cdr {
        call.cdr.clear();
    }
    if !cel {
        call.cel.clear();
    }
    call
}

/// The rows of a made-up call, by conversation.
fn conversations(call: MadeCall) -> Vec<Rows> {
    let mut all: BTreeMap<String, Rows> = BTreeMap::new();
    for record in &call.cdr {
        let rows = of(&mut all, record.get("linkedid"));
        rows.cdr.extend(Cdr::read(record, Tz::UTC));
    }
    for record in &call.cel {
        let rows = of(&mut all, record.get("linkedid"));
        rows.cel.extend(ChannelEvent::read(record, Tz::UTC));
    }
    for (place, record) in (0..).zip(&call.queue_log) {
        let rows = of(&mut all, record.get("callid"));
        rows.queue_log
            .extend(QueueEvent::read(record, place, Tz::UTC));
    }
    all.into_values().collect()
}

fn of<'a>(all: &'a mut BTreeMap<String, Rows>, linkedid: &str) -> &'a mut Rows {
    all.entry(linkedid.to_owned()).or_insert_with(|| Rows {
        source: DEFAULT_SOURCE.to_owned(),
        linkedid: linkedid.to_owned(),
        ..Rows::default()
    })
}
