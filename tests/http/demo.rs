//! The demo: soon there, everything that it prints works, and it lives. It has its own
//! database, so only filling one (`--fill`) says something about the one under test.

use std::collections::HashSet;
use std::fs::File;
use std::process::Output;
use std::time::{Duration, Instant};

use call_history::store::demo::{Filling, begin};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::TestDatabase;
use crate::support::service::{Service, capture, program, run, succeed};

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
    assert_eq!(service.get("/history/user?user=usera").status, 401);
    let logged_in = log_in_as_printed(&service, &printed);
    assert_eq!(service.get_as(&logged_in, "/history/user").status, 200);
    let keys: Vec<&str> = printed
        .split([' ', '\n'])
        .filter(|word| word.starts_with("chk_"))
        .collect();
    assert_eq!(keys.len(), 4, "{printed}");
    for key in &keys[1..] {
        assert_ne!(service.get_as(key, "/history/queue?name=blue").status, 401);
        assert_eq!(
            service.get_as(key, "/history/user?user=usera").status,
            404,
            "{key}"
        );
    }
    let service = service.with_key(keys[0]);
    let paths = printed
        .split([' ', '\n', '\''])
        .filter_map(|word| word.strip_prefix(&start))
        .filter(|path| path.starts_with("/history/") && path.contains("size="));
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

    a_call_goes_on_and_ends_now_and_then(&service);
}

/// The token of the login that was printed.
fn log_in_as_printed(service: &Service, printed: &str) -> String {
    let line = printed.lines().find(|line| line.contains("curl --json"));
    let body = line.unwrap().split('\'').nth(1).unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    let answer = service.send_json("POST", "/auth/login", "", &body);
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["token"].as_str().unwrap().to_owned()
}

fn a_call_goes_on_and_ends_now_and_then(service: &Service) {
    let deadline = Instant::now() + Duration::from_secs(90);
    let wait = |what: &str, done: &dyn Fn(&[Value]) -> bool| {
        loop {
            let calls = service.entries("/calls?size=100");
            assert!(calls.iter().all(|call| started(call) <= Utc::now()));
            if done(&calls) {
                return calls;
            }
            assert!(Instant::now() < deadline, "{what}: {calls:?}");
            std::thread::sleep(Duration::from_millis(250));
        }
    };
    let going_on = |call: &&Value| call["status"] == "ongoing";
    let calls = wait("no call goes on", &|calls| {
        calls.iter().any(|call| going_on(&call))
    });
    let before: HashSet<Value> = calls.iter().map(|call| call["callId"].clone()).collect();
    let going_on: HashSet<Value> = calls
        .iter()
        .filter(going_on)
        .map(|call| call["callId"].clone())
        .collect();
    wait("no call ends", &|calls| {
        let mut ended = calls.iter().filter(|call| call["status"] != "ongoing");
        ended.any(|call| going_on.contains(&call["callId"]))
    });
    wait("no call begins", &|calls| {
        calls.iter().any(|call| !before.contains(&call["callId"]))
    });
}

/// `demo --fill`, with few days.
fn fill(database: &TestDatabase) -> Output {
    run(database, &["demo", "--fill", "--days", "3"])
}

fn the_key(printed: &[u8]) -> String {
    let printed = String::from_utf8_lossy(printed);
    let key = printed.split_whitespace().find(|w| w.starts_with("chk_"));
    key.unwrap_or_else(|| panic!("no key: {printed}"))
        .to_owned()
}

#[test]
fn an_empty_database_is_filled_once_and_the_key_that_is_printed_opens_it() {
    let database = TestDatabase::new();
    let first = fill(&database);
    assert!(first.status.success());
    let key = the_key(&first.stdout);
    let service = Service::start_closed(&database);
    let path = "/history/user?user=usera&size=5";
    assert_eq!(service.get(path).status, 401);
    let calls = service.get_as(&key, path);
    assert_eq!(calls.status, 200);
    assert_eq!(calls.json().as_array().unwrap().len(), 5);
    let printed = String::from_utf8_lossy(&first.stdout).into_owned();
    let logged_in = log_in_as_printed(&service, &printed);
    assert_eq!(service.get_as(&logged_in, path).body, calls.body);

    let again = fill(&database);
    assert!(again.status.success());
    assert!(!String::from_utf8_lossy(&again.stdout).contains("chk_"));
    assert_eq!(service.get_as(&key, path).body, calls.body);
    assert_eq!(
        succeed(&database, &["key", "list"]).lines().count(),
        1,
        "no second key"
    );
}

#[test]
fn a_filling_that_was_cut_off_goes_on_with_the_same_calls() {
    let database = TestDatabase::new();
    let begun = Utc::now() - TimeDelta::hours(1);
    let begun = begin(&mut database.connect(), begun).unwrap();
    assert!(matches!(begun, Filling::Begun(_)));
    assert!(fill(&database).status.success());
    let service = Service::start(&database);
    let newest = &service.entries("/history/user?user=usera&size=1")[0];
    let age = Utc::now() - started(newest);
    assert!(age > TimeDelta::hours(1), "{age}");
}

#[test]
fn a_database_that_is_in_use_is_not_filled() {
    for used in [
        vec!["key", "create", "--scope", "admin"],
        vec!["import", "--cdr", &capture("cdr.csv")],
        vec![
            "directory",
            "import",
            "--queues",
            &capture("directory-queues.csv"),
        ],
    ] {
        let database = TestDatabase::new();
        succeed(&database, &used);
        let output = fill(&database);
        assert_eq!(output.status.code(), Some(1), "{used:?}");
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(errors.contains("empty one"), "{errors}");
        let filled = begin(&mut database.connect(), Utc::now()).unwrap();
        assert_eq!(filled, Filling::Refused);
    }
}
