//! The capture of a real Asterisk: exactly the histories of `expected.json` come out of it,
//! in whatever order its rows come, and however often.

use std::collections::BTreeSet;
use std::path::Path;

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use serde_json::Value;

use crate::support::TestDatabase;
use crate::support::service::{Service, capture, import_directory, succeed};

/// Long enough ago for the capture, whatever day it is.
pub(crate) const SINCE: &str = "from=2026-11-01&size=1000";

#[test]
fn the_histories_are_those_that_are_expected() {
    check(|_| {});
}

#[test]
fn rows_in_reverse_make_the_same_histories() {
    check(|rows| rows.reverse());
}

#[test]
fn shuffled_rows_make_the_same_histories() {
    check(|rows| rows.shuffle(&mut StdRng::seed_from_u64(20_261_123)));
}

#[test]
fn doubled_rows_make_the_same_histories() {
    // Doubled with another text of the same fact, else the importer would see the double.
    check(|rows| {
        let doubled: Vec<String> = rows.iter().map(|row| doubled(row)).collect();
        rows.extend(doubled);
    });
}

fn doubled(row: &str) -> String {
    if row.starts_with("2026-") {
        return row.replacen(",3,,", ",DOCUMENTATION,,", 1);
    }
    let fields: Vec<&str> = row.splitn(3, ',').collect();
    format!("{},{}0,{}", fields[0], fields[1], fields[2])
}

#[test]
fn the_seconds_of_the_log_file_beside_the_table_change_nothing() {
    let database = TestDatabase::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("queue_log.csv");
    // The same events as Asterisk's log file has them: whole seconds, as epochs.
    let mut seconds =
        "time,callid,queuename,agent,event,data1,data2,data3,data4,data5\n".to_owned();
    for line in std::fs::read_to_string(capture("queue_log"))
        .unwrap()
        .lines()
    {
        let mut fields: Vec<&str> = line.split('|').collect();
        fields.resize(10, "");
        seconds += &format!("{}\n", fields.join(","));
    }
    std::fs::write(&file, seconds).unwrap();
    let file = file.display().to_string();
    let (cdr, table) = (capture("cdr.csv"), capture("queue_log.csv"));
    succeed(
        &database,
        &[
            "import",
            "--cdr",
            &cdr,
            "--queue-log",
            &file,
            "--queue-log",
            &table,
        ],
    );
    import_directory(&database);
    compare(&database);
}

/// Imports the capture, its rows in another order, and compares all histories.
fn check(reorder: impl Fn(&mut Vec<String>)) {
    let database = TestDatabase::new();
    let folder = tempfile::tempdir().unwrap();
    let cdr = reordered(folder.path(), "cdr.csv", &reorder);
    let queue_log = reordered(folder.path(), "queue_log.csv", &reorder);
    // Late rows: first one table alone, then the directory, then the other.
    succeed(&database, &["import", "--queue-log", &queue_log]);
    import_directory(&database);
    succeed(&database, &["import", "--cdr", &cdr]);
    compare(&database);
    let rebuilt = succeed(&database, &["rebuild"]);
    assert!(rebuilt.contains("calls: 0 new or changed"), "{rebuilt}");
    assert!(rebuilt.contains("0 removed"), "{rebuilt}");
}

fn reordered(folder: &Path, file: &str, reorder: impl Fn(&mut Vec<String>)) -> String {
    let text = std::fs::read_to_string(capture(file)).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let header = lines.remove(0);
    reorder(&mut lines);
    lines.insert(0, header);
    let path = folder.join(file);
    std::fs::write(&path, lines.join("\n")).unwrap();
    path.display().to_string()
}

pub(crate) fn compare(database: &TestDatabase) {
    compare_served(&Service::start(database));
}

/// Compares all histories that a service serves with those that are expected.
pub(crate) fn compare_served(service: &Service) {
    let expected = std::fs::read_to_string(capture("expected.json")).unwrap();
    compare_with(service, &serde_json::from_str(&expected).unwrap());
}

