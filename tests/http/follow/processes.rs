//! Followers that are killed, stopped, and beside each other.

use std::process::Command;
use std::time::Duration;

use call_history::store::Connection;
use call_history::store::lease;
use diesel::connection::SimpleConnection;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::{Follow, SOON, catch_up, insert, rows_of_capture};
use crate::capture::compare;
use crate::support::TestDatabase;
use crate::support::mariadb::{signal, until};
use crate::support::service::{import_directory, succeed};

/// How often a follower is killed. Each time the next waits for the lease of the last.
const ROUNDS: usize = 6;

#[test]
fn a_follower_that_is_killed_again_and_again_loses_nothing_and_doubles_nothing() {
    let database = TestDatabase::new();
    import_directory(&database);
    let mut random = StdRng::seed_from_u64(20_261_123);
    let rows = rows_of_capture();
    let mut conn = database.connect();
    for part in rows.chunks(rows.len() / ROUNDS + 1) {
        let mut follower = Follow::start(&database, 500);
        follower.until_said("this process follows");
        for record in part {
            insert(&mut conn, record);
            std::thread::sleep(Duration::from_millis(random.random_range(0..30)));
        }
        follower.kill();
    }
    let _last = Follow::start(&database, 500);
    catch_up(&database);
    compare(&database);
    let rebuilt = succeed(&database, &["rebuild"]);
    assert!(rebuilt.contains("calls: 0 new or changed"), "{rebuilt}");
    assert!(rebuilt.contains(" 0 removed"), "{rebuilt}");
}

#[test]
fn of_two_followers_the_other_takes_over_and_who_wakes_up_writes_nothing() {
    let database = TestDatabase::new();
    import_directory(&database);
    let rows = rows_of_capture();
    let (first_rows, rest) = rows.split_at(40);
    let (stopped_rows, rest) = rest.split_at(40);
    let (woken_rows, killed_rows) = rest.split_at(25);
    let mut conn = database.connect();
    let put = |conn: &mut Connection, rows: &[_]| {
        for record in rows {
            insert(conn, record);
        }
        catch_up(&database);
    };
    let first = Follow::start(&database, 1000);
    first.until_said("this process follows");
    let mut second = Follow::start(&database, 1000);
    second.until_said("standing by");
    put(&mut conn, first_rows);
    let holder = lease::holder(&mut conn).unwrap();

    stop_while_idle(&first, &mut conn);
    put(&mut conn, stopped_rows);
    second.until_said("this process follows");
    let taken = lease::holder(&mut conn).unwrap();
    assert_ne!(taken, holder);
    signal("CONT", first.pid());
    first.until_said("standing by");
    put(&mut conn, woken_rows);
    assert_eq!(lease::holder(&mut conn).unwrap(), taken);

    second.kill();
    put(&mut conn, killed_rows);
    assert_eq!(lease::holder(&mut conn).unwrap(), holder);
    compare(&database);
}

/// Stops a process. On SQLite one that is stopped within a transaction locks the file, which
/// nobody can help; then it is stopped a little later.
fn stop_while_idle(follower: &Follow, conn: &mut Connection) {
    until("stopped while idle", SOON, || {
        signal("STOP", follower.pid());
        let is_idle = match conn {
            Connection::Mysql(_) => true,
            Connection::Sqlite(_) => {
                conn.batch_execute("PRAGMA busy_timeout = 0").unwrap();
                let is_idle = conn.batch_execute("BEGIN IMMEDIATE; COMMIT").is_ok();
                conn.batch_execute("PRAGMA busy_timeout = 10000").unwrap();
                is_idle
            }
        };
        if !is_idle {
            signal("CONT", follower.pid());
        }
        is_idle
    });
}

#[test]
fn a_follower_that_is_told_to_stop_gives_the_lease_up() {
    let database = TestDatabase::new();
    let mut follower = Follow::start(&database, 300_000);
    follower.until_said("this process follows");
    signal("TERM", follower.pid());
    let mut status = None;
    until("its end", SOON, || {
        status = follower.child.try_wait().unwrap();
        status.is_some()
    });
    assert!(status.unwrap().success(), "{}", follower.said());
    assert_eq!(lease::holder(&mut database.connect()).unwrap(), None);
    // So nobody waits those five minutes.
    let next = Follow::start(&database, 1000);
    next.until_said("this process follows");
}

#[test]
fn a_lease_has_a_sensible_length() {
    for length in ["0s", "1", "100ms", "1h", "6m"] {
        let output = Command::new(env!("CARGO_BIN_EXE_call-history"))
            .args(["follow", "--lease", length])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(64), "{length}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("500ms"), "{said}");
    }
}
