//! What Asterisk boxes really hold. Each case stands between two good rows: these are kept,
//! what is bad is told with its line, and the service answers.

use std::fmt::Write;

use crate::support::TestDatabase;
use crate::support::service::{Service, run, succeed};

const CDR: &str = "calldate,clid,src,dst,channel,dstchannel,lastapp,lastdata,duration,billsec,disposition,uniqueid,linkedid,sequence";

/// A good row; the cases change one of its fields.
fn row(changes: &[(&str, &str)]) -> String {
    let mut fields = [
        ("calldate", "2026-11-23 10:00:00"),
        ("clid", "\"\"\"An\"\" <100>\""),
        ("src", "100"),
        ("dst", "101"),
        ("channel", "PJSIP/100-1"),
        ("dstchannel", "PJSIP/101-2"),
        ("lastapp", "Dial"),
        ("lastdata", "\"PJSIP/101,30\""),
        ("duration", "9"),
        ("billsec", "5"),
        ("disposition", "ANSWERED"),
        ("uniqueid", "9.9"),
        ("linkedid", "9.9"),
        ("sequence", "1"),
    ];
    for (name, value) in changes {
        fields.iter_mut().find(|(n, _)| n == name).unwrap().1 = value;
    }
    fields.map(|(_, value)| value).join(",")
}

fn good(n: &str) -> String {
    row(&[
        ("uniqueid", n),
        ("linkedid", n),
        ("dstchannel", "PJSIP/199-1"),
    ])
}

struct Outcome {
    bad: usize,
    errors: String,
    service: Service,
    database: TestDatabase,
}

/// Imports a file of these bytes between two good rows.
fn between_good_rows(middle: &[u8], line_end: &str) -> Outcome {
    let database = TestDatabase::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cdr.csv");
    let mut bytes = [CDR, &good("1.1")].join(line_end).into_bytes();
    bytes.extend(line_end.as_bytes());
    bytes.extend(middle);
    bytes.extend(line_end.as_bytes());
    bytes.extend(good("1.2").as_bytes());
    std::fs::write(&file, bytes).unwrap();
    let output = run(&database, &["import", "--cdr", &file.display().to_string()]);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let bad = errors
        .lines()
        .filter(|line| line.contains("cdr.csv:"))
        .count();
    assert_eq!(
        output.status.code(),
        Some(if bad > 0 { 2 } else { 0 }),
        "{errors}"
    );
    let service = Service::start(&database);
    let kept = service.entries("/history/user?user=199&size=9").len();
    assert_eq!(kept, 2, "good rows were lost: {errors}");
    let rebuilt = succeed(&database, &["rebuild"]);
    assert!(rebuilt.contains("calls: 0 new or changed"), "{rebuilt}");
    Outcome {
        bad,
        errors,
        service,
        database,
    }
}

/// The entry that the case's own row gave user 101.
fn entry(outcome: &Outcome) -> serde_json::Value {
    let entries = outcome.service.entries("/history/user?user=101&size=9");
    assert_eq!(entries.len(), 1, "{}", outcome.errors);
    entries[0].clone()
}

#[test]
fn rows_that_are_understood_in_spite_of_all() {
    for (what, changes, status, duration) in [
        ("a NUL byte", vec![("clid", "An\0na")], "answered", 5),
        ("an empty linkedid", vec![("linkedid", "")], "answered", 5),
        (
            "no ids at all",
            vec![("linkedid", ""), ("uniqueid", "")],
            "answered",
            5,
        ),
        (
            "a system name",
            vec![("uniqueid", "pbx-paris-1795393087.0")],
            "answered",
            5,
        ),
        (
            "a negative duration",
            vec![("duration", "-3600"), ("billsec", "-1")],
            "answered",
            0,
        ),
        (
            "more billed than it lasted",
            vec![("billsec", "500")],
            "answered",
            9,
        ),
        (
            "fractions",
            vec![("duration", "9.75"), ("billsec", "5.25")],
            "answered",
            5,
        ),
        (
            "the word NULL",
            vec![("duration", "NULL"), ("billsec", "\\N")],
            "answered",
            0,
        ),
        ("NOANSWER", vec![("disposition", "NOANSWER")], "missed", 0),
        ("a number", vec![("disposition", "8")], "answered", 5),
        (
            "an unknown disposition",
            vec![("disposition", "WHATEVER")],
            "missed",
            0,
        ),
        ("a dialplan word", vec![("dst", "s")], "answered", 5),
        ("the hangup extension", vec![("dst", "h")], "answered", 5),
        ("a mailbox", vec![("dst", "vmu1001")], "answered", 5),
        (
            "a sequence that is none",
            vec![("sequence", "x")],
            "answered",
            5,
        ),
        (
            "a channel without /",
            vec![("channel", "nonsense")],
            "answered",
            5,
        ),
        (
            "a time with T",
            vec![("calldate", "2026-11-23T10:00:00")],
            "answered",
            5,
        ),
        ("an epoch", vec![("calldate", "1795428000")], "answered", 5),
    ] {
        let outcome = between_good_rows(row(&changes).as_bytes(), "\n");
        assert_eq!(outcome.bad, 0, "{what}: {}", outcome.errors);
        let entry = entry(&outcome);
        assert_eq!(entry["status"], status, "{what}: {entry}");
        assert_eq!(entry["durationSeconds"], duration, "{what}: {entry}");
        assert_eq!(entry["start"], "2026-11-23 10:00:00", "{what}: {entry}");
    }
}

