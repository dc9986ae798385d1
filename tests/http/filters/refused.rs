//! What cannot be asked, what can though it is strange, and how much is counted.

use std::fmt::Write;

use super::in_france;
use crate::support::TestDatabase;
use crate::support::service::{Service, import_capture, import_directory, succeed};

fn refused(service: &Service, path: &str, parameters: &[&str]) -> String {
    let answer = service.get(path);
    assert_eq!(answer.status, 400, "{path}: {}", answer.body);
    let problem = answer.json();
    let errors = problem["errors"].as_array().unwrap();
    let named: Vec<&str> = errors
        .iter()
        .map(|e| e["parameter"].as_str().unwrap())
        .collect();
    assert_eq!(named, parameters, "{path}");
    answer.body
}

#[test]
fn what_contradicts_itself_is_refused_by_both_names() {
    let database = TestDatabase::new();
    let service = in_france(&database);
    for (path, parameters) in [
        (
            "/history/user?user=a&minDuration=9&maxDuration=8",
            &["minDuration", "maxDuration"][..],
        ),
        (
            "/history/user?user=a&from=2026-02-01&until=2026-01-01",
            &["from", "until"],
        ),
        ("/history/queue?name=bl&queue=red", &["queue", "name"]),
        (
            "/history/user?user=a&distinct=peer&order=asc",
            &["distinct", "order"],
        ),
        ("/history/user?user=a&number=06*11", &["number"]),
        ("/history/user?user=a&number=%2B", &["number"]),
        ("/history/user?user=a&number=06%2011%20x", &["number"]),
        ("/history/user?user=a&q=ab&size=10", &["q"]),
        ("/history/user?user=a&q=ab&days=32", &["q"]),
        ("/history/user?user=a&q=%20a", &["q"]),
        ("/history/user?user=a&status=full", &["status"]),
        ("/history/agent?agent=1&agent=2", &["agent"]),
        (
            "/calls?status=emitted&direction=up",
            &["status", "direction"],
        ),
        ("/calls?number=0611a", &["number"]),
        ("/calls?number=%2B33%20six", &["number"]),
        ("/calls?number=00%2B33611223344", &["number"]),
        ("/calls?number=", &["number"]),
        (
            "/calls?queue=&agent=&accountCode=",
            &["queue", "agent", "accountCode"],
        ),
        (
            "/calls?minDuration=-1&maxDuration=1.5",
            &["minDuration", "maxDuration"],
        ),
        (
            "/calls?minDuration=2678401&minWait=%2B5",
            &["minDuration", "minWait"],
        ),
        ("/calls?minWait=1&minWait=2", &["minWait"]),
        ("/calls?hasRecording=1", &["hasRecording"]),
        (
            "/calls?order=up&distinct=queue&include=rows",
            &["order", "distinct", "include"],
        ),
    ] {
        refused(&service, path, parameters);
    }
    let said = refused(&service, "/history/user?user=a&q=ab&size=10", &["q"]);
    assert!(said.contains("31 days") && said.contains("until"), "{said}");
    let said = refused(&service, "/history/user?user=a&number=*44", &["number"]);
    assert!(said.contains("3 digits"), "{said}");
}

#[test]
fn a_hundred_years_and_texts_of_wildcards_are_ordinary() {
    let database = TestDatabase::new();
    import_directory(&database);
    import_capture(&database);
    let service = in_france(&database);
    let years = "from=1926-01-01&until=2126-01-01";
    let all = service.entries(&format!("/history/queue?name=b&{years}"));
    assert!(all.len() > 5);
    let path = format!("/history/queue?name=b&{years}&maxDuration=2678400&order=asc");
    let mut reversed = service.entries(&path);
    reversed.reverse();
    assert_eq!(reversed, all);
    let month = "from=2026-11-01&until=2026-12-01";
    for text in [
        "%25%25", "__", "%25_", "''", "%22%3B", "%5C%5C", "%00%00", "..*",
    ] {
        let path = format!("/history/queue?name=b&{month}&q={text}");
        assert!(service.entries(&path).is_empty(), "{text}");
    }
    let shown = service.entries(&format!("/history/user?user=usera&{month}&q=uSER%20b"));
    assert!(!shown.is_empty());
    for entry in &shown {
        let of = |side: &str| {
            let name = |part: &str| entry[format!("{side}{part}Name")].as_str().unwrap_or("-");
            format!("{} {}", name("First"), name("Last"))
        };
        assert!(of("src") == "User B" || of("dst") == "User B", "{entry}");
    }
}

