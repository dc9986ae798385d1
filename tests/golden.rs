//! Golden cases of folding: rows in, entries out, in a text that a telephony engineer can
//! check and extend. `tests/golden/README.md` explains the text.

#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its fixture is broken"
)]

use std::path::Path;

use call_history::asterisk::{Cdr, Kind, QueueEvent, Record};
use call_history::fold::{DEFAULT_SOURCE, Rows, fold};
use call_history::model::{Call, Directory, Entry, OwnerKind, Queue, Time, User, Validity, Valued};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

/// Second 0 of every case.
const ZERO: i64 = 1_767_225_600;

#[derive(Default)]
struct Case {
    name: String,
    cdr: Vec<Record>,
    queue_log: Vec<Record>,
    expected: Vec<String>,
}

#[test]
fn calls_fold_as_written() {
    check("calls.txt");
}

#[test]
fn visits_fold_as_written() {
    check("queues.txt");
}

#[test]
fn shapes_of_other_pbxs_fold_as_written() {
    check("shapes.txt");
}

fn check(file: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(file);
    let (directory, cases) = parse(&std::fs::read_to_string(path).unwrap());
    assert!(cases.len() > 10, "{file} has lost its cases");
    let mut wrong = String::new();
    for case in &cases {
        for (order, rows) in orders(case) {
            let mut actual: Vec<String> = fold(rows, &directory).iter().flat_map(lines).collect();
            let mut expected = case.expected.clone();
            actual.sort();
            expected.sort();
            if actual != expected {
                let (actual, expected) = (actual.join("\n  "), expected.join("\n  "));
                wrong += &format!(
                    "\n{}, rows {order}:\n  {actual}\n instead of\n  {expected}\n",
                    case.name
                );
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// The rows as written, reversed, shuffled, and doubled.
fn orders(case: &Case) -> Vec<(&'static str, Rows)> {
    let cdr: Vec<Cdr> = case
        .cdr
        .iter()
        .map(|record| Cdr::read(record, chrono_tz::UTC).unwrap())
        .collect();
    let queue_log: Vec<QueueEvent> = (0..)
        .zip(&case.queue_log)
        .map(|(place, record)| QueueEvent::read(record, place, chrono_tz::UTC).unwrap())
        .collect();
    let rows = |cdr: Vec<Cdr>, queue_log: Vec<QueueEvent>| Rows {
        source: DEFAULT_SOURCE.to_owned(),
        linkedid: "1.1".to_owned(),
        cdr,
        queue_log,
    };
    let mut random = StdRng::seed_from_u64(7);
    let mut orders = vec![("as written", rows(cdr.clone(), queue_log.clone()))];
    let reversed = |list: &[Cdr]| list.iter().rev().cloned().collect();
    let events = queue_log.iter().rev().cloned().collect();
    orders.push(("reversed", rows(reversed(&cdr), events)));
    let (mut shuffled, mut events) = (cdr.clone(), queue_log.clone());
    shuffled.shuffle(&mut random);
    events.shuffle(&mut random);
    orders.push(("shuffled", rows(shuffled.clone(), events.clone())));
    shuffled.extend(cdr);
    events.extend(queue_log);
    orders.push(("doubled", rows(shuffled, events)));
    orders
}

/// A call's entries, a line each.
fn lines(call: &Call) -> Vec<String> {
    call.entries.iter().map(line).collect()
}

fn line(entry: &Entry) -> String {
    let second = |time: Time| (time.timestamp_micros() - ZERO * 1_000_000) as f64 / 1e6;
    let number = |number: &Option<String>| number.clone().unwrap_or_else(|| "-".to_owned());
    let mut line = format!(
        "{} {} {} @{} {}>{}",
        entry.owner.kind,
        entry.owner.name,
        entry.status.as_str(),
        second(entry.start),
        number(&entry.src.number),
        number(&entry.dst.number),
    );
    match entry.talk_seconds {
        Some(0) => {}
        Some(talk) => line += &format!(" talk={talk}"),
        None => line += " talking",
    }
    for (name, value) in [
        ("wait", entry.wait_seconds.map(|wait| wait.to_string())),
        (
            "queue",
            entry
                .queue
                .clone()
                .filter(|_| entry.owner.kind != OwnerKind::Queue),
        ),
        (
            "agent",
            entry
                .agent
                .clone()
                .filter(|_| entry.owner.kind != OwnerKind::Agent),
        ),
        ("dialed", entry.dialed.clone()),
    ] {
        if let Some(value) = value {
            line += &format!(" {name}={value}");
        }
    }
    if entry.answered_elsewhere {
        line += " elsewhere";
    }
    line
}

fn parse(text: &str) -> (Directory, Vec<Case>) {
    let (mut users, mut queues) = (Vec::new(), Vec::new());
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match (words[0], cases.last_mut()) {
            ("#", _) => {}
            ("case", _) => cases.push(Case {
                name: words[1..].join(" "),
                ..Case::default()
            }),
            ("user", None) => users.push(user(&words)),
            ("queue", None) => queues.push(Queue {
                name: words[1].to_owned(),
                number: words[2].to_owned(),
                ..Queue::default()
            }),
            ("cdr", Some(case)) => {
                let sequence = case.cdr.len() + 1;
                case.cdr.push(cdr(&words, sequence));
            }
            ("log", Some(case)) => case.queue_log.push(event(&words)),
            ("=>", Some(case)) => case.expected.push(words[1..].join(" ")),
            _ => panic!("what is this line? {line}"),
        }
    }
    (Directory::new(users, [], queues), cases)
}

/// `user <name> <number> <endpoint> [agent=<number>] [endpoint=<another>]`
fn user(words: &[&str]) -> User {
    let valued = |value: &str| Valued {
        source: DEFAULT_SOURCE.to_owned(),
        value: value.to_owned(),
        validity: Validity::default(),
    };
    let mut endpoints = vec![valued(words[3])];
    endpoints.extend(option(words, "endpoint").map(valued));
    User {
        username: words[1].to_owned(),
        first_name: words[1].to_owned(),
        numbers: vec![valued(words[2])],
        endpoints,
        agent_number: option(words, "agent").map(str::to_owned),
        ..User::default()
    }
}

/// `cdr <start> <duration> <billsec> <disposition> <channel> <dstchannel> [column=value]…`
fn cdr(words: &[&str], sequence: usize) -> Record {
    let mut record = Record::new(Kind::Cdr);
    let mut set = |column: &str, value: &str| {
        let value = if value == "-" { "" } else { value };
        record.set(Kind::Cdr.position(column).unwrap(), value.replace('_', " "));
    };
    let start: i64 = words[1].parse().unwrap();
    set("start", &(ZERO + start).to_string());
    set("linkedid", "1.1");
    set("uniqueid", "1.1");
    set("sequence", &sequence.to_string());
    for (column, word) in [
        "duration",
        "billsec",
        "disposition",
        "channel",
        "dstchannel",
    ]
    .iter()
    .zip(&words[2..])
    {
        set(column, word);
    }
    for word in &words[7..] {
        let (column, value) = word.split_once('=').unwrap();
        set(column, value);
    }
    record
}

/// `log <second> <callid> <queue> <member> <event> [data|data|…]`
fn event(words: &[&str]) -> Record {
    let mut record = Record::new(Kind::QueueLog);
    let second: f64 = words[1].parse().unwrap();
    let micros = (second * 1e6).round() as i64 + ZERO * 1_000_000;
    record.set(
        0,
        format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000),
    );
    for (place, word) in words[2..6].iter().enumerate() {
        record.set(place + 1, word.replace('_', " "));
    }
    record.set(4, words[5]);
    for (place, value) in words
        .get(6)
        .into_iter()
        .flat_map(|data| data.splitn(5, '|'))
        .enumerate()
    {
        record.set(place + 5, value);
    }
    record
}

fn option<'a>(words: &[&'a str], name: &str) -> Option<&'a str> {
    let with_name = words.iter().filter_map(|word| word.split_once('='));
    with_name
        .filter(|(n, _)| *n == name)
        .map(|(_, value)| value)
        .next()
}
