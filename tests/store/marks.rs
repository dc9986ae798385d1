//! Marks: those of the entries that are stored, whatever was stored before.

use std::collections::{BTreeMap, BTreeSet};

use call_history::model::{Call, CallId, Owner, Principal, Side, Status};
use call_history::store::calls::replace;
use call_history::store::history::{Filter, PageQuery, page};
use call_history::store::{Connection, migrate};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

use crate::filters::any_entry;
use crate::made_up::call;
use crate::support::TestDatabase;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// The marks, with the names of their owners and what they carry.
fn marks(conn: &mut Connection) -> Vec<String> {
    let lines: Vec<Line> = diesel::sql_query(
        "SELECT `kind` || ' ' || HEX(`name`) || ' ' || HEX(`mark`) || ' ' || `started_at` \
             || ' ' || HEX(`call_id`) || ' ' || `ordinal` || ' ' || `status` || ' ' || `direction` \
             || ' ' || `has_recording` || ' ' || `answered_elsewhere` || ' ' || `also_agent` \
             || ' ' || COALESCE(`talk_seconds`, '') || ' ' || COALESCE(`talking_since`, '') \
             || ' ' || COALESCE(`wait_seconds`, '') || ' ' || COALESCE(`queue`, '') \
             || ' ' || COALESCE(`agent`, '') || ' ' || COALESCE(`account_code`, '') AS `line` \
         FROM `history_marks` LEFT JOIN `owners` ON `id` = `owner_id` ORDER BY `line`",
    )
    .load(conn)
    .unwrap();
    lines.into_iter().map(|line| line.line).collect()
}

/// A call of which anything may be the case; the same number is the same call.
fn any_call(random: &mut StdRng, nr: i64) -> Call {
    let owners = [
        Owner::user("alice"),
        Owner::queue("blue"),
        Owner::queue("red"),
        Owner::customer("0611223344"),
    ];
    let count = random.random_range(0..=3);
    let owners = owners.choose_multiple(random, count).cloned();
    let start = nr + random.random_range(0..2);
    let entries = owners.map(|owner| any_entry(&mut StdRng::seed_from_u64(7), owner, start));
    let mut entries: Vec<_> = entries.collect();
    if random.random()
        && let Some(entry) = entries.first_mut()
    {
        *entry = any_entry(random, entry.owner.clone(), start);
    }
    let mut made = call(&format!("1.{nr}"), nr, entries);
    made.summary = any_entry(random, Owner::all(), nr);
    made.summary.src = Side {
        number: [Some("Zoé"), Some("+33é1"), Some("7"), None]
            .choose(random)
            .unwrap()
            .map(str::to_owned),
        ..Side::default()
    };
    made
}

#[test]
fn marks_are_those_of_the_entries_that_are_stored() {
    let seed = std::env::var("SEED").map_or(14, |text| text.parse().unwrap());
    let random = &mut StdRng::seed_from_u64(seed);
    let database = TestDatabase::new();
    let conn = &mut database.connect();
    let mut stored: BTreeMap<CallId, Call> = BTreeMap::new();
    for _ in 0..60 {
        let numbers = 0..random.random_range(1..12);
        let calls: Vec<Call> = numbers
            .map(|_| random.random_range(0..40))
            .collect::<BTreeSet<i64>>()
            .into_iter()
            .map(|nr| any_call(random, nr))
            .collect();
        let gone: Vec<CallId> = (0..random.random_range(0..4))
            .map(|_| CallId::of("pbx", &format!("1.{}", random.random_range(0..40))))
            .collect();
        replace(conn, &calls, &gone).unwrap();
        stored.retain(|id, _| !gone.contains(id));
        stored.extend(calls.into_iter().map(|call| (call.id, call)));
    }
    let fresh = TestDatabase::new();
    let calls: Vec<Call> = stored.into_values().collect();
    replace(&mut fresh.connect(), &calls, &[]).unwrap();
    let expected = marks(&mut fresh.connect());
    assert!(expected.len() > 100, "{}", expected.len());
    assert_eq!(marks(conn), expected);
    let all: Vec<CallId> = calls.iter().map(|call| call.id).collect();
    replace(conn, &[], &all).unwrap();
    assert_eq!(marks(conn), Vec::<String>::new());
}

/// A database of before gets the marks that its entries would have been written with.
#[test]
fn a_migration_marks_what_is_stored() {
    let random = &mut StdRng::seed_from_u64(15);
    let database = TestDatabase::new();
    let conn = &mut database.connect();
    let mut calls: Vec<Call> = (0..200).map(|nr| any_call(random, nr)).collect();
    calls[7].summary.status = Status::Closed;
    replace(conn, &calls, &[]).unwrap();
    let written = marks(conn);
    let down = match conn {
        Connection::Mysql(_) => [
            include_str!("../../migrations/mysql/2026-11-23-000015_marks_compared/down.sql"),
            include_str!("../../migrations/mysql/2026-11-23-000014_marks/down.sql"),
        ],
        Connection::Sqlite(_) => [
            include_str!("../../migrations/sqlite/2026-11-23-000015_marks_compared/down.sql"),
            include_str!("../../migrations/sqlite/2026-11-23-000014_marks/down.sql"),
        ],
    };
    conn.batch_execute(&down.concat()).unwrap();
    conn.batch_execute(
        "DELETE FROM `__diesel_schema_migrations` WHERE `version` >= '20261123000014'",
    )
    .unwrap();
    assert_eq!(migrate(conn).unwrap(), ["20261123000014", "20261123000015"]);
    assert_eq!(marks(conn), written);
    let query = PageQuery {
        filter: Filter {
            statuses: vec![Status::Closed],
            ..Filter::default()
        },
        answered_elsewhere: true,
        limit: 20,
        ..PageQuery::default()
    };
    let readable = Principal::administrator().readable([Owner::all()]);
    let lines = page(conn, &readable, &query).unwrap();
    let found: Vec<CallId> = lines.iter().map(|line| line.call).collect();
    assert_eq!(found, [calls[7].id]);
}
