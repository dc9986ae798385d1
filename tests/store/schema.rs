//! Connections, the pool and migrations.

use call_history::store::{Connection, Pool, connect, migrate, pending, revert_all};
use diesel::QueryableByName;
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::support::TestDatabase;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    value: String,
}

fn dump(conn: &mut Connection) -> Vec<String> {
    let query = match conn {
        Connection::Sqlite(_) => {
            "SELECT name || ' ' || COALESCE(sql, '') AS value FROM sqlite_master \
             WHERE name NOT LIKE '\\_\\_diesel%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
             AND tbl_name NOT LIKE '\\_\\_diesel%' ESCAPE '\\' ORDER BY name"
        }
        Connection::Mysql(_) => {
            "SELECT CONCAT_WS(' ', table_name, column_name, ordinal_position, column_type, \
                 is_nullable, collation_name, generation_expression) AS value \
             FROM information_schema.columns \
             WHERE table_schema = DATABASE() AND table_name NOT LIKE '\\_\\_diesel%' \
             UNION ALL \
             SELECT CONCAT_WS(' ', table_name, index_name, seq_in_index, column_name, non_unique) \
             FROM information_schema.statistics \
             WHERE table_schema = DATABASE() AND table_name NOT LIKE '\\_\\_diesel%' \
             ORDER BY value"
        }
    };
    let lines: Vec<Line> = diesel::sql_query(query).load(conn).unwrap();
    lines.into_iter().map(|line| line.value).collect()
}

#[test]
fn migrations_go_up_down_and_up_to_the_same_schema() {
    let database = TestDatabase::empty();
    let mut conn = database.connect();
    assert!(pending(&mut conn).unwrap());
    assert!(!migrate(&mut conn).unwrap().is_empty());
    assert!(!pending(&mut conn).unwrap());
    assert!(migrate(&mut conn).unwrap().is_empty());
    let first = dump(&mut conn);
    assert!(first.iter().any(|line| line.contains("history")));

    revert_all(&mut conn).unwrap();
    assert_eq!(dump(&mut conn), Vec::<String>::new());

    migrate(&mut conn).unwrap();
    assert_eq!(dump(&mut conn), first);
}

#[test]
fn a_pool_is_there_without_its_database_and_gives_up_soon() {
    let url = "mysql://nobody@127.0.0.1:1/nothing".parse().unwrap();
    let pool = Pool::new(&url, 2);
    let begun = std::time::Instant::now();
    assert!(pool.get().is_err());
    assert!(begun.elapsed() < std::time::Duration::from_secs(10));
}

#[test]
fn a_pools_connection_is_like_any_other() {
    let database = TestDatabase::new();
    let pool = Pool::new(&database.url().into(), 2);
    let mut first = pool.get().unwrap();
    let mut second = pool.get().unwrap();
    assert!(!pending(&mut first).unwrap());
    assert!(!pending(&mut second).unwrap());
}

#[test]
fn a_transaction_left_open_by_a_panic_is_not_lent_again() {
    let database = TestDatabase::new();
    let pool = Pool::new(&database.url().into(), 1);
    let panicking = pool.clone();
    let thread = std::thread::spawn(move || {
        let mut conn = panicking.get().unwrap();
        call_history::store::write(&mut conn, |_| -> QueryResult<()> { panic!("on purpose") })
    });
    assert!(thread.join().is_err());
    let mut conn = pool.get().unwrap();
    let done = call_history::store::write(&mut conn, |_| Ok(()));
    assert_eq!(done, Ok(()));
}

#[test]
fn an_error_message_shows_no_password() {
    let url = "mysql://nobody:secret@127.0.0.1:1/nothing".parse().unwrap();
    let error = connect(&url).err().unwrap();
    assert!(!error.to_string().contains("secret"));
}
