//! Ids that appear out of order, and ids that never appear.

use call_history::asterisk::{Kind, Record};
use call_history::store::Connection;
use call_history::store::landing::tail::{keys, position, written};
use diesel::connection::SimpleConnection;

use super::{Follow, SOON, catch_up, insert, statement};
use crate::support::TestDatabase;
use crate::support::mariadb::until;

/// A queue's refusal: a call of one row.
fn refusal(number: usize) -> Record {
    let mut record = Record::new(Kind::QueueLog);
    let id = format!("{}.{number}", 1_795_392_000 + number);
    for (column, value) in [
        (
            "time",
            format!("2026-11-23 00:{:02}:00", number % 60).as_str(),
        ),
        ("callid", &id),
        ("queuename", "blue"),
        ("agent", "NONE"),
        ("event", "FULL"),
    ] {
        let position = Kind::QueueLog.position(column).unwrap();
        record.set(position, value.to_owned());
    }
    record
}

fn calls(conn: &mut Connection) -> usize {
    call_history::store::calls::calls_after(conn, "default", None, 1000)
        .unwrap()
        .len()
}

#[test]
fn a_lower_id_that_is_committed_later_is_found() {
    let database = TestDatabase::new();
    let _follower = Follow::start(&database, 10_000);
    let mut conn = database.connect();
    insert(&mut conn, &refusal(0));
    catch_up(&database);
    let mut late = database.connect();
    match &late {
        Connection::Mysql(_) => {
            late.batch_execute("BEGIN").unwrap();
            insert(&mut late, &refusal(1));
            insert(&mut conn, &refusal(2));
            // Nobody sees it, and it can be known all the same.
            let ids = written(&mut conn, Kind::QueueLog, (1, 10), 10).unwrap();
            assert_eq!(ids, [1, 2, 3]);
            let ids = keys(&mut conn, Kind::QueueLog, (1, 10), 10).unwrap();
            assert_eq!(ids.iter().map(|row| row.id).collect::<Vec<_>>(), [1, 3]);
        }
        Connection::Sqlite(_) => {
            let third = statement(&conn, &refusal(2), Some(3));
            conn.batch_execute(&third).unwrap();
        }
    }
    until("the higher id", SOON, || calls(&mut conn) == 2);
    // It is not passed over for good.
    assert_eq!(position(&mut conn, Kind::QueueLog).unwrap(), 1);
    match &late {
        Connection::Mysql(_) => late.batch_execute("COMMIT").unwrap(),
        Connection::Sqlite(_) => {
            let second = statement(&late, &refusal(1), Some(2));
            late.batch_execute(&second).unwrap();
        }
    }
    until("the lower id", SOON, || calls(&mut conn) == 3);
    catch_up(&database);
}

#[test]
fn an_id_that_never_comes_holds_up_nobody() {
    let database = TestDatabase::new();
    let mut follower = Follow::start(&database, 500);
    let mut conn = database.connect();
    insert(&mut conn, &refusal(0));
    for number in 1..20 {
        let id = i64::try_from(number * number).unwrap() + 1;
        let text = statement(&conn, &refusal(number), Some(id));
        conn.batch_execute(&text).unwrap();
    }
    until("all", SOON, || calls(&mut conn) == 20);
    // Another begins before the first id that is missing.
    follower.kill();
    let lone = statement(&conn, &refusal(20), Some(3));
    conn.batch_execute(&lone).unwrap();
    let _next = Follow::start(&database, 500);
    until("the missing one", SOON, || calls(&mut conn) == 21);
}

#[test]
fn a_table_that_was_emptied_is_read_from_its_beginning() {
    let database = TestDatabase::new();
    let _follower = Follow::start(&database, 10_000);
    let mut conn = database.connect();
    for number in 0..5 {
        insert(&mut conn, &refusal(number));
    }
    catch_up(&database);
    let empty = match &conn {
        Connection::Mysql(_) => "TRUNCATE TABLE `queue_log`",
        Connection::Sqlite(_) => {
            "DELETE FROM `queue_log`; DELETE FROM `sqlite_sequence` WHERE `name` = 'queue_log'"
        }
    };
    conn.batch_execute(empty).unwrap();
    insert(&mut conn, &refusal(7));
    until("the new row", SOON, || calls(&mut conn) == 6);
}
