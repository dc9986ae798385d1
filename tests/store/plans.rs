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
            let mut made = call(&format!("1.{nr}"), nr / 2, entries.to_vec());
            if nr % 100 == 0 {
                let rare = &mut made.summary;
                rare.dialed = Some("+33145000000".to_owned());
                rare.agent = Some("7".to_owned());
                rare.account_code = Some("sales".to_owned());
                rare.talk_seconds = Some(4000);
            }
            made
        })
        .collect();
    replace(&mut conn, &calls, &[]).unwrap();
    if !database.url().is_sqlite() {
        diesel::sql_query("ANALYZE TABLE `history`, `history_marks`")
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
    // How many rows have a mark is counted before, up to a limit.
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
        assert_eq!(steps, [Read::Time], "{statement}");
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
    let inbound = Filter {
        directions: vec![Direction::Inbound],
        ..answered.clone()
    };
    let long = Filter {
        directions: vec![Direction::Inbound],
        least_talk: Some(25),
        ..plain.clone()
    };
    let rare = Filter {
        statuses: vec![Status::Full],
        least_talk: Some(25),
        ..plain.clone()
    };
    let alice = of(Owner::user("alice"));
    for (owner, filter, expected) in [
        (&blue, &answered, &[Read::Marks; 2][..]),
        // Recorded or not.
        (&blue, &inbound, &[Read::Marks; 4]),
        (&blue, &of_number, &[Read::Marks; 2]),
        (&blue, &long, &[Read::Time]),
        (&blue, &rare, &[Read::Marks]),
        (&alice, &answered, &[Read::Time]),
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
            let steps = steps(&mut database.connect(), &statement);
            assert_eq!(steps, expected, "{statement}");
        }
    }
}

#[test]
fn what_few_of_all_calls_have_is_found_by_its_marks() {
    let (database, mut conn) = filled();
    let all = of(Owner::all());
    let plain = Filter {
        // Of all, so that it is not the whole filter that leads.
        directions: vec![Direction::Inbound],
        ..Filter::default()
    };
    let number = |form| Filter {
        numbers: [form].into(),
        ..plain.clone()
    };
    let digits = str::to_owned;
    for (filter, mark, expected) in [
        (
            number(NumberForm::Exactly(digits("33145000000"))),
            "n33145000000",
            Read::Marks,
        ),
        (
            number(NumberForm::BeginsWith(digits("3314"), 0)),
            "n3314",
            Read::AllMarks,
        ),
        (
            number(NumberForm::EndsWith(digits("0000"))),
            "e0000",
            Read::AllMarks,
        ),
        (
            number(NumberForm::EndsWith(digits("5000000"))),
            "e000000",
            Read::Marks,
        ),
        (
            Filter {
                agents: vec![digits("7")],
                ..plain.clone()
            },
            "a7",
            Read::Marks,
        ),
        (
            Filter {
                account_codes: vec![digits("sales")],
                ..plain.clone()
            },
            "bsales",
            Read::Marks,
        ),
        (
            Filter {
                least_talk: Some(3600),
                ..plain.clone()
            },
            "t0000000000000003600",
            Read::AllMarks,
        ),
    ] {
        let query = PageQuery {
            filter,
            limit: 20,
            ..PageQuery::default()
        };
        let statement = statement(&mut conn, &all, &query);
        let steps = steps(&mut database.connect(), &statement);
        assert_eq!(steps, [expected], "{statement}");
        let hex: String = mark.bytes().map(|byte| format!("{byte:02x}")).collect();
        assert!(
            statement.contains(&format!("X'{hex}'")),
            "{mark}: {statement}"
        );
    }
}

/// What of a history is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Read {
    /// A range of it, in the order of time.
    Time,
    /// A mark in the order of time.
    Marks,
    /// All rows with some marks, which are then sorted.
    AllMarks,
}

/// What is read besides rows whose whole keys are known. Whatever else there is but the look-up of
/// an owner's id, the list of keys that were found, and its sorting, is a fault.
fn steps(conn: &mut Connection, statement: &str) -> Vec<Read> {
    match conn {
        Connection::Sqlite(_) => sqlite_steps(conn, statement),
        Connection::Mysql(_) => mysql_steps(conn, statement),
    }
}

fn sqlite_steps(conn: &mut Connection, statement: &str) -> Vec<Read> {
    let explain = format!("EXPLAIN QUERY PLAN {statement}");
    let plan: Vec<SqlitePlan> = diesel::sql_query(explain).load(conn).unwrap();
    let mut read = Vec::new();
    for step in plan {
        let detail = step.detail.as_str();
        if let Some(how) = detail.strip_prefix("SEARCH h USING PRIMARY KEY ") {
            if !how.contains("ordinal=?") {
                read.push(Read::Time);
            }
        } else if let Some(how) = detail.strip_prefix("SEARCH m USING PRIMARY KEY ") {
            assert!(how.starts_with("(owner_id=? AND mark"), "{detail}");
            let one = how.contains("mark=?");
            read.push(if one { Read::Marks } else { Read::AllMarks });
        } else if detail == "USE TEMP B-TREE FOR DISTINCT" {
            assert!(read.pop().is_some(), "{statement}");
            read.push(Read::AllMarks);
        } else {
            let known = [
                "SCALAR SUBQUERY",
                "REUSE SUBQUERY",
                "SEARCH owners USING",
                "CO-ROUTINE",
                "MATERIALIZE",
                "COMPOUND QUERY",
                "LEFT-MOST SUBQUERY",
                "UNION USING TEMP B-TREE",
                "MERGE (UNION)",
                "LEFT",
                "RIGHT",
                "SCAN k",
                "SCAN d",
                "SCAN w",
                "SCAN (subquery",
                "USE TEMP B-TREE FOR ORDER BY",
            ];
            let is_known = known.iter().any(|known| detail.starts_with(known));
            assert!(is_known, "{detail}");
        }
    }
    read
}

fn mysql_steps(conn: &mut Connection, statement: &str) -> Vec<Read> {
    let plan: Vec<MysqlPlan> = diesel::sql_query(format!("EXPLAIN {statement}"))
        .load(conn)
        .unwrap();
    let mut read = Vec::new();
    for step in plan {
        let access = step.access.clone().unwrap_or_default();
        let extra = step.extra.as_deref().unwrap_or_default();
        let sorts = extra.contains("filesort") || extra.contains("temporary");
        match (step.table.as_str(), access.as_str()) {
            ("owners", access) => assert_eq!(access, "const", "{step:?}"),
            ("h" | "m", "range" | "ref" | "eq_ref") => {
                assert_eq!(step.key.as_deref(), Some("PRIMARY"), "{step:?}");
                match (step.table.as_str(), access.as_str()) {
                    (_, "eq_ref") => assert!(!sorts, "{step:?}"),
                    ("h", _) if !sorts => read.push(Read::Time),
                    ("m", _) if sorts => read.push(Read::AllMarks),
                    ("m", _) => read.push(Read::Marks),
                    _ => panic!("{step:?}"),
                }
            }
            (derived, _) => assert!(derived.starts_with('<'), "{step:?}"),
        }
    }
    read
}
