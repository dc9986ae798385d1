//! Histories given out whole, as CSV and NDJSON: the same entries as in the pages of JSON.

mod ends;
mod raw;
mod read;

use std::fmt::Write as _;

use diesel::connection::SimpleConnection;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::Value;

use read::{from_csv, from_ndjson, good};

use crate::support::TestDatabase;
use crate::support::service::{Service, import_capture, succeed};

const WINDOW: &str = "from=2026-01-01";

/// Whatever the form, and however it is asked for, the entries are those of the pages.
pub(crate) fn all_forms_are_alike(service: &Service, path: &str) -> usize {
    // An empty text in a history and none are the same in CSV.
    let pages: Vec<Value> = service.walk(&format!("{path}&size=700"));
    let without = path.replace("&format=", "");
    assert_eq!(
        from_csv(good(&service.get(&format!("{without}&format=csv")))),
        pages,
        "{path}"
    );
    let ndjson = service.get(&format!("{without}&format=ndjson"));
    assert_eq!(from_ndjson(good(&ndjson)), pages, "{path}");
    pages.len()
}

#[test]
fn the_histories_of_the_capture_are_the_same_in_every_form() {
    let database = TestDatabase::new();
    import_capture(&database);
    let service = Service::start(&database);
    let mut entries = 0;
    for history in [
        "user?user=usera",
        "user?user=userb&tz=Asia/Kolkata",
        "user?user=userb&answeredElsewhere=include&status=missed",
        "agent?agent=2501",
        "queue?name=bl",
        "queue?name=nothing",
        "customer?number=0699000001",
    ] {
        entries += all_forms_are_alike(&service, &format!("/history/{history}&{WINDOW}"));
    }
    assert!(entries > 20);
}

#[test]
fn names_of_any_kind_come_back_out_of_every_form() {
    let database = TestDatabase::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cdr.csv");
    let mut csv = csv::Writer::from_path(&file).unwrap();
    let columns = [
        "calldate",
        "channel",
        "dstchannel",
        "disposition",
        "duration",
        "billsec",
        "uniqueid",
        "src",
        "dst",
        "clid",
        "lastapp",
        "did",
    ];
    csv.write_record(columns).unwrap();
    let parts = prop::sample::select(vec![
        "=",
        "+",
        "-",
        "@",
        "＝",
        "＋",
        "－",
        "＠",
        "'",
        "\"",
        ";",
        ",",
        "\t",
        "\r",
        "\n",
        "\r\n",
        "cmd|' /C calc'!A0",
        "é",
        "☎️🏳️‍🌈",
        "SUM(A1)",
        " ",
        "+33612345678",
        "0",
        "x",
        "\\",
        "<>",
        "\u{202e}",
        "\u{feff}",
    ]);
    let names = prop::collection::vec(prop::collection::vec(parts, 0..6), 120);
    let mut runner = TestRunner::default();
    let names = names.new_tree(&mut runner).unwrap().current();
    for (nr, name) in names.iter().enumerate() {
        let name = name.concat();
        let minute = format!("2026-01-05 {:02}:{:02}:00", 8 + nr / 60, nr % 60);
        let number = format!("06000000{:02}", nr % 9);
        let [caller, called] = [
            format!("PJSIP/trunk-{nr:08x}"),
            format!("PJSIP/1001-{nr:08x}"),
        ];
        let uniqueid = format!("{}.{nr}", 1_767_600_000 + nr);
        let clid = format!("\"{name}\" <{number}>");
        csv.write_record([
            &*minute, &caller, &called, "ANSWERED", "9", "5", &uniqueid, &number, "1001", &clid,
            "Dial", "0155",
        ])
        .unwrap();
    }
    csv.flush().unwrap();
    drop(csv);
    succeed(&database, &["import", "--cdr", &file.display().to_string()]);
    let hostile = folder.path().join("users.csv");
    let users = "username,first_name,last_name,numbers,endpoints\n\
         1001,\"=HYPERLINK(\"\"http://x\"\")\",\"'-1;=2;@3\",1001,PJSIP/1001\n";
    std::fs::write(&hostile, users).unwrap();
    succeed(
        &database,
        &[
            "directory",
            "import",
            "--users",
            &hostile.display().to_string(),
        ],
    );
    let service = Service::start(&database);
    let path = format!("/history/user?user=1001&{WINDOW}");
    assert_eq!(all_forms_are_alike(&service, &path), names.len());

    // No spreadsheet computes anything of it, not even one that separates by `;` or by tabs.
    let text = service.get(&format!("{path}&format=csv")).body;
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    for row in rows.records() {
        for (nr, cell) in row.unwrap().iter().enumerate() {
            let is_number = |cell: &str| cell[1..].bytes().all(|b| b.is_ascii_digit());
            for begun in cell.split([';', '\t', '\r', '\n']) {
                let is_formula = begun.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
                assert!(
                    !is_formula || begun == cell && is_number(cell),
                    "{nr}: {cell:?}"
                );
            }
        }
    }
    assert!(text.contains("'=HYPERLINK(\"\"http://x\"\")"), "{text}");
}

