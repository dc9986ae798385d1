//! A SQLite file that is locked, deleted, replaced, and there again.

use std::path::PathBuf;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::{Connection as _, SqliteConnection};

use super::{HISTORY, SOON, assert_away, assert_heals, serve, timely};
use crate::support::TestDatabase;
use crate::support::mariadb::until;

/// The file of the database; None in the round with MariaDB.
fn file(database: &TestDatabase) -> Option<PathBuf> {
    let url = database.url_text();
    url.strip_prefix("sqlite://").map(PathBuf::from)
}

#[test]
fn a_file_that_somebody_has_locked_is_a_503_until_it_is_free() {
    let database = TestDatabase::new();
    let Some(path) = file(&database) else {
        return;
    };
    let service = serve(&database.url_text());
    assert_heals(&service);
    // Readers cannot be locked out of a file in WAL mode, which ours is. A copy is not.
    let copy = path.with_extension("copy").display().to_string();
    let vacuum = format!("VACUUM INTO '{copy}'");
    database.connect().batch_execute(&vacuum).unwrap();
    let mut other = SqliteConnection::establish(&copy).unwrap();
    other.batch_execute("BEGIN EXCLUSIVE").unwrap();
    std::fs::rename(&copy, &path).unwrap();
    until("a 503", SOON, || timely(&service, HISTORY).status == 503);
    assert_away(&service);
    other.batch_execute("COMMIT").unwrap();
    assert_heals(&service);
}

#[test]
fn a_file_that_is_deleted_is_no_empty_history_and_is_not_made_anew() {
    let database = TestDatabase::new();
    let Some(path) = file(&database) else {
        return;
    };
    let service = serve(&database.url_text());
    assert_heals(&service);
    let aside = path.with_extension("aside");
    std::fs::rename(&path, &aside).unwrap();
    until("a 503", SOON, || timely(&service, HISTORY).status == 503);
    assert_away(&service);
    assert!(!path.exists());
    std::fs::rename(&aside, &path).unwrap();
    assert_heals(&service);
}

#[test]
fn a_file_that_is_replaced_is_read_anew_and_nonsense_in_its_place_is_an_error() {
    let database = TestDatabase::new();
    let Some(path) = file(&database) else {
        return;
    };
    let service = serve(&database.url_text());
    assert_heals(&service);
    let aside = path.with_extension("aside");
    std::fs::rename(&path, &aside).unwrap();
    std::fs::write(&path, "this is no database, but a text of some length").unwrap();
    until("an error", SOON, || {
        let status = timely(&service, HISTORY).status;
        assert!([200, 500, 503].contains(&status), "{status}");
        status != 200
    });
    assert!(timely(&service, "/health/ready").status == 503);
    let live = std::time::Instant::now();
    assert_eq!(service.get("/health/live").status, 200);
    assert!(live.elapsed() < Duration::from_secs(2));
    std::fs::rename(&aside, &path).unwrap();
    assert_heals(&service);
}

#[test]
fn a_file_that_may_only_be_read_is_read() {
    let database = TestDatabase::new();
    let Some(path) = file(&database) else {
        return;
    };
    let service = serve(&database.url_text());
    assert_heals(&service);
    let mut permissions = std::fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&path, permissions).unwrap();
    let answer = timely(&service, HISTORY);
    assert!([200, 500, 503].contains(&answer.status), "{}", answer.body);
}
