//! The capture with its channel events: what they add, what is in progress, and that they do
//! without CDR.

use std::path::Path;

use chrono::{NaiveDateTime, TimeDelta};
use serde_json::Value;

use super::capture::{SINCE, compare_with, members};
use crate::support::TestDatabase;
use crate::support::service::{Service, capture, import_directory, succeed};

fn expected() -> Value {
    serde_json::from_str(&std::fs::read_to_string(capture("expected.json")).unwrap()).unwrap()
}

/// The moment at which something is in progress.
pub(crate) fn moment_of_ongoing() -> String {
    expected()["ongoing"]["at"].as_str().unwrap().to_owned()
}

/// What is expected of the capture with its channel events.
pub(crate) fn with_cel() -> Value {
    let mut expected = expected();
    let more = expected["withCel"]["users"].clone();
    for (user, entries) in members(&more) {
        let users = expected["users"][user].as_array_mut().unwrap();
        users.extend(entries.as_array().unwrap().iter().cloned());
    }
    expected
}

#[test]
fn channel_events_add_the_call_that_has_no_cdr() {
    let database = TestDatabase::new();
    let (cdr, log, cel) = (
        capture("cdr.csv"),
        capture("queue_log.csv"),
        capture("cel.csv"),
    );
    succeed(&database, &["import", "--cel", &cel]);
    import_directory(&database);
    succeed(&database, &["import", "--queue-log", &log, "--cdr", &cdr]);
    compare_with(&Service::start(&database), &with_cel());
    let rebuilt = succeed(&database, &["rebuild"]);
    assert!(rebuilt.contains("calls: 0 new or changed"), "{rebuilt}");
    assert!(rebuilt.contains("0 removed"), "{rebuilt}");
}

#[test]
fn channel_events_and_the_queue_log_do_without_cdr() {
    let database = TestDatabase::new();
    let (log, cel) = (capture("queue_log"), capture("cel.csv"));
    import_directory(&database);
    succeed(&database, &["import", "--queue-log", &log, "--cel", &cel]);
    compare_with(&Service::start(&database), &with_cel());
}

/// As `psql` copies the tables of a XiVO or Wazo: times with the offset of the session, without
/// noughts at the end.
#[test]
fn tables_of_postgresql_say_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let copied = |file: &str, column: &str| {
        let mut table = csv::Reader::from_path(capture(file)).unwrap();
        let path = folder.path().join(file);
        let mut copy = csv::Writer::from_path(&path).unwrap();
        let header = table.headers().unwrap().clone();
        copy.write_record(&header).unwrap();
        for row in table.records().map(Result::unwrap) {
            let fields = header.iter().zip(&row).map(|(name, field)| {
                if name != column {
                    return field.to_owned();
                }
                let time: NaiveDateTime = field.replace(' ', "T").parse().unwrap();
                let there = (time + TimeDelta::hours(1)).format("%Y-%m-%d %H:%M:%S%.6f");
                let there = there.to_string();
                format!("{}+01", there.trim_end_matches('0').trim_end_matches('.'))
            });
            copy.write_record(fields).unwrap();
        }
        copy.flush().unwrap();
        path.display().to_string()
    };
    let (log, cel) = (
        copied("queue_log.csv", "time"),
        copied("cel.csv", "eventtime"),
    );
    let database = TestDatabase::new();
    import_directory(&database);
    succeed(&database, &["import", "--queue-log", &log, "--cel", &cel]);
    compare_with(&Service::start(&database), &with_cel());
}

#[test]
fn what_is_in_progress_is_ongoing_in_every_history() {
    let at = &moment_of_ongoing();
    let folder = tempfile::tempdir().unwrap();
    let log = until(at, "queue_log.csv", 1, folder.path());
    let cel = until(at, "cel.csv", 2, folder.path());
    let database = TestDatabase::new();
    import_directory(&database);
    succeed(&database, &["import", "--queue-log", &log, "--cel", &cel]);
    let service = Service::start(&database);
    compare_ongoing(&service);
    // Who talks since when is counted when asked.
    let path = format!("/history/user?user=userh&status=ongoing&{SINCE}");
    let entry = &service.entries(&path)[0];
    assert!(entry["durationSeconds"].as_i64().unwrap() > 0, "{entry}");
    drop(service);

    // The rest comes, and everything is what it is in the end.
    let (log, cel) = (capture("queue_log.csv"), capture("cel.csv"));
    succeed(&database, &["import", "--queue-log", &log, "--cel", &cel]);
    compare_with(&Service::start(&database), &with_cel());
}

/// Compares what is in progress with what is expected, when only the rows up to the moment of
/// that are there.
pub(crate) fn compare_ongoing(service: &Service) {
    let ongoing = &expected()["ongoing"];
    for (users, kind, parameter) in [
        ("users", "user", "user"),
        ("agents", "agent", "agent"),
        ("queues", "queue", "name"),
    ] {
        for (owner, sides) in members(&ongoing[users]) {
            let path = format!("/history/{kind}?{parameter}={owner}&status=ongoing&{SINCE}");
            let found = service.entries(&path);
            let found: Vec<Value> = found
                .iter()
                .map(|entry| serde_json::json!([entry["srcNum"], entry["dstNum"]]))
                .collect();
            assert_eq!(&Value::Array(found), sides, "{path}");
        }
    }
    // In nobody else's.
    for user in ["userd", "usere", "userf", "userg"] {
        let path = format!("/history/user?user={user}&status=ongoing&{SINCE}");
        assert_eq!(service.entries(&path), Vec::<Value>::new(), "{path}");
    }
}

/// The lines of a file of the capture up to a moment, which stands in this column.
fn until(at: &str, file: &str, column: usize, folder: &Path) -> String {
    let text = std::fs::read_to_string(capture(file)).unwrap();
    let mut lines = text.lines();
    let mut kept = format!("{}\n", lines.next().unwrap());
    for line in lines {
        let time = line.split(',').nth(column).unwrap().trim_matches('"');
        if time < at {
            kept += line;
            kept += "\n";
        }
    }
    let path = folder.join(file);
    std::fs::write(&path, kept).unwrap();
    path.display().to_string()
}
