//! Statements of the service that take too long are given up.

use std::time::Duration;

use call_history::model::{Owner, Principal};
use call_history::store::history::{PageQuery, page};
use call_history::store::{Connection, DatabaseUrls, Pool, calls, in_time};
use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;

use crate::made_up::{call, entry};
use crate::support::TestDatabase;

/// Would go on for a minute, or for ever.
fn endless(conn: &mut Connection) -> String {
    let result = match conn {
        Connection::Mysql(_) => {
            // Not SLEEP or BENCHMARK, which end early and say nothing.
            let columns = "information_schema.columns";
            let count = format!(
                "SELECT SUM(LENGTH(a.column_name) * LENGTH(b.column_name) * LENGTH(c.column_name)) \
                 FROM {columns} a, {columns} b, {columns} c"
            );
            diesel::sql_query(count).execute(conn)
        }
        Connection::Sqlite(_) => {
            let count = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) \
                         SELECT COUNT(*) FROM n WHERE in_time()";
            diesel::sql_query(count).execute(conn)
        }
    };
    result.unwrap_err().to_string()
}

#[test]
fn a_statement_that_takes_too_long_is_given_up_and_the_connection_is_good() {
    let database = TestDatabase::new();
    let url: DatabaseUrls = database.url().into();
    let pool = Pool::new(&url, 1);
    let mut conn = pool.get().unwrap();
    let said = in_time::within(Duration::from_millis(300), || endless(&mut conn));
    let reasons = [
        "maximum statement execution time",
        "max_statement_time",
        in_time::TOO_LATE,
    ];
    assert!(reasons.iter().any(|reason| said.contains(reason)), "{said}");
    conn.batch_execute("SELECT 1").unwrap();
}

#[test]
fn a_page_asks_whether_there_is_time_on_sqlite() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    let calls: Vec<_> = (0..10)
        .map(|nr| {
            call(
                &format!("1.{nr}"),
                nr,
                vec![entry(Owner::user("alice"), nr)],
            )
        })
        .collect();
    calls::replace(&mut conn, &calls, &[]).unwrap();
    let readable = Principal::administrator().readable([Owner::user("alice")]);
    let query = PageQuery {
        limit: 5,
        ..PageQuery::default()
    };
    let late = in_time::within(Duration::ZERO, || page(&mut conn, &readable, &query));
    match &conn {
        Connection::Sqlite(_) => {
            let said = late.unwrap_err().to_string();
            assert!(said.contains(in_time::TOO_LATE), "{said}");
        }
        Connection::Mysql(_) => assert_eq!(late.unwrap().len(), 5),
    }
    let in_good_time = in_time::within(Duration::from_secs(60), || {
        page(&mut conn, &readable, &query)
    });
    assert_eq!(in_good_time.unwrap().len(), 5);
    assert_eq!(page(&mut conn, &readable, &query).unwrap().len(), 5);
}
