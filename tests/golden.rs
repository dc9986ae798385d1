//! Golden cases of folding: rows in, entries out, in a text that a telephony engineer can
//! check and extend. `tests/golden/README.md` explains the text.

#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its fixture is broken"
)]

#[path = "golden/details.rs"]
mod details;
#[path = "golden/lives.rs"]
mod lives;
#[path = "golden/sides.rs"]
mod sides;

use std::path::Path;

use call_history::asterisk::{Cdr, ChannelEvent, Kind, QueueEvent, Record};
use call_history::fold::{DEFAULT_SOURCE, Rows, explain, fold};
use call_history::model::{Call, Directory, Entry, OwnerKind, Queue, Time, User, Validity, Valued};
use chrono::DateTime;
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
    cel: Vec<Record>,
    /// What comes out of these tables only, if not of all.
    expected: Vec<(Option<&'static [Tables]>, String)>,
    /// How it went, where the case says it.
    details: Vec<String>,
    overdue: bool,
}

/// A call that both CDR and CEL tell of is folded from each of them alone, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tables {
    Cdr,
    Cel,
    Both,
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

#[test]
fn the_catalogue_folds_as_written() {
    check("catalogue.txt");
}

#[test]
fn channels_fold_as_written() {
    check("channels.txt");
}

#[test]
fn calls_are_told_as_written() {
    let (directory, cases) = read("details.txt");
    let mut wrong = String::new();
    for case in &cases {
        for (order, rows) in orders(case, Tables::Both) {
            let told = explain(rows, &directory);
            let told: Vec<String> = told.iter().flat_map(details::lines).collect();
            if told != case.details {
                let told = told.join("\n~> ");
                wrong += &format!("\n{}, rows {order}:\n~> {told}\n", case.name);
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn read(file: &str) -> (Directory, Vec<Case>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(file);
    let (directory, cases) = parse(&std::fs::read_to_string(path).unwrap());
    assert!(cases.len() > 10, "{file} has lost its cases");
    (directory, cases)
}

fn check(file: &str) {
    let (directory, cases) = read(file);
    let mut wrong = String::new();
    for case in &cases {
        for tables in case.tables() {
            if let Some(difference) = difference(case, tables, &directory) {
                wrong += &difference;
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

impl Case {
    fn expect(&mut self, of: &'static [Tables], words: &[&str]) {
        self.expected.push((Some(of), words[1..].join(" ")));
    }

    fn tables(&self) -> Vec<Tables> {
        match (self.cdr.is_empty(), self.cel.is_empty()) {
            (false, false) => vec![Tables::Cdr, Tables::Cel, Tables::Both],
            (true, false) => vec![Tables::Cel],
            (_, true) => vec![Tables::Cdr],
        }
    }
}

/// How the folded call is not the expected one, in whatever order its rows come.
fn difference(case: &Case, tables: Tables, directory: &Directory) -> Option<String> {
    let of_these = |(only, _): &&(Option<&[Tables]>, String)| match only {
        Some(only) => only.contains(&tables),
        None => true,
    };
    let expected = case.expected.iter().filter(of_these);
    let mut expected: Vec<&str> = expected.map(|(_, line)| line.as_str()).collect();
    expected.sort_unstable();
    for (order, rows) in orders(case, tables) {
        let mut actual: Vec<String> = fold(rows, directory).iter().flat_map(lines).collect();
        actual.sort();
        if actual != expected {
            let (actual, expected) = (actual.join("\n  "), expected.join("\n  "));
            return Some(format!(
                "\n{}, {tables:?}, rows {order}:\n  {actual}\n instead of\n  {expected}\n",
                case.name
            ));
        }
    }
    None
}

/// The rows as written, reversed, shuffled, and doubled.
fn orders(case: &Case, tables: Tables) -> Vec<(&'static str, Rows)> {
    let cel: Vec<ChannelEvent> = case
        .cel
        .iter()
        .filter(|_| tables != Tables::Cdr)
        .map(|record| ChannelEvent::read(record, chrono_tz::UTC).unwrap())
        .collect();
    let cdr: Vec<Cdr> = case
        .cdr
        .iter()
        .filter(|_| tables != Tables::Cel)
        .map(|record| Cdr::read(record, chrono_tz::UTC).unwrap())
        .collect();
    let queue_log: Vec<QueueEvent> = (0..)
        .zip(&case.queue_log)
        .map(|(place, record)| QueueEvent::read(record, place, chrono_tz::UTC).unwrap())
        .collect();
    let overdue_before = case
        .overdue
        .then(|| DateTime::from_timestamp(ZERO + 1, 0).unwrap());
    let whole = Rows {
        source: DEFAULT_SOURCE.to_owned(),
        linkedid: "1.1".to_owned(),
        cdr,
        queue_log,
        cel,
        overdue_before,
    };
    let mut random = StdRng::seed_from_u64(7);
    let mut reversed = whole.clone();
    reversed.cdr.reverse();
    reversed.queue_log.reverse();
    reversed.cel.reverse();
    let mut shuffled = whole.clone();
    shuffled.cdr.shuffle(&mut random);
    shuffled.queue_log.shuffle(&mut random);
    shuffled.cel.shuffle(&mut random);
    let mut doubled = shuffled.clone();
    doubled.cdr.extend(whole.cdr.iter().cloned());
    doubled.queue_log.extend(whole.queue_log.iter().cloned());
    doubled.cel.extend(whole.cel.iter().cloned());
    vec![
        ("as written", whole),
        ("reversed", reversed),
        ("shuffled", shuffled),
        ("doubled", doubled),
    ]
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
            ("chan", Some(case)) => case.cel.extend(lives::events(&words)),
            ("overdue", Some(case)) => case.overdue = true,
            ("~>", Some(case)) => case.details.push(line[3..].to_owned()),
            ("=>", Some(case)) => case.expected.push((None, words[1..].join(" "))),
            ("=cdr>", Some(case)) => case.expect(&[Tables::Cdr], &words),
            ("=cel>", Some(case)) => case.expect(&[Tables::Cel, Tables::Both], &words),
            ("=only>", Some(case)) => case.expect(&[Tables::Cel], &words),
            ("=both>", Some(case)) => case.expect(&[Tables::Both], &words),
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
