//! Pages: compared with sorting everything, and explained by the database.

use call_history::model::{Call, Line, Owner, Principal, Readable, Status};
use call_history::store::Connection;
use call_history::store::calls::replace;
use call_history::store::history::{PageQuery, page};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::made_up::{call, entry, time};
use crate::statements::Statements;
use crate::support::TestDatabase;

fn owners() -> Vec<Owner> {
    vec![
        Owner::user("alice"),
        Owner::user("bob"),
        Owner::agent("alice"),
        Owner::queue("blue"),
        Owner::queue("black"),
        Owner::customer("0611223344"),
    ]
}

/// Calls whose entries share few starts, with visits of the same queue by the same call.
fn random_calls(random: &mut StdRng) -> Vec<Call> {
    let statuses = [Status::Answered, Status::Missed, Status::Abandoned];
    (0..200)
        .map(|nr| {
            let start = random.random_range(0..20);
            let mut entries = Vec::new();
            // Visits are counted through the call, so no two owners share a position.
            for (owner, ordinal) in owners().into_iter().zip(0..) {
                if random.random_bool(0.5) {
                    let mut entry = entry(owner, start);
                    entry.ordinal = ordinal;
                    entry.status = statuses[random.random_range(0..3)];
                    entry.answered_elsewhere = random.random_bool(0.2);
                    entry.also_agent = random.random_bool(0.3);
                    entries.push(entry);
                }
            }
            call(&format!("1.{nr}"), start, entries)
        })
        .collect()
}

fn naive(calls: &[Call], readable: &Readable, query: &PageQuery) -> Vec<Line> {
    let lines = calls.iter().flat_map(|call| {
        call.entries.iter().map(|entry| Line {
            call: call.id,
            entry: entry.clone(),
        })
    });
    let mut lines: Vec<Line> = lines
        .filter(|line| {
            let entry = &line.entry;
            readable.owners().contains(&entry.owner)
                && !(readable.leaves_out_agent_calls(&entry.owner) && entry.also_agent)
                && query.from.is_none_or(|from| entry.start >= from)
                && query.until.is_none_or(|until| entry.start < until)
                && (query.statuses.is_empty() || query.statuses.contains(&entry.status))
                && (query.answered_elsewhere || !entry.answered_elsewhere)
                && query.after.is_none_or(|after| line.position() < after)
        })
        .collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.position()));
    lines.truncate(query.limit);
    lines
}

#[test]
fn every_page_is_what_sorting_everything_gives() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    let mut random = StdRng::seed_from_u64(7);
    let calls = random_calls(&mut random);
    replace(&mut conn, &calls, &[]).unwrap();
    let principal = Principal::administrator();
    let everybody = || {
        owners()
            .into_iter()
            .chain([Owner::queue("empty"), Owner::queue("blue")])
    };
    let sets = [
        principal.readable([Owner::queue("blue")]),
        principal.readable([Owner::queue("blue"), Owner::queue("black")]),
        principal.readable(everybody()),
        principal.readable_agent("alice", Some("alice")),
        principal.readable([Owner::user("nobody")]),
        principal.readable([]),
    ];
    for readable in &sets {
        for limit in [1, 2, 3, 7, 50, 1000] {
            let mut query = PageQuery {
                from: random
                    .random_bool(0.5)
                    .then(|| time(random.random_range(0..10))),
                until: random
                    .random_bool(0.5)
                    .then(|| time(random.random_range(8..22))),
                statuses: [Status::Missed, Status::Answered][..random.random_range(0..3)].to_vec(),
                answered_elsewhere: random.random_bool(0.5),
                after: None,
                limit,
            };
            // From page to page until the end, as a client does.
            for _ in 0..if limit < 4 { 60 } else { 1000 } {
                let wanted = naive(&calls, readable, &query);
                assert_eq!(page(&mut conn, readable, &query).unwrap(), wanted);
                match wanted.last() {
                    Some(last) => query.after = Some(last.position()),
                    None => break,
                }
            }
        }
    }
    let nothing = PageQuery::default();
    assert_eq!(page(&mut conn, &sets[0], &nothing), Ok(Vec::new()));
}

