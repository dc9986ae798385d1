//! How the databases find a page, as they explain it.

use call_history::model::{Direction, NumberForm, Owner, Principal, Readable, Status};
use call_history::store::Connection;
use call_history::store::calls::replace;
use call_history::store::history::{Filter, Order, PageQuery, page};
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};

use crate::made_up::{call, entry, time};
use crate::statements::Statements;
use crate::support::TestDatabase;

#[derive(QueryableByName)]
struct SqlitePlan {
    #[diesel(sql_type = Text)]
    detail: String,
}

#[derive(QueryableByName, Debug)]
struct MysqlPlan {
    #[diesel(sql_type = Text)]
    table: String,
    #[diesel(sql_type = Nullable<Text>, column_name = "type")]
    access: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    key: Option<String>,
    #[diesel(sql_type = Nullable<Text>, column_name = "Extra")]
    extra: Option<String>,
}

/// 5500 calls of a user, a queue and a customer.
fn filled() -> (TestDatabase, Connection) {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    let calls: Vec<_> = (0..5500)
        .map(|nr| {
            let owners = [
                Owner::user("alice"),
                Owner::queue("blue"),
                Owner::customer("0611"),
            ];
            let mut entries = owners.map(|owner| entry(owner, nr / 2));
            if nr % 100 == 0 {
                entries[1].status = Status::Full;
            }
            let entries = entries.to_vec();
            call(&format!("1.{nr}"), nr / 2, entries)
        })
        .collect();
    replace(&mut conn, &calls, &[]).unwrap();
    if !database.url().is_sqlite() {
        diesel::sql_query("ANALYZE TABLE history")
            .execute(&mut conn)
            .unwrap();
    }
    (database, conn)
}

fn of(owner: Owner) -> Readable {
    Principal::administrator().readable([owner])
}

/// The one statement on the history that a page is.
fn statement(conn: &mut Connection, readable: &Readable, query: &PageQuery) -> String {
    let statements = Statements::of(conn);
    assert_eq!(page(conn, readable, query).unwrap().len(), query.limit);
    let mut ran = statements.take();
    // How many rows have a status is counted before, up to a limit.
    ran.retain(|text| text.contains("`history`") && !text.starts_with("SELECT COUNT(*)"));
    match ran.as_slice() {
        [only] => only.clone(),
        several => panic!("one scan of the history, not {several:?}"),
    }
}

#[test]
fn a_page_without_filters_is_one_range_scan_of_the_primary_key() {
    let (database, mut conn) = filled();
    let alice = of(Owner::user("alice"));
    let first = PageQuery {
        limit: 20,
        ..PageQuery::default()
    };
    let lines = page(&mut conn, &alice, &first).unwrap();
    let next = PageQuery {
        after: Some(lines[19].position()),
        ..first.clone()
    };
    let narrow = PageQuery {
        from: Some(time(10)),
        until: Some(time(1400)),
        ..next.clone()
    };
    let upwards = PageQuery {
        order: Order::Ascending,
        ..first.clone()
    };
    for query in [first, next, narrow, upwards] {
        let statement = statement(&mut conn, &alice, &query);
        let steps = steps(&mut database.connect(), &statement);
        assert_eq!(steps, ["PRIMARY"], "{statement}");
    }
}

#[test]
fn a_filtered_page_sorts_no_more_than_itself() {
    let (database, mut conn) = filled();
    let blue = of(Owner::queue("blue"));
    let numbers = ["0611223344", "33611223344"];
    let numbers = numbers.map(|number| NumberForm::Exactly(number.to_owned()));
    let plain = Filter::default();
    let answered = Filter {
        statuses: vec![Status::Answered, Status::Full],
        ..plain.clone()
    };
    let of_number = Filter {
        numbers: numbers.into(),
        directions: vec![Direction::Inbound],
        ..plain.clone()
    };
    let long = Filter {
        least_talk: Some(25),
        ..answered.clone()
    };
    let rare = Filter {
        statuses: vec![Status::Full],
        ..long.clone()
    };
    for (owner, filter, ways) in [
        (&blue, &answered, &["history_status", "history_status"][..]),
        (&blue, &of_number, &["history_peer", "history_peer"]),
        (&blue, &long, &["PRIMARY"]),
        (&blue, &rare, &["history_status"]),
        (&of(Owner::user("alice")), &answered, &["PRIMARY"]),
    ] {
        for order in [Order::Descending, Order::Ascending] {
            let query = PageQuery {
                filter: filter.clone(),
                until: Some(time(2700)),
                order,
                limit: 20,
                ..PageQuery::default()
            };
            let statement = statement(&mut conn, owner, &query);
            // The rows of the page, by their keys.
            let mut expected = vec!["PRIMARY"];
            expected.extend(ways);
            let steps = steps(&mut database.connect(), &statement);
            assert_eq!(steps, expected, "{statement}");
        }
    }
}

/// The keys by which the history is searched. Whatever else there is but the look-up of an owner's
/// id, the list of keys that were found, and its sorting, is a fault.
fn steps(conn: &mut Connection, statement: &str) -> Vec<String> {
    match conn {
        Connection::Sqlite(_) => sqlite_steps(conn, statement),
        Connection::Mysql(_) => mysql_steps(conn, statement),
    }
}

fn sqlite_steps(conn: &mut Connection, statement: &str) -> Vec<String> {
    let explain = format!("EXPLAIN QUERY PLAN {statement}");
    let plan: Vec<SqlitePlan> = diesel::sql_query(explain).load(conn).unwrap();
    let mut found = Vec::new();
    let mut rows = Vec::new();
    for step in plan {
        let detail = step.detail.as_str();
        let searched = detail.strip_prefix("SEARCH h USING ");
        match searched {
            // All of the key: the rows of the page.
            Some(how) if how.contains("ordinal=?") => rows.push("PRIMARY".to_owned()),
            Some(how) if how.starts_with("PRIMARY KEY") => found.push("PRIMARY".to_owned()),
            Some(how) => {
                let name = how
                    .trim_start_matches("COVERING ")
                    .trim_start_matches("INDEX ");
                found.push(name.split(' ').next().unwrap_or_default().to_owned());
            }
            None => {
                let known = [
                    "SCALAR SUBQUERY",
                    "SEARCH owners USING",
                    "CO-ROUTINE",
                    "MATERIALIZE",
                    "COMPOUND QUERY",
                    "LEFT-MOST SUBQUERY",
                    "UNION ALL",
                    "SCAN k",
                    "SCAN w",
                    "USE TEMP B-TREE FOR ORDER BY",
                ];
                assert!(
                    known.iter().any(|known| detail.starts_with(known)),
                    "{detail}"
                );
            }
        }
    }
    rows.extend(found);
    rows
}

fn mysql_steps(conn: &mut Connection, statement: &str) -> Vec<String> {
    let plan: Vec<MysqlPlan> = diesel::sql_query(format!("EXPLAIN {statement}"))
        .load(conn)
        .unwrap();
    let mut found = Vec::new();
    for step in plan {
        let access = step.access.clone().unwrap_or_default();
        match step.table.as_str() {
            "owners" => assert_eq!(access, "const", "{step:?}"),
            "h" => {
                assert!(
                    ["range", "ref", "eq_ref"].contains(&access.as_str()),
                    "{step:?}"
                );
                let extra = step.extra.as_deref().unwrap_or_default();
                let sorts = extra.contains("filesort") || extra.contains("temporary");
                assert!(!sorts, "{step:?}");
                found.push(step.key.unwrap_or_default());
            }
            derived => assert!(derived.starts_with('<'), "{step:?}"),
        }
    }
    found
}
