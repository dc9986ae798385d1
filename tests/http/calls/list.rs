//! `/calls`: every call once.

use std::collections::{BTreeMap, BTreeSet};

use call_history::store::Connection;
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};

use super::import_cdr;
use crate::capture::SINCE;
use crate::support::TestDatabase;
use crate::support::service::{Service, capture, import_capture, succeed};

fn text<'a>(entry: &'a Value, name: &str) -> &'a str {
    entry[name].as_str().unwrap_or_default()
}

/// The entries of all histories of the capture.
fn all_entries(service: &Service) -> Vec<Value> {
    let mut all = service.entries(&format!("/history/queue?name=bl&{SINCE}"));
    all.extend(service.entries(&format!("/history/queue?name=t&{SINCE}")));
    for user in "abcdefgh".chars() {
        let path = format!("/history/user?user=user{user}&answeredElsewhere=include&{SINCE}");
        all.extend(service.entries(&path));
    }
    all
}

#[test]
fn every_call_of_the_capture_is_there_once() {
    let database = TestDatabase::new();
    import_capture(&database);
    let service = Service::start(&database);
    let calls = service.entries(&format!("/calls?{SINCE}"));
    let ids: BTreeSet<&str> = calls.iter().map(|call| text(call, "callId")).collect();
    assert_eq!(ids.len(), calls.len());
    let entries = all_entries(&service);
    let known: BTreeSet<&str> = entries.iter().map(|entry| text(entry, "callId")).collect();
    assert!(known.len() > 40 && known.is_subset(&ids), "{}", known.len());

    // A call was answered when somebody talked, and by nothing else.
    let mut answered: BTreeMap<&str, bool> = BTreeMap::new();
    for entry in &entries {
        let talked = entry["durationSeconds"].as_i64().unwrap() > 0;
        *answered.entry(text(entry, "callId")).or_default() |= talked;
    }
    for call in &calls {
        let status = text(call, "status");
        assert_ne!(status, "emitted");
        let talked = call["durationSeconds"].as_i64().unwrap() > 0;
        if let Some(answered) = answered.get(text(call, "callId")) {
            assert_eq!(*answered, talked && status == "answered", "{call}");
        }
    }
    let has = |status: &str| calls.iter().any(|call| text(call, "status") == status);
    for status in [
        "answered",
        "missed",
        "abandoned",
        "timeout",
        "full",
        "closed",
    ] {
        assert!(has(status), "{status}");
    }
    drop(service);
    let rebuilt = succeed(&database, &["rebuild"]);
    assert!(rebuilt.contains("calls: 0 new or changed"), "{rebuilt}");
}

#[test]
fn pages_and_filters_are_those_of_the_histories() {
    let database = TestDatabase::new();
    import_capture(&database);
    let service = Service::start(&database);
    let all = service.entries(&format!("/calls?{SINCE}"));
    assert!(all.is_sorted_by(|a, b| text(a, "startedAt") >= text(b, "startedAt")));
    assert_eq!(service.walk("/calls?from=2026-11-01&size=7"), all);
    let abandoned = service.entries(&format!("/calls?status=abandoned&{SINCE}"));
    assert!(!abandoned.is_empty());
    let expected = all
        .iter()
        .filter(|call| text(call, "status") == "abandoned");
    assert!(abandoned.iter().eq(expected));
    for (query, parameter) in [
        ("status=emitted", "status"),
        ("user=usera", "user"),
        ("size=0", "size"),
    ] {
        let answer = service.get(&format!("/calls?{query}"));
        assert_eq!(answer.status, 400, "{query}");
        assert_eq!(answer.json()["errors"][0]["parameter"], parameter);
    }
    // A cursor of a history is not one of the list.
    let next = service.get("/history/user?user=usera&size=1&from=2026-11-01");
    let next = next.next().unwrap();
    let cursor = next.split("cursor=").nth(1).unwrap();
    let answer = service.get(&format!("/calls?size=1&from=2026-11-01&cursor={cursor}"));
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json()["errors"][0]["parameter"], "cursor");
}

#[test]
fn a_transferred_call_is_one_with_all_its_talk_counted_once() {
    let database = TestDatabase::new();
    import_cdr(
        &database,
        "
        1.1 1.1 0  30 25 ANSWERED  PJSIP/1000-1 PJSIP/1001-2 1000 1001 Dial PJSIP/1001
        1.1 1.1 30 60 60 ANSWERED  PJSIP/1000-1 PJSIP/1002-4 1000 1002 Dial PJSIP/1002
        1.1 1.3 10 15 10 ANSWERED  PJSIP/1001-3 PJSIP/1002-5 1001 1002 Dial PJSIP/1002
        2.1 2.1 5  9  0  NO_ANSWER PJSIP/1000-6 PJSIP/1003-7 1000 1003 Dial PJSIP/1003
        3.1 3.1 9  20 20 ANSWERED  PJSIP/1000-8 -            1000 *60  Playback welcome
        ",
    );
    let service = Service::start(&database);
    let calls = service.entries("/calls?from=2026-11-01");
    let seen: Vec<Value> = calls
        .iter()
        .map(|call| {
            json!([
                call["srcNum"],
                call["dstNum"],
                call["status"],
                call["durationSeconds"]
            ])
        })
        .collect();
    // Newest first: an announcement, a call that nobody took, and the transfer, in which two
    // talks of the same time are one.
    assert_eq!(
        json!(seen),
        json!([
            ["1000", "*60", "missed", 0],
            ["1000", "1003", "missed", 0],
            ["1000", "1001", "answered", 85],
        ])
    );
}

/// Takes back the migration that brought the list, and what folding wrote into it.
fn without_the_list(database: &TestDatabase) {
    let down = match &mut database.connect() {
        Connection::Mysql(_) => {
            include_str!("../../../migrations/mysql/2026-11-23-000012_all_calls/down.sql")
        }
        Connection::Sqlite(_) => {
            include_str!("../../../migrations/sqlite/2026-11-23-000012_all_calls/down.sql")
        }
    };
    let forget = "DELETE FROM `__diesel_schema_migrations` WHERE `version` LIKE '%000012';";
    let conn = &mut database.connect();
    conn.batch_execute(&format!("{down}{forget}")).unwrap();
}

#[test]
fn calls_that_were_there_before_the_list_are_in_it_once_all_is_folded_again() {
    let database = TestDatabase::new();
    import_capture(&database);
    let (cdr, log) = (capture("cdr.csv"), capture("queue_log.csv"));
    let before = {
        let service = Service::start(&database);
        service.entries(&format!("/calls?{SINCE}"))
    };
    without_the_list(&database);
    succeed(&database, &["migrate"]);
    // Nothing is new, but whatever folds next takes all of them.
    succeed(&database, &["import", "--cdr", &cdr, "--queue-log", &log]);
    let service = Service::start(&database);
    assert_eq!(service.entries(&format!("/calls?{SINCE}")), before);
}