pub(crate) fn compare_with(service: &Service, expected: &Value) {
    for (user, entries) in members(&expected["users"]) {
        let path = format!("/history/user?user={user}&{SINCE}");
        same_entries(&path, &service.entries(&path), entries);
    }
    for (user, times) in members(&expected["answeredElsewhere"]) {
        let path = format!("/history/user?user={user}&{SINCE}&answeredElsewhere=include");
        answered_elsewhere(&path, &service.entries(&path), times);
    }
    for (queue, visits) in members(&expected["queues"]) {
        let path = format!("/history/queue?name={queue}&{SINCE}");
        same_entries(&path, &service.entries(&path), visits);
    }
    for (number, entries) in members(&expected["customers"]) {
        let path = format!("/history/customer?number={number}&{SINCE}");
        same_entries(&path, &service.entries(&path), entries);
    }
    for (agent, counts) in members(&expected["agentsQueueCalls"]) {
        let path = format!("/history/agent?agent={agent}&{SINCE}");
        let entries = service.entries(&path);
        for (status, count) in members(counts) {
            let queue_calls = entries
                .iter()
                .filter(|entry| entry["queueName"].is_string());
            let found = queue_calls
                .filter(|entry| entry["status"] == status.as_str())
                .count();
            assert_eq!(found as u64, count.as_u64().unwrap(), "{status} in {path}");
        }
    }
    for (part, queues) in members(&expected["queueNamePart"]) {
        let part: String = form_urlencoded::byte_serialize(part.as_bytes()).collect();
        let path = format!("/history/queue?name={part}&{SINCE}");
        let Some(queues) = queues.as_array() else {
            assert_eq!(service.get(&path).status, 400, "{path}");
            continue;
        };
        let queues: BTreeSet<&str> = queues.iter().map(|name| name.as_str().unwrap()).collect();
        let entries = service.entries(&path);
        let found: BTreeSet<&str> = entries
            .iter()
            .map(|entry| entry["queueName"].as_str().unwrap())
            .collect();
        assert_eq!(found, queues, "{path}");
    }
}

pub(crate) fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().unwrap().iter()
}

/// Each expected entry is there once, and nothing else; newest first.
fn same_entries(path: &str, found: &[Value], expected: &Value) {
    let starts: Vec<&str> = found
        .iter()
        .map(|entry| entry["start"].as_str().unwrap())
        .collect();
    assert!(
        starts.is_sorted_by(|a, b| a >= b),
        "{path}: not newest first"
    );
    let mut left: Vec<&Value> = found.iter().collect();
    for expected in expected.as_array().unwrap() {
        let place = left
            .iter()
            .position(|entry| is_as_expected(entry, expected));
        let place = place.unwrap_or_else(|| panic!("{path}: no {expected} among {left:#?}"));
        left.remove(place);
    }
    assert!(left.is_empty(), "{path}: not expected: {left:#?}");
}

fn is_as_expected(entry: &Value, expected: &Value) -> bool {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let start = text(&entry["start"]);
    let tolerance = expected["toleranceSeconds"].as_i64().unwrap();
    let is_near = |name: &str| match expected.get(name) {
        Some(seconds) => entry[name]
            .as_i64()
            .is_some_and(|found| (found - seconds.as_i64().unwrap()).abs() <= tolerance),
        None => true,
    };
    let is_same = |name: &str| expected.get(name).is_none_or(|value| entry[name] == *value);
    (text(&expected["startFrom"])..=text(&expected["startTo"])).contains(&start)
        && is_near("durationSeconds")
        && is_near("waitSeconds")
        && [
            "status",
            "srcNum",
            "dstNum",
            "dialedNum",
            "queueName",
            "agentNum",
        ]
        .into_iter()
        .all(is_same)
}

/// The entries that were answered elsewhere, by the time of their call.
fn answered_elsewhere(path: &str, found: &[Value], times: &Value) {
    let seconds = |time: &str| -> i64 {
        let parts = time.rsplit(' ').next().unwrap().split(':');
        parts.fold(0, |sum, part| sum * 60 + part.parse::<i64>().unwrap())
    };
    let mut elsewhere: Vec<i64> = found
        .iter()
        .filter(|entry| entry["answeredElsewhere"] == true)
        .map(|entry| {
            assert_eq!(entry["status"], "missed", "{path}");
            seconds(entry["start"].as_str().unwrap())
        })
        .collect();
    elsewhere.sort_unstable();
    let times = times.as_array().unwrap();
    assert_eq!(elsewhere.len(), times.len(), "{path}");
    for (start, time) in elsewhere.iter().zip(times) {
        let call = seconds(time.as_str().unwrap());
        assert!((call..=call + 2).contains(start), "{path}: {time}");
    }
}