#[test]
fn words_of_another_version_are_read_as_far_as_they_go() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    let owner = Owner::user("alice");
    replace(
        &mut conn,
        &[call("1", 1, vec![entry(owner.clone(), 1)])],
        &[],
    )
    .unwrap();
    conn.batch_execute("UPDATE history SET status = 'teleported', direction = 'up', started_at = -9000000000000000000")
        .unwrap();
    let readable = Principal::administrator().readable([owner]);
    let query = PageQuery {
        limit: 10,
        ..PageQuery::default()
    };
    let lines = page(&mut conn, &readable, &query).unwrap();
    assert_eq!(lines[0].entry.status, Status::Unknown);
}

#[derive(QueryableByName)]
struct SqlitePlan {
    #[diesel(sql_type = Text)]
    detail: String,
}

#[derive(QueryableByName, Debug)]
struct MysqlPlan {
    #[diesel(sql_type = Text)]
    table: String,
    #[diesel(sql_type = Text, column_name = "type")]
    access: String,
    #[diesel(sql_type = Nullable<Text>)]
    key: Option<String>,
    #[diesel(sql_type = Nullable<Text>, column_name = "Extra")]
    extra: Option<String>,
}

#[test]
fn a_page_is_one_range_scan_of_the_primary_key() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    let calls: Vec<_> = (0..3000)
        .map(|nr| {
            let owners = [
                Owner::user("alice"),
                Owner::queue("blue"),
                Owner::customer("0611"),
            ];
            let entries = owners.map(|owner| entry(owner, nr / 2)).to_vec();
            call(&format!("1.{nr}"), nr / 2, entries)
        })
        .collect();
    replace(&mut conn, &calls, &[]).unwrap();
    if !database.url().is_sqlite() {
        diesel::sql_query("ANALYZE TABLE history")
            .execute(&mut conn)
            .unwrap();
    }
    let readable = Principal::administrator().readable_agent("nobody", Some("alice"));
    let first = PageQuery {
        limit: 20,
        ..PageQuery::default()
    };
    let lines = page(&mut conn, &readable, &first).unwrap();
    let next = PageQuery {
        after: Some(lines[19].position()),
        ..first.clone()
    };
    let narrow = PageQuery {
        from: Some(time(10)),
        until: Some(time(1400)),
        statuses: vec![Status::Answered, Status::Emitted],
        ..next.clone()
    };
    let statements = Statements::of(&mut conn);
    for query in [first, next, narrow] {
        assert_eq!(page(&mut conn, &readable, &query).unwrap().len(), 20);
        let mut ran = statements.take();
        ran.retain(|text| text.contains("`history`") && text.contains("alice"));
        let [statement] = &ran[..] else {
            panic!("one scan of the history, not {ran:?}");
        };
        assert_is_one_range_scan(&mut database.connect(), statement);
    }
}

fn assert_is_one_range_scan(conn: &mut Connection, statement: &str) {
    if let Connection::Sqlite(_) = conn {
        let explain = format!("EXPLAIN QUERY PLAN {statement}");
        let plan: Vec<SqlitePlan> = diesel::sql_query(explain).load(conn).unwrap();
        let plan: Vec<String> = plan.into_iter().map(|step| step.detail).collect();
        // Beside it only the look-up of the owner's id.
        assert_eq!(plan.len(), 3, "{plan:?}");
        assert!(
            plan[0].starts_with("SEARCH history USING PRIMARY KEY"),
            "{plan:?}"
        );
        assert!(plan[1].starts_with("SCALAR SUBQUERY"), "{plan:?}");
        assert!(plan[2].starts_with("SEARCH owners USING"), "{plan:?}");
        return;
    }
    let plan: Vec<MysqlPlan> = diesel::sql_query(format!("EXPLAIN {statement}"))
        .load(conn)
        .unwrap();
    // Beside it only the look-up of the owner's id, which the server does first.
    let [step, owner] = &plan[..] else {
        panic!("two steps, not {plan:?}");
    };
    assert_eq!(
        (owner.table.as_str(), owner.access.as_str()),
        ("owners", "const")
    );
    assert_eq!(
        (step.table.as_str(), step.key.as_deref()),
        ("history", Some("PRIMARY"))
    );
    assert!(["range", "ref"].contains(&step.access.as_str()), "{step:?}");
    let extra = step.extra.as_deref().unwrap_or_default();
    assert!(
        !extra.contains("filesort") && !extra.contains("temporary"),
        "{step:?}"
    );
}
