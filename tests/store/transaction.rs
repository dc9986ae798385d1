//! Transactions that the database gives up are run again.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering};

use call_history::store::{Connection, write};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::result::Error;

use crate::support::TestDatabase;

fn bump(conn: &mut Connection, name: &str) -> QueryResult<()> {
    conn.batch_execute(&format!(
        "UPDATE revisions SET value = value + 1 WHERE name = '{name}'"
    ))
}

fn value(conn: &mut Connection, name: &str) -> i64 {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        value: i64,
    }
    let query = format!("SELECT value FROM revisions WHERE name = '{name}'");
    let row: Row = diesel::sql_query(query).get_result(conn).unwrap();
    row.value
}

#[test]
fn both_sides_of_a_deadlock_succeed_in_the_end() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    conn.batch_execute("INSERT INTO revisions (name, value) VALUES ('a', 0), ('b', 0)")
        .unwrap();
    let met = Barrier::new(2);
    let tries = AtomicU32::new(0);
    // On SQLite writers come one after the other, and cannot lock crosswise.
    let crosswise = !database.url().is_sqlite();
    let work = |first: &str, second: &str| {
        let mut before = crosswise;
        write(&mut database.connect(), |conn| {
            tries.fetch_add(1, Ordering::Relaxed);
            bump(conn, first)?;
            if std::mem::take(&mut before) {
                met.wait();
            }
            bump(conn, second)
        })
        .unwrap();
    };
    std::thread::scope(|scope| {
        scope.spawn(|| work("a", "b"));
        scope.spawn(|| work("b", "a"));
    });
    assert_eq!((value(&mut conn, "a"), value(&mut conn, "b")), (2, 2));
    let wanted = if crosswise { 3 } else { 2 };
    assert_eq!(tries.load(Ordering::Relaxed), wanted);
}

#[test]
fn an_error_takes_everything_back_and_is_not_tried_again() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    let mut tries = 0;
    let result: QueryResult<()> = write(&mut conn, |conn| {
        tries += 1;
        bump(conn, "directory")?;
        // Within a transaction it is the same transaction.
        write(conn, |conn| bump(conn, "directory"))?;
        Err(Error::NotFound)
    });
    assert_eq!((result, tries), (Err(Error::NotFound), 1));
    assert_eq!(value(&mut conn, "directory"), 0);
}
