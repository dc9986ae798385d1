//! Pages: whatever the size and the filters, together they are the whole, once and in order.

use std::collections::BTreeMap;
use std::fmt::Write;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;

use crate::support::TestDatabase;
use crate::support::service::{Service, succeed};

/// 2026-01-01T00:00:00Z
const ZERO: i64 = 1_767_225_600;
const STATUSES: [&str; 4] = ["abandoned", "timeout", "full", "answered"];

/// A service over some hundred visits of many queues: few seconds, so that many share one.
fn service() -> (TestDatabase, Service) {
    let database = TestDatabase::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("queue_log.csv");
    std::fs::write(&file, visits()).unwrap();
    let file = file.display().to_string();
    succeed(&database, &["import", "--queue-log", &file]);
    let service = Service::start(&database);
    (database, service)
}

fn visits() -> String {
    let mut random = StdRng::seed_from_u64(42);
    let mut csv = "time,callid,queuename,agent,event,data1,data2,data3,data4,data5\n".to_owned();
    for call in 0..400 {
        let entered = ZERO + random.random_range(0..40);
        let queue = format!("queue {}", random.random_range(0..9));
        let row = |time: i64, agent: &str, event: &str, data: &str| {
            format!("{time},{ZERO}.{call},{queue},{agent},{event},{data}\n")
        };
        match STATUSES[random.random_range(0..4)] {
            "full" => csv += &row(entered, "NONE", "FULL", ",,,,"),
            status => {
                let caller = format!(",06000000{:02},1,,", random.random_range(0..30));
                csv += &row(entered, "NONE", "ENTERQUEUE", &caller);
                let end = entered + random.random_range(1..60);
                csv += &match status {
                    "abandoned" => row(end, "NONE", "ABANDON", "1,1,5,,"),
                    "timeout" => row(end, "NONE", "EXITWITHTIMEOUT", "1,1,5,,"),
                    _ => row(end, "Agent/7", "COMPLETEAGENT", "1,4,1,,"),
                };
            }
        }
    }
    csv
}

/// What tells two visits apart.
fn key(entry: &Value) -> String {
    format!(
        "{} {} {}",
        entry["startedAt"], entry["callId"], entry["queueName"]
    )
}

fn keys(entries: &[Value]) -> Vec<String> {
    entries.iter().map(key).collect()
}

#[test]
fn pages_of_any_size_make_the_whole() {
    let (_database, service) = service();
    for path in [
        "/history/queue?name=queue&from=2025-12-31",
        "/history/queue?name=queue%203&from=2025-12-31",
        "/history/agent?agent=7&from=2025-12-31",
        "/history/customer?number=0600000007&from=2025-12-31",
    ] {
        let whole = service.entries(&format!("{path}&size=1000"));
        assert!(whole.len() > 3, "{path}");
        for size in [1, 2, 7, 33, 399] {
            // Small pages of long lists take long and show no more.
            if whole.len() / size < 60 {
                let pages = service.walk(&format!("{path}&size={size}"));
                assert_eq!(keys(&pages), keys(&whole), "{path} by {size}");
            }
        }
    }
}