#[test]
fn rows_that_are_not_understood_are_told_and_left_out() {
    // The reason as the import tells it, and a part of it that `doctor`, which hides what may
    // be a telephone number, tells as well.
    for (what, line, reason) in [
        (
            "no date",
            row(&[("calldate", "0000-00-00 00:00:00")]),
            "start: missing",
        ),
        (
            "1970",
            row(&[("calldate", "1970-01-01 00:00:00")]),
            "start: missing",
        ),
        ("no time", row(&[("calldate", "NULL")]), "start: missing"),
        ("a word", row(&[("calldate", "yesterday")]), "is no time"),
        (
            "an absurd duration",
            row(&[("duration", "99999999999")]),
            "too long",
        ),
        (
            "a word for seconds",
            row(&[("billsec", "five")]),
            "no number of seconds",
        ),
        (
            "a line cut off",
            "2026-11-23 10:00:00,\"x".to_owned(),
            "not closed",
        ),
        (
            "half a line",
            "2026-11-23 10:00:00,1".to_owned(),
            "2 fields",
        ),
        (
            "a field of 10 MiB",
            row(&[("lastdata", &"x".repeat(10 << 20))]),
            "bytes",
        ),
        (
            "a long field",
            row(&[("lastdata", &"x".repeat(2000))]),
            "lastdata has 2000",
        ),
        ("100,000 columns", ",".repeat(99_999), "100000 fields"),
    ] {
        let told = reason.trim_end_matches(|c: char| c.is_ascii_digit());
        let told = told.trim_start_matches(|c: char| c.is_ascii_digit()).trim();
        let outcome = between_good_rows(line.as_bytes(), "\n");
        assert_eq!(outcome.bad, 1, "{what}: {}", outcome.errors);
        assert!(
            outcome.errors.contains("cdr.csv:3: "),
            "{what}: {}",
            outcome.errors
        );
        assert!(
            outcome.errors.contains(reason),
            "{what}: {}",
            outcome.errors
        );
        assert_eq!(
            outcome.service.get("/history/user?user=101").status,
            404,
            "{what}"
        );
        let doctor = run(&outcome.database, &["doctor"]);
        let found = String::from_utf8_lossy(&doctor.stdout);
        assert!(found.contains(told), "{what}: doctor says {found}");
    }
}

#[test]
fn bytes_of_other_systems() {
    let line = row(&[("clid", "Jos?")]).into_bytes();
    let latin: Vec<u8> = line
        .iter()
        .map(|b| if *b == b'?' { 0xe9 } else { *b })
        .collect();
    let outcome = between_good_rows(&latin, "\r\n");
    assert_eq!(outcome.bad, 0, "{}", outcome.errors);
    assert_eq!(entry(&outcome)["durationSeconds"], 5);
}

#[test]
fn a_row_that_comes_twice_is_one_call() {
    let twice = [row(&[]), row(&[]), row(&[("clid", "\"Another\" <1>")])].join("\n");
    let outcome = between_good_rows(twice.as_bytes(), "\n");
    assert_eq!(entry(&outcome)["durationSeconds"], 5);
}

#[test]
fn queue_events_of_all_kinds_of_disorder() {
    let database = TestDatabase::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("queue_log");
    let mut log = String::new();
    let mut event = |second: i64, callid: &str, rest: &str| {
        writeln!(log, "{}|{callid}|{rest}", 1_795_428_000 + second).unwrap();
    };
    event(0, "a.1", "blue|NONE|ABANDON|1|1|9"); // without its beginning
    event(1, "b.1", "blue|NONE|ENTERQUEUE||0611223344|1"); // without its end
    event(2, "c.1", "blue|NONE|ENTERQUEUE"); // without data
    event(4, "c.1", "blue|NONE|ABANDON|||");
    event(5, "d.1", "blue|NONE|ENTERQUEUE||0611223344|1|a|b|c|d|e|f|g"); // with too much
    event(9, "d.1", "blue|NONE|ABANDON|1|1|4|x|y|z");
    event(10, "e.1", "blue|NONE|SOMETHINGNEW|1|2|3"); // under an unknown name
    event(20, "f.1", "blue|NONE|ABANDON|1|1|3"); // times going backwards
    event(17, "f.1", "blue|NONE|ENTERQUEUE||0611223344|1");
    event(30, "g.1", "blue|NONE|ENTERQUEUE||0611223344|1");
    event(33, "g.1", "blue|Agent/1|RINGNOANSWER|-5");
    event(34, "g.1", "blue|Agent/1|CONNECT|x|y|z");
    event(
        36,
        "g.1",
        "blue|Agent/1|COMPLETEAGENT|-4|99999999999999999999|",
    );
    event(50, "i.1", "blue|NONE|FULL|");
    log += "not a line of a queue log\n1795428040|half\n|||||\nyesterday|h.1|blue|NONE|FULL|\n";
    std::fs::write(&file, log).unwrap();
    let output = run(
        &database,
        &["import", "--queue-log", &file.display().to_string()],
    );
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert_eq!(
        errors.lines().filter(|l| l.contains("queue_log:")).count(),
        4,
        "{errors}"
    );
    let service = Service::start(&database);
    let visits = service.entries("/history/queue?name=blue&size=50");
    let shown: Vec<(i64, &str, i64, i64)> = visits
        .iter()
        .rev()
        .map(|visit| {
            let start = visit["start"].as_str().unwrap();
            let second: i64 = start.rsplit(':').next().unwrap().parse().unwrap();
            let number = |name: &str| visit[name].as_i64().unwrap_or(-1);
            (
                second,
                visit["status"].as_str().unwrap(),
                number("waitSeconds"),
                number("durationSeconds"),
            )
        })
        .filter(|(_, status, _, _)| *status != "ongoing")
        .collect();
    assert_eq!(
        shown,
        [
            (2, "abandoned", 2, 0),
            (5, "abandoned", 4, 0),
            (17, "abandoned", 3, 0),
            (30, "answered", 4, 2),
            (50, "full", 0, 0),
        ],
    );
}
