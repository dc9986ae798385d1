//! The cases of queue events and visits that lie beside the project. They are not part of it;
//! `tests/golden/queues.txt` has cases of our own over the same ground.

use std::fmt::Write;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::TestDatabase;
use crate::support::service::{Service, succeed};

#[test]
fn every_case_gives_its_visits() {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "../shared/cases/queue_log.json"]
        .iter()
        .collect();
    let Ok(cases) = std::fs::read_to_string(&path) else {
        assert!(
            std::env::var("CI").as_deref() != Ok("true"),
            "CI needs the queue cases, and {} is not there",
            path.display()
        );
        println!("the queue cases are not there: nothing to compare");
        return;
    };
    let cases: Vec<Value> = serde_json::from_str(&cases).unwrap();
    assert!(cases.len() > 30);
    for (n, case) in cases.iter().enumerate() {
        // Every other case with its rows reversed; all of them twice.
        check(case, n % 2 == 1);
    }
}

fn check(case: &Value, reversed: bool) {
    let name = case["name"].as_str().unwrap();
    let database = TestDatabase::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("queue_log.csv");
    std::fs::write(&file, csv(case, reversed)).unwrap();
    let file = file.display().to_string();
    succeed(
        &database,
        &["import", "--queue-log", &file, "--queue-log", &file],
    );
    let service = Service::start(&database);
    let expected = case["expected"].as_array().unwrap();
    let rows = case["queue_log"].as_array().unwrap();
    let mut queues: Vec<&str> = rows
        .iter()
        .map(|row| row["queuename"].as_str().unwrap())
        .collect();
    queues.sort_unstable();
    queues.dedup();
    let mut found = Vec::new();
    for queue in queues {
        let visits = service.entries(&format!(
            "/history/queue?name={queue}&from=2000-01-01&size=1000"
        ));
        found.extend(
            visits
                .into_iter()
                .filter(|visit| visit["queueName"] == queue),
        );
    }
    assert_eq!(found.len(), expected.len(), "{name}: {found:#?}");
    for expected in expected {
        let is_there = found.iter().any(|visit| is_as_expected(visit, expected));
        assert!(is_there, "{name}: no {expected} in {found:#?}");
    }
}

fn csv(case: &Value, reversed: bool) -> String {
    let columns = [
        "time",
        "callid",
        "queuename",
        "agent",
        "event",
        "data1",
        "data2",
        "data3",
        "data4",
        "data5",
    ];
    let mut rows: Vec<&Value> = case["queue_log"].as_array().unwrap().iter().collect();
    if reversed {
        rows.reverse();
    }
    let mut csv = columns.join(",");
    for row in rows {
        let values = columns.map(|column| row[column].as_str().unwrap());
        write!(csv, "\n{}", values.join(",")).unwrap();
    }
    csv
}

fn is_as_expected(visit: &Value, expected: &Value) -> bool {
    let number = |name: &str| expected[name].as_i64();
    let agent = expected["agent"].as_str();
    let agent = agent.map(|name| name.strip_prefix("Agent/").unwrap_or(name));
    visit["status"] == expected["status"]
        && visit["queueName"] == expected["queue"]
        && number("waittime").is_none_or(|wait| visit["waitSeconds"] == wait)
        && number("talktime").is_none_or(|talk| visit["durationSeconds"] == talk)
        && agent.is_none_or(|agent| visit["agentNum"] == agent)
        && expected["time"]
            .as_str()
            .unwrap()
            .starts_with(visit["start"].as_str().unwrap())
}