#[test]
fn a_cursor_of_another_filter_or_order_is_refused() {
    let database = TestDatabase::new();
    import_directory(&database);
    import_capture(&database);
    let service = in_france(&database);
    let path = "/history/queue?name=b&from=2026-11-01&until=2026-12-01&size=2&order=asc&minWait=0";
    let next = service.get(path).next().unwrap();
    assert_eq!(service.get(&next).status, 200);
    // The cursor's first byte is its version.
    let (begin, cursor) = next.split_once("cursor=").unwrap();
    let altered = format!("{begin}cursor={}", cursor.replacen('A', "Z", 1));
    let said = refused(&service, &altered, &["cursor"]);
    assert!(said.contains("version"), "{said}");
    for other in [
        next.replace("order=asc", "order=desc"),
        next.replace("&order=asc", ""),
        next.replace("minWait=0", "minWait=1"),
        next.replace("&minWait=0", ""),
        format!("{next}&distinct=peer"),
        format!("{next}&number=0611"),
        format!("{next}&hasRecording=false"),
        format!("{next}&accountCode=x"),
    ] {
        if other.contains("distinct") {
            // Two things are wrong with it; the first is found before the cursor is looked at.
            refused(&service, &other, &["distinct", "order"]);
        } else {
            refused(&service, &other, &["cursor"]);
        }
    }
}

#[test]
fn more_than_ten_thousand_are_not_counted_and_not_grouped() {
    let database = TestDatabase::new();
    let folder = tempfile::tempdir().unwrap();
    let mut csv = "time,callid,queuename,agent,event\n".to_owned();
    for nr in 0..10_001 {
        let queue = if nr < 10_000 { "blue" } else { "blow" };
        writeln!(csv, "{},{nr}.1,{queue},NONE,FULL", 1_767_225_600 + nr).unwrap();
    }
    let file = folder.path().join("queue_log.csv");
    std::fs::write(&file, csv).unwrap();
    succeed(
        &database,
        &["import", "--queue-log", &file.display().to_string()],
    );
    let service = in_france(&database);
    let total = |query: &str| {
        let answer = service.get(&format!("/history/queue?{query}&size=7&include=total"));
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.header("x-total-count").unwrap().to_owned()
    };
    assert_eq!(total("name=blue"), "10000");
    assert_eq!(total("name=blue&status=full&status=full"), "10000");
    assert_eq!(total("name=bl"), "10000+");
    assert_eq!(total("name=bl&status=full"), "10000+");
    assert_eq!(total("name=bl&status=full&status=closed&queue=blow"), "1");
    assert_eq!(
        total("name=bl&maxDuration=0&until=2026-01-01T00:01:40Z"),
        "100"
    );
    let window = "from=2026-01-01&until=2026-01-01T00:01:40Z";
    assert_eq!(total(&format!("name=bl&{window}&q=nothing")), "0");
    let said = refused(
        &service,
        "/history/queue?name=bl&size=7&distinct=peer",
        &["distinct"],
    );
    assert!(said.contains("10000") && said.contains("narrow"), "{said}");
    // Nobody is known, so each is somebody else.
    let path = "/history/queue?name=blue&size=7&distinct=peer&include=total";
    let answer = service.get(path);
    assert_eq!(answer.header("x-total-count"), Some("10000"));
}
