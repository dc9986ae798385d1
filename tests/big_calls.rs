//! Calls of thousands of rows fold in a time that grows with their rows, not with the square.

#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its fixture is broken"
)]

use std::time::{Duration, Instant};

use call_history::asterisk::{Cdr, Kind, QueueEvent, Record};
use call_history::fold::{DEFAULT_SOURCE, Rows, fold};
use call_history::model::Directory;
use chrono_tz::UTC;

/// Rows of each case.
const ROWS: usize = 10_000;
/// Without optimisation and beside other tests; what is quadratic takes minutes.
const ENOUGH: Duration = Duration::from_secs(20);
const ZERO: usize = 1_767_225_600;

fn cdr(values: &[(&str, String)]) -> Cdr {
    let mut record = Record::new(Kind::Cdr);
    for (column, value) in values {
        record.set(Kind::Cdr.position(column).unwrap(), value.as_str());
    }
    Cdr::read(&record, UTC).unwrap()
}

/// A row of the call `1.1` from a phone to another, `n` seconds after its beginning.
fn row(n: usize, from: String, to: String, others: &[(&str, String)]) -> Cdr {
    let mut values = vec![
        ("start", (ZERO + n).to_string()),
        ("duration", "9".to_owned()),
        ("billsec", "5".to_owned()),
        ("uniqueid", "1.1".to_owned()),
        ("sequence", n.to_string()),
        ("channel", from),
        ("dstchannel", to),
    ];
    values.extend_from_slice(others);
    cdr(&values)
}

/// Event `n` of the log; several in a second when `per_second` is more than 1.
fn event(n: usize, per_second: usize, values: [&str; 5]) -> QueueEvent {
    let mut record = Record::new(Kind::QueueLog);
    record.set(0, (ZERO + n / per_second).to_string());
    for (place, value) in values.into_iter().enumerate() {
        record.set(place + 1, value);
    }
    QueueEvent::read(&record, n as i64, UTC).unwrap()
}

fn answered() -> [(&'static str, String); 1] {
    [("disposition", "ANSWERED".to_owned())]
}

/// Folds both as one call, in time; the number of its entries.
fn entries(what: &str, cdr: Vec<Cdr>, queue_log: Vec<QueueEvent>) -> usize {
    let rows = Rows {
        source: DEFAULT_SOURCE.to_owned(),
        linkedid: "1.1".to_owned(),
        cdr,
        queue_log,
        ..Rows::default()
    };
    let begin = Instant::now();
    let call = fold(rows, &Directory::default());
    let took = begin.elapsed();
    assert!(took < ENOUGH, "{what} took {took:?}");
    call.map_or(0, |call| call.entries.len())
}

#[test]
fn a_caller_who_waits_long_while_many_members_ring() {
    let rings = |n: usize| event(n, 50, ["1.1", "blue", &member(n), "RINGNOANSWER", "1000"]);
    let mut events = vec![event(0, 1, ["1.1", "blue", "NONE", "ENTERQUEUE", ""])];
    events.extend((50..ROWS).map(rings));
    let rows = (50..ROWS).map(|n| {
        let queue = [
            ("lastapp", "Queue".to_owned()),
            ("lastdata", "blue".to_owned()),
        ];
        let to = format!("PJSIP/{}-{n}", 1000 + n % 50);
        row(n / 50, "SIP/trunk-1".to_owned(), to, &queue)
    });
    assert!(entries("many rings", rows.collect(), events) > 50);
}

fn member(n: usize) -> String {
    format!("PJSIP/{}", 1000 + n % 50)
}

#[test]
fn everything_in_one_second() {
    let words = [
        "ENTERQUEUE",
        "CONNECT",
        "COMPLETEAGENT",
        "FULL",
        "ABANDON",
        "RINGNOANSWER",
    ];
    let any = |n: usize| {
        let queue = format!("q{}", n % 100);
        event(
            n,
            ROWS,
            ["1.1", &queue, &member(n), words[n % 6], &n.to_string()],
        )
    };
    entries("one second", Vec::new(), (0..ROWS).map(any).collect());
    let enter = |n: usize| event(n, ROWS, ["1.1", "q", "NONE", "ENTERQUEUE", &n.to_string()]);
    entries("only entering", Vec::new(), (0..ROWS).map(enter).collect());
}

#[test]
fn many_visits_one_after_another() {
    let any = |n: usize| {
        let word = ["ENTERQUEUE", "CONNECT", "COMPLETEAGENT"][n % 3];
        event(n, 1, ["1.1", "blue", &member(n / 3), word, ""])
    };
    let rows = (0..ROWS).map(|n| {
        let to = format!("PJSIP/{}-{n}", 1000 + n % 50);
        row(n, "SIP/trunk-1".to_owned(), to, &answered())
    });
    let events = (0..ROWS).map(any).collect();
    assert!(entries("many visits", rows.collect(), events) > ROWS / 3);
}

#[test]
fn many_callids_and_many_channels() {
    let any = |n: usize| event(n, 1, [&format!("1.{n}"), "blue", "NONE", "ENTERQUEUE", ""]);
    let rows = (0..ROWS).map(|n| {
        let id = [("uniqueid", format!("1.{n}"))];
        let outside = [("src", format!("06{n:08}"))];
        row(
            n,
            format!("SIP/trunk-{n}"),
            format!("SIP/{n}-{n}"),
            &[id, outside].concat(),
        )
    });
    let events = (0..ROWS).map(any).collect();
    assert!(entries("many channels", rows.collect(), events) > ROWS);
}

#[test]
fn local_channels_that_lead_into_each_other() {
    let half = |n: usize, half: u8| format!("Local/1@x-{n};{half}");
    let chain = (0..ROWS).map(|n| row(n, half(n, 2), half(n + 1, 1), &answered()));
    entries("a chain of Locals", chain.collect(), Vec::new());
    let same = (0..ROWS).map(|n| row(n, half(1, 2), format!("SIP/{n}-1"), &answered()));
    entries("one Local", same.collect(), Vec::new());
}

#[test]
fn a_conference_of_thousands() {
    let rows = (0..ROWS).map(|n| {
        let room = [("lastapp", "ConfBridge".to_owned())];
        let id = [("uniqueid", format!("1.{n}"))];
        row(
            n,
            format!("SIP/{n}-1"),
            format!("SIP/{}-1", n + 1),
            &[answered(), room, id].concat(),
        )
    });
    assert!(entries("a conference", rows.collect(), Vec::new()) > 1000);
}