#[test]
fn pages_together_are_the_filtered_and_sorted_whole() {
    let (_database, service) = service();
    let mut whole = service.entries("/history/queue?name=queue&from=2025-12-31&size=1000");
    assert_eq!(whole.len(), 400);
    let sorted_by = |entry: &Value| (entry["startedAt"].to_string(), entry["callId"].to_string());
    assert!(whole.is_sorted_by(|a, b| sorted_by(a) >= sorted_by(b)));
    let mut by_queue: BTreeMap<String, usize> = BTreeMap::new();
    for entry in &whole {
        *by_queue.entry(entry["queueName"].to_string()).or_default() += 1;
    }
    assert_eq!(by_queue.len(), 9);
    whole.sort_by_key(|entry| std::cmp::Reverse(sorted_by(entry)));

    let queries = (
        prop::sample::subsequence(STATUSES.to_vec(), 0..=3),
        prop::option::of(0_i64..45),
        prop::option::of(0_i64..45),
        8_usize..200,
        prop::sample::select(vec!["queue", "3", "E 1", "nothing"]),
    );
    let mut runner = TestRunner::new(Config::with_cases(48));
    runner
        .run(&queries, |(statuses, from, until, size, part)| {
            let from = from.unwrap_or(-1);
            let until = until.unwrap_or(100).max(from);
            let time = |second: i64| {
                let time = chrono::DateTime::from_timestamp(ZERO + second, 0).unwrap();
                time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
            };
            let mut path = format!(
                "/history/queue?name={}&from={}&until={}&size={size}",
                part.replace(' ', "+"),
                time(from),
                time(until)
            );
            for status in &statuses {
                write!(path, "&status={status}").unwrap();
            }
            let kept: Vec<String> = whole
                .iter()
                .filter(|entry| {
                    let second =
                        chrono::DateTime::parse_from_rfc3339(entry["startedAt"].as_str().unwrap());
                    let second = second.unwrap().timestamp() - ZERO;
                    let status = entry["status"].as_str().unwrap();
                    let queue = entry["queueName"].as_str().unwrap();
                    (from..until).contains(&second)
                        && (statuses.is_empty() || statuses.contains(&status))
                        && queue.contains(&part.to_lowercase())
                })
                .map(key)
                .collect();
            prop_assert_eq!(keys(&service.walk(&path)), kept, "{}", path);
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_cursor_is_bound_to_its_request() {
    let (_database, service) = service();
    let first = service.get("/history/queue?name=queue&size=5&from=2025-12-31");
    let next = first.next().unwrap();
    assert!(
        next.starts_with("/history/queue?"),
        "a relative reference: {next}"
    );
    assert_eq!(service.get(&next).status, 200);
    // Another length of the page is no other request.
    assert_eq!(service.get(&next.replace("size=5", "size=6")).status, 200);

    let cursor = next.rsplit("cursor=").next().unwrap().to_owned();
    let mut tampered = cursor.clone().into_bytes();
    tampered[20] = if tampered[20] == b'A' { b'B' } else { b'A' };
    let tampered = String::from_utf8(tampered).unwrap();
    for other in [
        next.replace(&cursor, &tampered),
        next.replace(&cursor, &cursor[1..]),
        next.replace(&cursor, "nonsense"),
        next.replace(&cursor, "%00%ff"),
        next.replace("name=queue", "name=queue+1"),
        next.replace("from=2025-12-31", "from=2025-12-30"),
        format!("{next}&status=full"),
        format!("{next}&answeredElsewhere=include"),
        format!("{next}&until=2027-01-01"),
        format!("/history/agent?agent=7&from=2025-12-31&cursor={cursor}"),
        format!("/history/customer?number=0600000007&from=2025-12-31&cursor={cursor}"),
    ] {
        let answer = service.get(&other);
        assert_eq!(answer.status, 400, "{other}: {}", answer.body);
        assert_eq!(answer.json()["errors"][0]["parameter"], "cursor", "{other}");
    }
}

#[test]
fn rows_that_come_between_two_pages_neither_double_nor_hide_entries() {
    let database = TestDatabase::new();
    let folder = tempfile::tempdir().unwrap();
    let import = |name: &str, seconds: std::ops::Range<i64>| {
        let mut csv = "time,callid,queuename,agent,event\n".to_owned();
        for second in seconds {
            writeln!(csv, "{},{ZERO}.{second},blue,NONE,FULL", ZERO + second).unwrap();
        }
        let file = folder.path().join(name);
        std::fs::write(&file, csv).unwrap();
        succeed(
            &database,
            &["import", "--queue-log", &file.display().to_string()],
        );
    };
    import("first.csv", 0..20);
    let service = Service::start(&database);
    let path = "/history/queue?name=blue&from=2025-12-31&size=6";
    let before = service.walk(path);
    assert_eq!(before.len(), 20);
    let first = service.get(path);
    import("newer.csv", 20..30);
    let mut pages = first.json().as_array().unwrap().clone();
    pages.extend(service.walk(&first.next().unwrap()));
    assert_eq!(keys(&pages), keys(&before));
}
