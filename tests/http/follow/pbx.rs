//! A PBX's own database, and its log file, followed by the service: what happens there is served.

use std::io::Write;

use call_history::asterisk::{Kind, Record};
use call_history::store::inspect;
use diesel::MysqlConnection;
use diesel::connection::SimpleConnection;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::{SOON, catch_up, moment, rows_of_capture, rows_with_times};
use crate::capture::{compare_served, compare_with};
use crate::channels::{compare_ongoing, with_cel};
use crate::support::TestDatabase;
use crate::support::mariadb::until;
use crate::support::pbx::{FREEPBX_CDR, PbxDatabase};
use crate::support::service::{Service, capture, import_directory, program, succeed};

/// `serve --follow`, with these settings.
fn follow(database: &TestDatabase, settings: &[(&str, &str)]) -> Service {
    let mut command = program();
    command
        .args([
            "serve",
            "--follow",
            "--no-auth",
            "--bind",
            "127.0.0.1:0",
            "--lease",
            "1s",
        ])
        .env("DATABASE_URL", database.url_text());
    for (name, value) in settings {
        command.env(name, value);
    }
    Service::spawn(&mut command)
}

/// Writes a row as FreePBX has it.
fn write(pbx: &mut MysqlConnection, record: &Record) {
    let columns = record.kind().columns().iter().zip(record.values());
    let (mut names, mut values) = (Vec::new(), Vec::new());
    for (column, value) in columns {
        let name = match (record.kind(), column.name) {
            (Kind::Cdr, "start") => "calldate",
            (Kind::Cdr, "answer" | "end" | "tenantid" | "peertenantid") => continue,
            (_, name) => name,
        };
        if let Some(value) = value {
            names.push(format!("`{name}`"));
            values.push(format!(
                "'{}'",
                value.replace('\\', "\\\\").replace('\'', "''")
            ));
        }
    }
    let (names, values) = (names.join(", "), values.join(", "));
    let table = record.kind().table();
    pbx.batch_execute(&format!(
        "INSERT INTO `{table}` ({names}) VALUES ({values})"
    ))
    .unwrap();
}

/// Waits until so many rows are copied, and all of them folded.
fn until_copied(database: &TestDatabase, rows: usize) {
    let mut conn = database.connect();
    until("copied", SOON, || {
        let of = |kind| {
            inspect::rows_after(&mut conn, kind, i64::MIN, 10_000)
                .unwrap()
                .len()
        };
        let copied: usize = Kind::ALL.map(of).iter().sum();
        assert!(copied <= rows, "{copied} rows of {rows}");
        copied == rows
    });
    catch_up(database);
}

fn assert_rebuild_changes_nothing(database: &TestDatabase) {
    let rebuilt = succeed(database, &["rebuild"]);
    assert!(rebuilt.contains("calls: 0 new or changed"), "{rebuilt}");
    assert!(rebuilt.contains(" 0 removed"), "{rebuilt}");
}

