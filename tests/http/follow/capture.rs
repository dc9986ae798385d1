//! The capture of a real Asterisk, row by row into our own tables.

use call_history::asterisk::{Kind, Record};

use super::{catch_up, insert, moment, rows_of_capture, rows_with_times};
use crate::capture::{compare_served, compare_with};
use crate::channels::{compare_ongoing, with_cel};
use crate::support::TestDatabase;
use crate::support::mariadb::until;
use crate::support::service::{
    Service, capture, import_capture, import_directory, program, succeed,
};

fn follow(database: &TestDatabase) -> Service {
    Service::spawn(
        program()
            .args(["serve", "--follow", "--no-auth", "--bind", "127.0.0.1:0"])
            .env("DATABASE_URL", database.url_text()),
    )
}

#[test]
fn rows_that_asterisk_writes_make_the_histories_that_are_expected() {
    let database = TestDatabase::new();
    import_directory(&database);
    let service = follow(&database);
    let mut conn = database.connect();
    for record in rows_of_capture() {
        insert(&mut conn, &record);
    }
    catch_up(&database);
    compare_served(&service);
    let rebuilt = succeed(&database, &["rebuild"]);
    assert!(rebuilt.contains("calls: 0 new or changed"), "{rebuilt}");
    assert!(rebuilt.contains(" 0 removed"), "{rebuilt}");
    compare_served(&service);
}

#[test]
fn channel_events_tell_what_is_in_progress_and_what_has_no_cdr() {
    let database = TestDatabase::new();
    import_directory(&database);
    let service = follow(&database);
    let mut conn = database.connect();
    let at = moment();
    let (before, after): (Vec<_>, Vec<_>) = rows_with_times(&Kind::ALL)
        .into_iter()
        .partition(|(time, _)| *time < at);
    for (_, record) in &before {
        insert(&mut conn, record);
    }
    catch_up(&database);
    compare_ongoing(&service);
    for (_, record) in &after {
        insert(&mut conn, record);
    }
    catch_up(&database);
    compare_with(&service, &with_cel());
    let rebuilt = succeed(&database, &["rebuild"]);
    assert!(rebuilt.contains("calls: 0 new or changed"), "{rebuilt}");
}

#[test]
fn a_directory_that_is_imported_later_is_taken_up_in_the_background() {
    let database = TestDatabase::new();
    let service = follow(&database);
    let mut conn = database.connect();
    for record in rows_of_capture() {
        insert(&mut conn, &record);
    }
    catch_up(&database);
    // By another way than the import, which folds by itself.
    let users = std::fs::read(capture("directory-users.csv")).unwrap();
    let queues = std::fs::read(capture("directory-queues.csv")).unwrap();
    let users = call_history::ingest::directory::users(&users[..], "default", chrono_tz::Tz::UTC);
    let queues = call_history::ingest::directory::queues(&queues[..]);
    call_history::store::directory::put_queues(&mut conn, &queues.items).unwrap();
    call_history::store::directory::put_users(&mut conn, &users.items).unwrap();
    until("folded again", super::SOON, || {
        !call_history::store::revisions::refold_is_wanted(&mut conn).unwrap()
    });
    compare_served(&service);
}

#[test]
fn what_is_imported_meanwhile_and_what_is_written_beside_it_agree() {
    let database = TestDatabase::new();
    import_directory(&database);
    let service = follow(&database);
    let mut conn = database.connect();
    // Each row twice: by the import, and as Asterisk writes it.
    std::thread::scope(|scope| {
        scope.spawn(|| import_capture(&database));
        for record in rows_of_capture() {
            insert(&mut conn, &record);
        }
    });
    catch_up(&database);
    compare_served(&service);
    let rebuilt = succeed(&database, &["rebuild"]);
    assert!(rebuilt.contains("calls: 0 new or changed"), "{rebuilt}");
}

#[test]
fn a_call_after_a_restart_of_asterisk_is_another_call() {
    let database = TestDatabase::new();
    let service = follow(&database);
    let mut conn = database.connect();
    // Channels and sequence begin anew; only the second in the uniqueid tells them apart.
    for (minute, id) in [("00", "1795392000.0"), ("10", "1795392600.0")] {
        let mut record = Record::new(Kind::Cdr);
        for (column, value) in [
            ("start", format!("2026-11-23 00:{minute}:00").as_str()),
            ("channel", "PJSIP/1000-00000000"),
            ("dstchannel", "PJSIP/1001-00000001"),
            ("lastapp", "Dial"),
            ("src", "1000"),
            ("dst", "1001"),
            ("duration", "20"),
            ("billsec", "10"),
            ("disposition", "ANSWERED"),
            ("uniqueid", id),
            ("linkedid", id),
            ("sequence", "0"),
        ] {
            let position = Kind::Cdr.position(column).unwrap();
            record.set(position, value.to_owned());
        }
        insert(&mut conn, &record);
    }
    catch_up(&database);
    let entries = service.entries("/history/user?user=1001&from=2026-11-01");
    let starts: Vec<&str> = entries
        .iter()
        .map(|e| e["start"].as_str().unwrap())
        .collect();
    assert_eq!(starts, ["2026-11-23 00:10:00", "2026-11-23 00:00:00"]);
}

#[test]
fn whether_it_follows_is_told_beside_readiness() {
    let database = TestDatabase::new();
    let following = follow(&database);
    until("following", super::SOON, || {
        let health = following.get("/health/ready").json();
        health["following"]["state"] == "following"
    });
    let standby = follow(&database);
    until("standby", super::SOON, || {
        let health = standby.get("/health/ready").json();
        health["following"]["state"] == "standby" && health["status"] == "ready"
    });
    let troubles = following.get("/health/ready").json()["following"]["troubles"].clone();
    assert_eq!(troubles, serde_json::json!([]));
    let plain = Service::start(&database);
    assert!(plain.get("/health/ready").json().get("following").is_none());
}
