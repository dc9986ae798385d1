//! A follower whose database goes away and comes back.

use call_history::store::Connection;
use call_history::store::calls::calls_after;
use call_history::store::connect;
use diesel::connection::SimpleConnection;

use super::{SOON, migrate};
use crate::support::mariadb::{MariaDb, until};
use crate::support::service::{Service, program};

/// A call of one row, as Asterisk writes it.
fn refusal(conn: &mut Connection, number: usize) {
    let text = format!(
        "INSERT INTO `queue_log` (`time`, `callid`, `queuename`, `agent`, `event`) \
         VALUES ('2026-11-23 00:{number:02}:00', '{number}.0', 'blue', 'NONE', 'FULL')"
    );
    conn.batch_execute(&text).unwrap();
}

fn until_calls(conn: &mut Connection, count: usize) {
    until("the calls", SOON, || {
        calls_after(conn, "default", None, 100).unwrap().len() == count
    });
}

fn follow(url: &str) -> Service {
    Service::spawn(
        program()
            .args(["serve", "--follow", "--lease", "2s", "--no-auth"])
            .args(["--bind", "127.0.0.1:0"])
            .env("DATABASE_URL", url),
    )
}

/// A server with our tables, and its URL.
fn server() -> Option<(MariaDb, String)> {
    let server = MariaDb::start()?;
    super::mysql::create(&server, "history");
    let url = server.url("history");
    migrate(&url);
    Some((server, url))
}

#[test]
fn a_database_that_was_killed_is_followed_again() {
    let Some((mut server, url)) = server() else {
        return;
    };
    let service = follow(&url);
    refusal(&mut connect(&url.parse().unwrap()).unwrap(), 1);
    until_calls(&mut connect(&url.parse().unwrap()).unwrap(), 1);
    server.kill();
    until("away", SOON, || service.get("/health/ready").status == 503);
    server.restart();
    let mut conn = connect(&url.parse().unwrap()).unwrap();
    refusal(&mut conn, 2);
    until_calls(&mut conn, 2);
    until("following", SOON, || {
        let health = service.get("/health/ready").json();
        health["following"]["state"] == "following"
            && health["following"]["troubles"] == serde_json::json!([])
    });
}

#[test]
fn a_database_that_froze_for_longer_than_a_lease_is_followed_again() {
    let Some((server, url)) = server() else {
        return;
    };
    let service = follow(&url);
    let mut conn = connect(&url.parse().unwrap()).unwrap();
    refusal(&mut conn, 1);
    until_calls(&mut conn, 1);
    server.freeze();
    until("away", SOON, || service.get("/health/ready").status == 503);
    std::thread::sleep(std::time::Duration::from_secs(3));
    server.thaw();
    refusal(&mut conn, 2);
    until_calls(&mut conn, 2);
    until("following", SOON, || {
        let health = service.get("/health/ready").json();
        health["following"]["state"] == "following"
    });
}

#[test]
fn a_database_that_is_away_or_empty_at_the_start_is_waited_for() {
    let Some(mut server) = MariaDb::start() else {
        return;
    };
    super::mysql::create(&server, "history");
    let url = server.url("history");
    server.kill();
    let mut service = follow(&url);
    server.restart();
    // Not migrated: nothing to follow yet.
    let mut conn = connect(&url.parse().unwrap()).unwrap();
    assert_eq!(
        service.exit_within(std::time::Duration::from_millis(300)),
        None
    );
    migrate(&url);
    refusal(&mut conn, 1);
    until_calls(&mut conn, 1);
}

#[test]
fn a_sqlite_file_that_is_away_is_not_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.db");
    let url = format!("sqlite://{}", path.display());
    let service = follow(&url);
    let mut conn = connect(&url.parse().unwrap()).unwrap();
    refusal(&mut conn, 1);
    until_calls(&mut conn, 1);
    let aside = path.with_extension("aside");
    std::fs::rename(&path, &aside).unwrap();
    until("away", SOON, || service.get("/health/ready").status == 503);
    assert!(!path.exists());
    // A copy in its place, as of a backup: that one is followed from now on.
    std::fs::copy(&aside, &path).unwrap();
    let mut conn = connect(&url.parse().unwrap()).unwrap();
    refusal(&mut conn, 2);
    until_calls(&mut conn, 2);
}