/// A service with this many visits of the queue blue, and its database.
fn with_visits(doublings: u32, settings: &[(&str, &str)]) -> (TestDatabase, Service) {
    let database = TestDatabase::new();
    let folder = tempfile::tempdir().unwrap();
    let mut log = "time,callid,queuename,agent,event\n".to_owned();
    for second in 0..8 {
        let time = 1_790_000_000 + second;
        writeln!(log, "{time},{time}.1,blue,NONE,FULL").unwrap();
    }
    let file = folder.path().join("queue_log.csv");
    std::fs::write(&file, log).unwrap();
    succeed(
        &database,
        &["import", "--queue-log", &file.display().to_string()],
    );
    // Each time as many more, before those that are there.
    let mut connection = database.connect();
    for doubling in 0..doublings {
        let earlier = 8_000_000_i64 << doubling;
        connection
            .batch_execute(&format!(
                "CREATE TABLE more AS SELECT * FROM history; \
                 UPDATE more SET started_at = started_at - {earlier}; \
                 INSERT INTO history SELECT * FROM more; DROP TABLE more"
            ))
            .unwrap();
    }
    let service = Service::start_with(&database, settings);
    (database, service)
}

fn key(database: &TestDatabase) -> String {
    let printed = succeed(database, &["key", "create", "--scope", "history:all"]);
    printed.trim().to_owned()
}

const BLUE: &str = "/history/queue?name=blue&from=2026-01-01";

#[test]
fn an_export_is_everything_and_a_size_bounds_it() {
    let (database, service) = with_visits(9, &[]);
    let service = service.with_key(&key(&database));
    let all = all_forms_are_alike(&service, BLUE);
    assert_eq!(all, 8 << 9, "several chunks");
    let starts = |path: &str| {
        let entries = from_csv(good(&service.get(path)));
        let start = |entry: &Value| entry["start"].as_str().unwrap().to_owned();
        entries.iter().map(start).collect::<Vec<_>>()
    };
    let whole = starts(&format!("{BLUE}&format=csv"));
    assert!(whole.is_sorted_by(|a, b| a >= b), "newest first");
    for size in [1, 999, 1000] {
        assert_eq!(
            starts(&format!("{BLUE}&format=csv&size={size}")),
            whole[..size]
        );
    }
    // A cursor says where to go on, whatever the form was and is.
    let next = service.get(&format!("{BLUE}&size=50")).next().unwrap();
    assert_eq!(starts(&format!("{next}&format=csv")), whole[50..100]);
    let next = next.replace("size=50&", "");
    assert_eq!(starts(&format!("{next}&format=csv")), whole[50..]);
    // The window holds.
    let until = "&until=2026-09-21T14:13:20Z";
    assert_eq!(starts(&format!("{BLUE}{until}&format=csv")), whole[8..]);
    assert_eq!(
        starts("/history/queue?name=blue&format=csv").len(),
        0,
        "the last ten days"
    );
}