#[test]
fn the_capture_row_by_row_makes_the_histories_that_are_expected() {
    let pbx = PbxDatabase::freepbx();
    let database = TestDatabase::new();
    import_directory(&database);
    let service = follow(&database, &[("SOURCE_DATABASE_URL", &pbx.url())]);
    let mut conn = pbx.connect();
    let rows = rows_of_capture();
    for record in &rows {
        write(&mut conn, record);
        // A pause now and then, so that they come in many steps.
        if record.kind() == Kind::QueueLog && record.get("event") == "ENTERQUEUE" {
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    }
    until_copied(&database, rows.len());
    compare_served(&service);
    assert_rebuild_changes_nothing(&database);
    compare_served(&service);
}

#[test]
fn channel_events_of_a_pbx_tell_what_is_in_progress_and_what_has_no_cdr() {
    let pbx = PbxDatabase::freepbx();
    let database = TestDatabase::new();
    import_directory(&database);
    let service = follow(&database, &[("SOURCE_DATABASE_URL", &pbx.url())]);
    let mut conn = pbx.connect();
    let at = moment();
    let rows = rows_with_times(&Kind::ALL);
    let (before, after): (Vec<_>, Vec<_>) = rows.iter().partition(|(time, _)| *time < at);
    for (_, record) in &before {
        write(&mut conn, record);
    }
    until_copied(&database, before.len());
    compare_ongoing(&service);
    for (_, record) in &after {
        write(&mut conn, record);
    }
    until_copied(&database, rows.len());
    compare_with(&service, &with_cel());
    assert_rebuild_changes_nothing(&database);
}

#[test]
fn a_follower_that_is_killed_again_and_again_loses_and_doubles_nothing() {
    let pbx = PbxDatabase::freepbx();
    let database = TestDatabase::new();
    import_directory(&database);
    let mut conn = pbx.connect();
    let rows = rows_of_capture();
    let mut random = StdRng::seed_from_u64(5);
    let mut left = rows.iter();
    let settings = [("SOURCE_DATABASE_URL", pbx.url())];
    let settings = settings.each_ref().map(|(name, url)| (*name, url.as_str()));
    for _ in 0..5 {
        let service = follow(&database, &settings);
        for record in left.by_ref().take(random.random_range(10..30)) {
            write(&mut conn, record);
            std::thread::sleep(std::time::Duration::from_millis(random.random_range(0..40)));
        }
        // Killed without a word.
        drop(service);
    }
    left.for_each(|record| write(&mut conn, record));
    let service = follow(&database, &settings);
    until_copied(&database, rows.len());
    compare_served(&service);
    assert_rebuild_changes_nothing(&database);
}

#[test]
fn the_queue_log_as_a_file_makes_the_same_histories() {
    let pbx = PbxDatabase::with(&[FREEPBX_CDR]);
    let database = TestDatabase::new();
    import_directory(&database);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("queue_log");
    let mut log = std::fs::File::create(&path).unwrap();
    let service = follow(
        &database,
        &[
            ("SOURCE_DATABASE_URL", &pbx.url()),
            ("SOURCE_QUEUE_LOG_FILE", &path.display().to_string()),
        ],
    );
    let text = std::fs::read_to_string(capture("queue_log")).unwrap();
    let mut lines = text.lines();
    let mut conn = pbx.connect();
    let mut rows = 0;
    let mut rotated = false;
    for record in rows_of_capture() {
        match record.kind() {
            Kind::QueueLog => {
                let line = format!("{}\n", lines.next().unwrap());
                let (first, second) = line.split_at(line.len() / 2);
                log.write_all(first.as_bytes()).unwrap();
                log.write_all(second.as_bytes()).unwrap();
            }
            _ => write(&mut conn, &record),
        }
        rows += 1;
        // What was rotated away before anybody followed is for `import`.
        if rows == 1 {
            until_copied(&database, 1);
        }
        if rows == 60 && !rotated {
            rotated = true;
            std::fs::rename(&path, folder.path().join("queue_log.1")).unwrap();
            log = std::fs::File::create(&path).unwrap();
        }
    }
    assert_eq!(lines.next(), None);
    until_copied(&database, rows);
    compare_served(&service);
    assert_rebuild_changes_nothing(&database);
}

#[test]
fn a_source_in_trouble_stops_no_other_and_health_says_so() {
    let (good, bad) = (PbxDatabase::freepbx(), PbxDatabase::freepbx());
    let database = TestDatabase::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sources.toml");
    let text = format!(
        "[[source]]\nname = \"paris\"\nurl = \"{}\"\nzone = \"Europe/Paris\"\n\
         [[source]]\nname = \"lyon\"\nurl = \"{}\"\n",
        good.url(),
        bad.url_of_user("SELECT")
            .replace(":secret", ":wrong-secret")
    );
    std::fs::write(&file, text).unwrap();
    let service = follow(&database, &[("SOURCES_FILE", &file.display().to_string())]);
    good.run(
        "INSERT INTO `cdr` (calldate, channel, dstchannel, dst, disposition, duration, billsec, uniqueid, linkedid) \
         VALUES ('2026-11-23 01:19:00', 'PJSIP/1000-1', 'PJSIP/1001-2', '1001', 'ANSWERED', 9, 5, '1.1', '1.1')",
    );
    until_copied(&database, 1);
    let path = "/history/user?user=1000@paris&from=2026-11-01";
    until("served", SOON, || service.get(path).status == 200);
    assert_eq!(
        service.entries(path)[0]["startedAt"],
        "2026-11-23T00:19:00+00:00"
    );
    let health = until_troubled(&service);
    assert_eq!(health["name"], "source lyon");
    assert_eq!(health["trouble"], "the PBX's database refuses the login");
}

fn until_troubled(service: &Service) -> serde_json::Value {
    let mut trouble = serde_json::Value::Null;
    until("a trouble", SOON, || {
        let health = service.get("/health/ready");
        assert!(!health.body.contains("secret"), "{}", health.body);
        trouble = health.json()["following"]["troubles"][0].clone();
        !trouble.is_null()
    });
    trouble
}
