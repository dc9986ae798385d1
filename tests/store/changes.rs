//! The revision log, and what an instance that tails it learns.

use std::sync::Arc;
use std::time::Duration;

use actix_web::{rt, web};
use call_history::api::State;
use call_history::api::changes::{ChangeTail, Event};
use call_history::auth::Access;
use call_history::model::{CallId, Owner, OwnerKind, Principal, Scope, Sight};
use call_history::store::calls::replace;
use call_history::store::changes::{Change, after, last};
use call_history::store::{Connection, Pool};
use chrono_tz::Tz;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::made_up::{call, entry};
use crate::support::TestDatabase;

fn user(name: &str) -> Owner {
    Owner::new(OwnerKind::User, name)
}

fn id(linkedid: &str) -> CallId {
    CallId::of("pbx", linkedid)
}

fn change(revision: i64, linkedid: &str, owners: &[&str], removed: bool) -> Change {
    Change {
        revision,
        call: id(linkedid),
        owners: owners
            .iter()
            .map(|name| user(name))
            .chain([Owner::all()])
            .collect(),
        removed,
    }
}

fn put(conn: &mut Connection, linkedid: &str, owners: &[&str]) {
    let entries = owners.iter().map(|name| entry(user(name), 1)).collect();
    replace(conn, &[call(linkedid, 1, entries)], &[]).unwrap();
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

fn number(conn: &mut Connection, query: &str) -> i64 {
    let query = format!("SELECT {query} AS `number`");
    diesel::sql_query(query)
        .get_result::<Number>(conn)
        .unwrap()
        .number
}

#[test]
fn each_change_has_a_revision_and_tells_who_gained_and_who_lost() {
    let database = TestDatabase::new();
    let conn = &mut database.connect();
    assert_eq!(last(conn), Ok(0));
    assert_eq!(after(conn, 0), Ok(Some(vec![])));
    put(conn, "1", &["a", "b"]);
    put(conn, "2", &["c"]);
    put(conn, "1", &["a", "b"]);
    put(conn, "1", &["b", "d"]);
    replace(conn, &[], &[id("2"), id("3")]).unwrap();
    let expected = [
        change(1, "1", &["a", "b"], false),
        change(2, "2", &["c"], false),
        change(3, "1", &["a", "b", "d"], false),
        change(4, "2", &["c"], true),
    ];
    assert_eq!(last(conn), Ok(4));
    for seen in 0..=4_usize {
        let revision = i64::try_from(seen).unwrap();
        assert_eq!(after(conn, revision), Ok(Some(expected[seen..].to_vec())));
    }
    assert_eq!(number(conn, "(SELECT MAX(`revision`) FROM `calls`)"), 3);
    // Who has lost one has a tombstone, for good.
    assert_eq!(
        number(conn, "(SELECT MAX(`revision`) FROM `tombstones`)"),
        4
    );
    put(conn, "2", &["e"]);
    assert_eq!(number(conn, "(SELECT COUNT(*) FROM `tombstones`)"), 3);
    assert_eq!(
        after(conn, 4),
        Ok(Some(vec![change(5, "2", &["e"], false)]))
    );
}

#[test]
fn a_transaction_of_many_changes_is_read_from_any_revision_within() {
    let database = TestDatabase::new();
    let conn = &mut database.connect();
    let calls: Vec<_> = (0..450)
        .map(|n| call(&n.to_string(), n, vec![entry(user("a"), n)]))
        .collect();
    replace(conn, &calls, &[]).unwrap();
    assert_eq!(last(conn), Ok(450));
    let rest = after(conn, 440).unwrap().unwrap();
    let revisions: Vec<i64> = rest.iter().map(|change| change.revision).collect();
    assert_eq!(revisions, (441..=450).collect::<Vec<_>>());
    assert_eq!(
        number(conn, "(SELECT COUNT(DISTINCT `revision`) FROM `calls`)"),
        450
    );
}

#[test]
fn what_the_log_does_not_reach_back_to_may_be_anything() {
    let database = TestDatabase::new();
    let conn = &mut database.connect();
    put(conn, "1", &["a"]);
    put(conn, "2", &["b"]);
    put(conn, "3", &["c"]);
    assert_eq!(after(conn, 7), Ok(None), "of another database");
    conn.batch_execute("DELETE FROM `changes` WHERE `revision` = 1")
        .unwrap();
    assert_eq!(after(conn, 0), Ok(None));
    assert_eq!(
        after(conn, 1).unwrap().map(|changes| changes.len()),
        Some(2)
    );
    conn.batch_execute("UPDATE `changes` SET `body` = NULL WHERE `revision` = 3")
        .unwrap();
    assert_eq!(
        after(conn, 1).unwrap().map(|changes| changes.len()),
        Some(1)
    );
    assert_eq!(after(conn, 2), Ok(None));
    conn.batch_execute("DELETE FROM `changes`").unwrap();
    assert_eq!(after(conn, 2), Ok(None));
    assert_eq!(after(conn, 3), Ok(Some(vec![])));
}

#[test]
fn the_log_is_cut_and_revisions_go_on() {
    let database = TestDatabase::new();
    let conn = &mut database.connect();
    put(conn, "1", &["a"]);
    conn.batch_execute("UPDATE `revisions` SET `value` = 199999 WHERE `name` = 'calls'")
        .unwrap();
    put(conn, "2", &["a"]);
    assert_eq!(last(conn), Ok(200_000));
    assert_eq!(number(conn, "(SELECT COUNT(*) FROM `changes`)"), 1);
    assert_eq!(after(conn, 1), Ok(None));
}

#[test]
fn who_writes_at_the_same_time_gives_each_revision_once() {
    let database = TestDatabase::new();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let database = &database;
            scope.spawn(move || {
                let mut conn = database.connect();
                for n in 0..15 {
                    put(&mut conn, &format!("{writer}-{n}"), &["a"]);
                }
            });
        }
        // Whoever has seen a revision has seen all before it.
        let mut conn = database.connect();
        let mut seen = 0;
        while seen < 60 {
            for change in after(&mut conn, seen).unwrap().unwrap() {
                assert_eq!(change.revision, seen + 1);
                seen = change.revision;
            }
        }
    });
}

