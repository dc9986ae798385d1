//! Times of several PBXs, and calls over midnight and over the changes of the clock.

use crate::support::TestDatabase;
use crate::support::service::{Service, succeed};

const HEADER: &str =
    "start,answer,end,duration,billsec,channel,dstchannel,disposition,src,dst,uniqueid,linkedid\n";

/// A row of `cdr` with whatever stands in these columns.
fn row(id: &str, [start, answer, end, duration, billsec]: [&str; 5]) -> String {
    format!(
        "{start},{answer},{end},{duration},{billsec},PJSIP/1000-1,PJSIP/1001-2,ANSWERED,1000,1001,{id},{id}\n"
    )
}

fn import(database: &TestDatabase, source: &str, zone: &str, rows: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cdr.csv");
    std::fs::write(&path, format!("{HEADER}{rows}")).unwrap();
    let path = path.display().to_string();
    succeed(
        database,
        &[
            "import",
            "--source",
            source,
            "--timezone",
            zone,
            "--cdr",
            &path,
        ],
    );
}

/// Start and duration of the entries of a learned user.
fn calls(service: &Service, user: &str) -> Vec<(String, i64)> {
    let path = format!("/history/user?user={user}&from=2020-01-01&size=100&tz=UTC");
    let entries = service.entries(&path).into_iter();
    entries
        .map(|entry| {
            let start = entry["startedAt"].as_str().unwrap().to_owned();
            (start, entry["durationSeconds"].as_i64().unwrap())
        })
        .collect()
}

#[test]
fn three_sources_write_three_local_times_of_one_moment() {
    let database = TestDatabase::new();
    for (source, zone, start) in [
        ("paris", "Europe/Paris", "2026-07-01 14:00:00"),
        ("york", "America/New_York", "2026-07-01 08:00:00"),
        ("delhi", "Asia/Kolkata", "2026-07-01 17:30:00"),
    ] {
        import(
            &database,
            source,
            zone,
            &row("1.1", [start, "", "", "30", "25"]),
        );
    }
    let service = Service::start(&database);
    for source in ["paris", "york", "delhi"] {
        let found = calls(&service, &format!("1000@{source}"));
        assert_eq!(
            found,
            [("2026-07-01T12:00:00+00:00".to_owned(), 25)],
            "{source}"
        );
    }
}

#[test]
fn calls_over_midnight_and_over_both_changes_last_as_long_as_they_do() {
    let database = TestDatabase::new();
    let columns = [
        // Over midnight, with an end and with seconds.
        (
            "1.1",
            ["2026-07-01 23:50:00", "", "2026-07-02 00:10:00", "", "1200"],
        ),
        ("1.2", ["2026-07-02 23:50:00", "", "", "1200", "1200"]),
        // Spring: 02:00 is 03:00.
        (
            "1.3",
            ["2026-03-29 01:50:00", "", "2026-03-29 03:10:00", "", "1200"],
        ),
        // Autumn: 03:00 is 02:00 again. The end is before the start.
        (
            "1.4",
            ["2025-10-26 02:50:00", "", "2025-10-26 02:10:00", "", "1200"],
        ),
        (
            "1761439800.5",
            ["2025-10-26 02:50:01", "", "2025-10-26 02:10:01", "", "1200"],
        ),
        // In the second pass, as the channel's epoch tells.
        (
            "1761442200.6",
            ["2025-10-26 02:30:00", "", "2025-10-26 02:50:00", "", "1200"],
        ),
    ];
    let rows: String = columns
        .iter()
        .map(|(id, columns)| row(id, *columns))
        .collect();
    import(&database, "default", "Europe/Paris", &rows);
    let found = calls(&Service::start(&database), "1000");
    let expected = [
        "2026-07-02T21:50:00+00:00",
        "2026-07-01T21:50:00+00:00",
        "2026-03-29T00:50:00+00:00",
        "2025-10-26T01:30:00+00:00",
        "2025-10-26T00:50:01+00:00",
        "2025-10-26T00:50:00+00:00",
    ];
    assert_eq!(found, expected.map(|start| (start.to_owned(), 1200)));
}

#[test]
fn an_answer_that_is_no_time_is_none() {
    let database = TestDatabase::new();
    let mut rows = String::new();
    for (n, answer) in ["", "NULL", "0000-00-00 00:00:00", "1970-01-01 00:00:00"]
        .into_iter()
        .enumerate()
    {
        let start = format!("2026-07-01 12:0{n}:00");
        rows += &row(&format!("1.{n}"), [&start, answer, "", "30", "0"]);
    }
    import(
        &database,
        "default",
        "UTC",
        &rows.replace("ANSWERED", "NO ANSWER"),
    );
    let service = Service::start(&database);
    let path = "/history/user?user=1001&from=2020-01-01";
    let entries = service.entries(path);
    assert_eq!(entries.len(), 4);
    for entry in entries {
        assert_eq!(entry["status"], "missed", "{entry}");
        assert_eq!(entry["durationSeconds"], 0, "{entry}");
    }
}
