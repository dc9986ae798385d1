//! Who read whose history, as `AUDIT_LOG` tells it.

use std::fs::File;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::TestDatabase;
use crate::support::mariadb::{signal, until};
use crate::support::service::{Service, import_capture, program, run, succeed};

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().unwrap()
}

fn wait_for(path: &Path, count: usize) -> Vec<Value> {
    let enough = || path.exists() && lines(path).len() >= count;
    until("the audit", Duration::from_secs(20), enough);
    lines(path)
}

#[test]
fn each_request_for_a_history_is_a_line_and_nothing_else_is() {
    let database = TestDatabase::new();
    import_capture(&database);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let place = path.display().to_string();
    let settings = [("AUDIT_LOG", &*place), ("TRUSTED_PROXIES", "127.0.0.1")];
    let service = Service::start_with(&database, &settings);
    let key = succeed(
        &database,
        &[
            "key",
            "create",
            "--user",
            "userb",
            "--scope",
            "history:queue:*",
        ],
    );
    let key = key.trim();
    let bearer = format!("Bearer {key}");
    let ask = |path: &str| {
        let headers = [
            ("Authorization", &*bearer),
            ("X-Forwarded-For", "192.0.2.1"),
            ("X-Request-Id", "of-the-test"),
        ];
        service.request("GET", path, &headers)
    };
    for path in [
        "/health/ready",
        "/openapi.json",
        "/nowhere",
        "/history/user?size=0",
    ] {
        ask(path);
    }
    assert_eq!(service.get("/history/user?user=usera").status, 401);
    let own = ask("/history/user?size=3");
    assert_eq!(own.status, 200, "{}", own.body);
    ask("/history/user?user=usera");
    ask("/history/agent?agent=1%22");
    ask("/history/queue?name=bL&size=1000");
    ask("/history/customer?number=06%2011&size=5");
    ask("/calls");
    let call = own.json()[0]["callId"].as_str().unwrap().to_owned();
    ask(&format!("/calls/{call}"));
    ask(&format!("/calls/{}", "0".repeat(32)));
    ask("/calls/0");
    let lines = wait_for(&path, 8);
    let asked: Vec<_> = lines
        .iter()
        .map(|line| {
            let owner = &line["owner"];
            json!([
                line["endpoint"],
                owner["kind"],
                owner["name"],
                line["status"],
                line["entries"]
            ])
        })
        .collect();
    let queue = ask("/history/queue?name=bL&size=1000").json();
    let visits = queue.as_array().unwrap().len();
    let of_call = ask(&format!("/calls/{call}")).json();
    let of_call = of_call["entries"].as_array().unwrap().len();
    assert_eq!(
        asked,
        [
            json!(["GET /history/user", "user", "userb", 200, 3]),
            json!(["GET /history/user", "user", "usera", 404, null]),
            json!(["GET /history/agent", "agent", "1\"", 404, null]),
            json!(["GET /history/queue", "queue", "bL", 200, visits]),
            json!(["GET /history/customer", "customer", "06 11", 200, 0]),
            json!(["GET /calls", "all", "all", 403, null]),
            json!(["GET /calls/{callId}", "call", call, 200, of_call]),
            json!(["GET /calls/{callId}", "call", "0".repeat(32), 404, null]),
        ]
    );
    for line in &lines {
        assert_eq!(line["caller"], json!({"key": key[4..14]}), "{line}");
        assert_eq!(line["client"], "192.0.2.1", "{line}");
        assert_eq!(line["requestId"], "of-the-test", "{line}");
        assert!(line["time"].as_str().unwrap().ends_with('Z'), "{line}");
    }
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains(&key[15..]), "{text}");
    // Rotated: the old file is left alone, and a new one begun.
    let old = folder.path().join("audit.jsonl.1");
    std::fs::rename(&path, &old).unwrap();
    let before = lines_after(&old, || {
        ask("/history/user");
        wait_for(&path, 1);
    });
    assert_eq!(before, 0);
}

/// How many lines come into a file meanwhile.
fn lines_after(path: &Path, work: impl FnOnce()) -> usize {
    let before = lines(path).len();
    work();
    lines(path).len() - before
}

#[test]
fn it_can_be_standard_output_and_is_whole_when_the_service_is_stopped() {
    let database = TestDatabase::new();
    import_capture(&database);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("output");
    let mut command = program();
    command
        .args(["serve", "--no-auth", "--bind", "127.0.0.1:0"])
        .env("DATABASE_URL", database.url_text())
        .env("AUDIT_LOG", "-");
    let output = Stdio::from(File::create(&path).unwrap());
    let mut service = Service::spawn_into(&mut command, output);
    for _ in 0..20 {
        assert_eq!(service.get("/history/user?user=usera").status, 200);
    }
    signal("TERM", service.pid());
    assert_eq!(service.exit_within(Duration::from_secs(30)), Some(0));
    let lines = lines(&path);
    assert_eq!(lines.len(), 20);
    assert!(lines.iter().all(|line| line["caller"] == "anybody"));
}

#[test]
fn an_audit_that_cannot_be_written_is_loud_once_and_stops_nobody() {
    let database = TestDatabase::new();
    import_capture(&database);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let mut child = program()
        .args(["serve", "--no-auth", "--bind", "127.0.0.1:0"])
        .env("DATABASE_URL", database.url_text())
        .env("AUDIT_LOG", "/dev/full")
        .stderr(File::create(&path).unwrap())
        .spawn()
        .unwrap();
    let log = || std::fs::read_to_string(&path).unwrap();
    let patience = Duration::from_secs(20);
    until("the service", patience, || {
        log().contains("listening on http://")
    });
    let said = log();
    let address = said.split_once("listening on http://").unwrap().1;
    let url = format!(
        "http://{}/history/user?user=usera",
        address.split(',').next().unwrap()
    );
    let ask = || ureq::get(&url).call().unwrap().status();
    assert_eq!(ask(), 200);
    until("an error", patience, || log().contains("AUDIT_LOG"));
    for _ in 0..20 {
        assert_eq!(ask(), 200);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(log().matches("AUDIT_LOG").count(), 1, "{}", log());
    assert!(!log().contains("usera"), "{}", log());
}

/// A start whose audit cannot be written.
pub(crate) fn start_in_vain(database: &TestDatabase) -> Output {
    program()
        .args(["serve", "--bind", "127.0.0.1:0"])
        .env("DATABASE_URL", database.url_text())
        .env("AUDIT_LOG", "/no/such/folder/audit")
        .output()
        .unwrap()
}

#[test]
fn a_place_that_cannot_be_written_is_told_at_the_start() {
    let database = TestDatabase::new();
    let output = start_in_vain(&database);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("AUDIT_LOG") && said.contains("/no/such/folder/audit"),
        "{said}"
    );
    assert!(run(&database, &["key", "list"]).status.success());
}