#[test]
fn calls_of_before_have_revisions_in_the_order_of_time() {
    let database = TestDatabase::empty();
    let conn = &mut database.connect();
    call_history::store::migrate(conn).unwrap();
    let calls: Vec<_> = (0..5)
        .map(|n| call(&n.to_string(), 100 - n, vec![entry(user("a"), n)]))
        .collect();
    replace(conn, &calls, &[]).unwrap();
    // Back to the version before the log, and forth again.
    let down = match conn {
        Connection::Mysql(_) => {
            include_str!("../../migrations/mysql/2026-11-23-000008_follow/down.sql")
        }
        Connection::Sqlite(_) => {
            include_str!("../../migrations/sqlite/2026-11-23-000008_follow/down.sql")
        }
    };
    let up = match conn {
        Connection::Mysql(_) => {
            include_str!("../../migrations/mysql/2026-11-23-000008_follow/up.sql")
        }
        Connection::Sqlite(_) => {
            include_str!("../../migrations/sqlite/2026-11-23-000008_follow/up.sql")
        }
    };
    conn.batch_execute(down).unwrap();
    conn.batch_execute(up).unwrap();
    assert_eq!(last(conn), Ok(5));
    for (linkedid, revision) in [("0", 5), ("2", 3), ("4", 1)] {
        let query = format!("(SELECT `revision` FROM `calls` WHERE `linkedid` = '{linkedid}')");
        assert_eq!(number(conn, &query), revision);
    }
    // Nobody is told what changed before there was a log.
    assert_eq!(after(conn, 0), Ok(None));
    put(conn, "9", &["b"]);
    assert_eq!(
        after(conn, 5),
        Ok(Some(vec![change(6, "9", &["b"], false)]))
    );
}

/// What a sight of these users sees of an event: the calls, whether each is removed, and the
/// owners of their entries.
fn seen(event: &Event, users: &[&str]) -> Vec<(String, bool, Vec<String>)> {
    let Event::Changed(batch) = event else {
        panic!("the log reaches back");
    };
    let scopes: Vec<Scope> = users
        .iter()
        .map(|name| Scope::User((*name).to_owned()))
        .collect();
    let sight = Sight::of(Principal::new(None, None, &scopes));
    let calls = batch.seen(&sight, Tz::UTC, 0).into_iter();
    calls
        .map(|call| {
            let entries = call.entries.iter().flatten();
            let owners = entries.map(|entry| entry.owner.name.clone());
            (
                call.call_id.clone(),
                call.removed.unwrap_or(false),
                owners.collect(),
            )
        })
        .collect()
}

#[actix_web::test]
async fn an_instance_learns_who_changed_and_each_subscriber_what_it_may_read() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    put(&mut conn, "1", &["a"]);
    let pool = Pool::new(&database.url_text().parse().unwrap(), 2);
    let mut state = State::new(pool, Tz::UTC, Access::Open);
    state.changes = Arc::new(ChangeTail::new(Duration::from_millis(100)));
    let state = web::Data::new(state);
    let (mut subscription, revision) = state.changes.subscribe();
    assert_eq!(revision, 0);
    let running = web::Data::clone(&state);
    let looking = rt::spawn(async move { running.changes.run(&running).await });
    let what_was_before = subscription.next().await;
    assert!(matches!(what_was_before, Event::Reset));
    let newest = |name| state.changes.newest([&user(name)]);
    assert_eq!(newest("a"), Some(1));

    put(&mut conn, "1", &["b", "c"]);
    let event = subscription.next().await;
    let first = id("1").to_string();
    let gone = vec![(first.clone(), true, vec![])];
    assert_eq!(seen(&event, &["a"]), gone, "lost its entry");
    let all_of = |names: &[&str]| {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        vec![(first.clone(), false, names)]
    };
    assert_eq!(seen(&event, &["b"]), all_of(&["b"]));
    assert_eq!(seen(&event, &["a", "b", "c"]), all_of(&["b", "c"]));
    assert_eq!(seen(&event, &["d"]), vec![]);
    assert_eq!(newest("b"), Some(2));
    assert_eq!(newest("d"), Some(1));

    replace(&mut conn, &[], &[id("1")]).unwrap();
    let event = subscription.next().await;
    assert_eq!(seen(&event, &["c"]), gone);
    assert_eq!(seen(&event, &["a"]), vec![], "had lost it before");
    // An older database in its place.
    conn.batch_execute("UPDATE `revisions` SET `value` = 1 WHERE `name` = 'calls'")
        .unwrap();
    assert!(matches!(subscription.next().await, Event::Reset));
    looking.abort();
}
