//! How exports end: who leaves, who does not read, what fails, and when the service stops.

use std::io::Read;
use std::path::Path;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use serde_json::Value;

use super::raw::Raw;
use super::{BLUE, key, with_visits};
use crate::support::mariadb::{signal, until};
use crate::support::service::{Service, succeed};

/// So many doublings are more than fits into the buffers between the service and a client.
const MANY: u32 = 13;
const ENTRIES: usize = 8 << MANY;

fn export(service: &Service, key: &str) -> Raw {
    let bearer = format!("Bearer {key}");
    let path = format!("{BLUE}&format=ndjson");
    Raw::ask(service, &path, &[("Authorization", &bearer)])
}

/// What the audit says of exports, once there are so many of them.
fn audited(path: &Path, count: usize) -> Vec<Value> {
    let lines = || -> Vec<Value> {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let lines = text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        lines.filter(|line: &Value| line["status"] == 200).collect()
    };
    until("the audit", Duration::from_secs(60), || {
        lines().len() >= count
    });
    lines()
}

#[test]
fn who_reads_to_the_end_gets_all_and_who_leaves_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let audit = folder.path().join("audit");
    let (database, service) = with_visits(MANY, &[("AUDIT_LOG", &audit.display().to_string())]);
    let key = key(&database);
    let whole = export(&service, &key);
    assert_eq!(whole.status(), 200);
    let body = whole.body();
    assert_eq!(body.iter().filter(|byte| **byte == b'\n').count(), ENTRIES);
    let lines = audited(&audit, 1);
    assert_eq!(lines[0]["entries"], ENTRIES, "{}", lines[0]);
    assert_eq!(lines[0]["export"], "ndjson");
    assert_eq!(lines[0]["owner"]["name"], "blue");

    // Compressed, it is the same in fewer bytes.
    let bearer = format!("Bearer {key}");
    let path = format!("{BLUE}&format=ndjson");
    let headers = [("Authorization", &*bearer), ("Accept-Encoding", "gzip")];
    let packed = Raw::ask(&service, &path, &headers);
    assert!(
        packed
            .text()
            .to_lowercase()
            .contains("content-encoding: gzip")
    );
    let packed = packed.body();
    assert!(packed.len() < body.len() / 4);
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(&*packed)
        .read_to_end(&mut unpacked)
        .unwrap();
    assert!(unpacked == body);

    // More than a client may have at once, one after the other: each leaves its place.
    for _ in 0..6 {
        drop(export(&service, &key));
    }
    let lines = audited(&audit, 8);
    for line in &lines[2..] {
        assert!(line["entries"].as_u64().unwrap() < ENTRIES as u64, "{line}");
    }
}

#[test]
fn a_client_has_some_exports_at_a_time_and_all_else_is_answered() {
    let (database, service) = with_visits(MANY, &[]);
    let key = key(&database);
    let open: Vec<Raw> = (0..4).map(|_| export(&service, &key)).collect();
    let one_more = export(&service, &key);
    assert_eq!(one_more.status(), 429, "{}", one_more.text());
    assert!(one_more.text().to_lowercase().contains("retry-after: 1"));
    assert_eq!(service.get_as(&key, &format!("{BLUE}&size=5")).status, 200);
    let other = succeed(
        &database,
        &["key", "create", "--scope", "history:queue:blue"],
    );
    assert_eq!(export(&service, other.trim()).status(), 200);
    drop(open);
    until("a place", Duration::from_secs(60), || {
        export(&service, &key).status() == 200
    });
}

#[test]
fn who_reads_a_byte_now_and_then_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let audit = folder.path().join("audit");
    let settings = [
        ("AUDIT_LOG", &*audit.display().to_string()),
        ("SEND_TIMEOUT", "1"),
    ];
    let (database, service) = with_visits(MANY, &settings);
    let mut slow = export(&service, &key(&database));
    until("the end of it", Duration::from_secs(60), || {
        slow.read(1);
        audit.exists()
    });
    let line = audited(&audit, 1).remove(0);
    assert!(line["entries"].as_u64().unwrap() < ENTRIES as u64, "{line}");
    assert!(!slow.ends_well(), "a part is not taken for the whole");
}

#[test]
fn an_export_that_fails_on_the_way_does_not_end_well() {
    let (database, service) = with_visits(MANY, &[]);
    let key = key(&database);
    let broken = export(&service, &key);
    let mut connection = database.connect();
    connection
        .batch_execute("ALTER TABLE history RENAME TO elsewhere")
        .unwrap();
    assert!(!broken.ends_well());
    // What fails before anything is sent is an error as any other; HEAD reads nothing.
    let bearer = [("Authorization", &*format!("Bearer {key}"))];
    let path = format!("{BLUE}&format=csv");
    assert_eq!(service.request("GET", &path, &bearer).status, 500);
    assert_eq!(service.request("HEAD", &path, &bearer).status, 200);
}

#[test]
fn when_the_service_stops_an_export_is_waited_for_and_then_broken_off() {
    let (database, mut service) = with_visits(MANY, &[]);
    let key = key(&database);
    // Not all: what is left of the time must be enough on a busy machine.
    let bearer = format!("Bearer {key}");
    let path = "/history/queue?name=blue&from=2026-09-21T12:00:00Z&format=ndjson";
    let quick = Raw::ask(&service, path, &[("Authorization", &bearer)]);
    assert_eq!(quick.status(), 200, "{}", quick.text());
    let stuck = export(&service, &key);
    signal("TERM", service.pid());
    assert!(quick.ends_well(), "who reads gets all");
    assert!(service.exit_within(Duration::from_secs(60)).is_some());
    assert!(!stuck.ends_well());
}
