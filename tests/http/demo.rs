//! The demo: soon there, everything that it prints works, and it lives. It has its own
//! database, so it says nothing about the one under test.

use std::collections::HashSet;
use std::fs::File;
use std::time::{Duration, Instant};

use call_history::demo::living::Living;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::service::{Service, program};

/// An unoptimised build needs several times as long as what people start: it makes up less.
const DAYS: u32 = if cfg!(debug_assertions) { 60 } else { 365 };

/// A demo whose database goes with this value, and what it printed.
fn demo() -> (TempDir, Service, String) {
    let folder = TempDir::new().unwrap();
    let printed = folder.path().join("printed");
    let service = Service::spawn_into(
        program()
            .args(["demo", "--bind", "127.0.0.1:0", "--days"])
            .arg(DAYS.to_string())
            .env("TMPDIR", folder.path()),
        File::create(&printed).unwrap().into(),
    );
    let printed = std::fs::read_to_string(printed).unwrap();
    (folder, service, printed)
}

fn started(entry: &Value) -> DateTime<Utc> {
    let text = entry["startedAt"].as_str().unwrap();
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

#[test]
fn the_demo_answers_soon_its_addresses_return_something_and_it_lives() {
    let begun = Instant::now();
    let (_folder, service, printed) = demo();
    let ready = begun.elapsed();
    assert!(ready < Duration::from_secs(20), "ready after {ready:?}");

    let start = format!("http://{}", service.address());
    let paths = printed
        .split([' ', '\n', '\''])
        .filter_map(|word| word.strip_prefix(&start))
        .filter(|path| path.starts_with("/history/"));
    let paths: Vec<&str> = paths.collect();
    assert_eq!(paths.len(), 7, "{printed}");
    for path in paths {
        assert!(!service.entries(path).is_empty(), "{path}");
    }

    let queues = service.walk("/history/queue?name=bl&days=365&size=1000");
    assert!(queues.len() > 250, "{} visits", queues.len());
    let now = Utc::now();
    assert!(queues.iter().all(|entry| started(entry) <= now));
    let newest = now - started(&queues[0]);
    assert!(
        newest < TimeDelta::minutes(2),
        "it does not end now: {newest}"
    );
    assert!(now - started(&queues[queues.len() - 1]) > TimeDelta::days(i64::from(DAYS) - 5));

    a_call_ends_now_and_then(&service);
}

fn a_call_ends_now_and_then(service: &Service) {
    let (users, _, _) = Living::new(Utc::now(), chrono_tz::UTC, 1, 1).directory();
    let calls = || -> HashSet<String> {
        let history = |name: &str| service.entries(&format!("/history/user?user={name}&size=3"));
        let entries = users.iter().flat_map(|user| history(&user.username));
        entries
            .inspect(|entry| assert!(started(entry) <= Utc::now(), "{entry}"))
            .map(|entry| entry["callId"].as_str().unwrap().to_owned())
            .collect()
    };
    let before = calls();
    assert!(before.len() > 40);
    let deadline = Instant::now() + Duration::from_secs(60);
    while calls().is_subset(&before) {
        assert!(Instant::now() < deadline, "no call has ended for a minute");
        std::thread::sleep(Duration::from_millis(250));
    }
}