#[test]
fn the_form_is_what_the_request_asks_for() {
    let (database, service) = with_visits(0, &[]);
    let bearer = format!("Bearer {}", key(&database));
    let ask = |method: &str, more: &str, accept: &str| {
        let path = format!("{BLUE}{more}");
        let headers = [("Authorization", &*bearer), ("Accept", accept)];
        service.request(method, &path, &headers)
    };
    const CSV: &str = "text/csv; charset=utf-8; header=present";
    const NDJSON: &str = "application/x-ndjson";
    const JSON: &str = "application/json";
    for (more, accept, kind) in [
        ("", "*/*", JSON),
        ("", "text/csv", CSV),
        ("", "application/x-ndjson", NDJSON),
        (
            "",
            "application/x-ndjson;q=0.4, text/csv;q=0.5, text/html",
            CSV,
        ),
        ("&format=json", "text/csv", JSON),
        ("&format=csv", "application/json", CSV),
        ("&format=ndjson", "text/html", NDJSON),
    ] {
        let answer = ask("GET", more, accept);
        assert_eq!(answer.status, 200, "{more} {accept}: {}", answer.body);
        assert_eq!(answer.header("content-type"), Some(kind), "{more} {accept}");
        let file = match kind {
            CSV => Some("attachment; filename=\"call-history-queue.csv\""),
            NDJSON => Some("attachment; filename=\"call-history-queue.ndjson\""),
            _ => None,
        };
        assert_eq!(answer.header("content-disposition"), file);
        let vary = answer.header("vary").unwrap();
        assert_eq!(vary, "Accept, Accept-Encoding, Authorization, X-API-Key");
        assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
        // Without a body, and otherwise the same.
        let head = ask("HEAD", more, accept);
        assert_eq!((head.status, &*head.body), (200, ""));
        for name in [
            "content-type",
            "content-disposition",
            "vary",
            "content-length",
        ] {
            assert_eq!(head.header(name), answer.header(name), "{name}");
        }
    }
    for accept in [
        "text/html",
        "csv",
        "text/csv;q=0",
        "*/*;q=0",
        "application/*;q=0",
    ] {
        for method in ["GET", "HEAD"] {
            let refused = ask(method, "", accept);
            assert_eq!(refused.status, 406, "{accept}");
            assert_eq!(
                refused.header("content-type"),
                Some("application/problem+json")
            );
            assert!(refused.header("x-request-id").is_some());
        }
        let problem = ask("GET", "", accept).json();
        assert_eq!(problem["type"], "urn:call-history:problem:not-acceptable");
        let detail = problem["detail"].as_str().unwrap();
        for made in ["application/json", "text/csv", NDJSON] {
            assert!(detail.contains(made), "{detail}");
        }
    }
    for bad in [
        "format=xml",
        "format=",
        "format=CSV",
        "format=csv&format=csv",
    ] {
        let refused = ask("GET", &format!("&{bad}"), "*/*");
        assert_eq!(refused.status, 400, "{bad}");
        assert_eq!(refused.json()["errors"][0]["parameter"], "format", "{bad}");
    }
    // What is wrong is said before anything is sent, in whatever form that would be.
    for (path, status) in [
        ("/history/user?user=nobody&format=csv", 404),
        ("/history/user?format=csv", 400),
        ("/history/queue?name=&format=csv", 400),
    ] {
        for method in ["GET", "HEAD"] {
            let answer = service.request(method, path, &[("Authorization", &bearer)]);
            assert_eq!(answer.status, status, "{method} {path}");
            assert_eq!(
                answer.header("content-type"),
                Some("application/problem+json")
            );
        }
        assert_eq!(service.send("GET", path).status, 401, "{path}");
    }
    let empty = service.request(
        "GET",
        "/history/customer?number=1&format=csv",
        &[("Authorization", &bearer)],
    );
    assert!(good(&empty).starts_with("start,duration,status,callId,srcNum,"));
    assert_eq!(empty.body.lines().count(), 1);
}
