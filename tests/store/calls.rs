//! Writing calls: what differs, and nothing else.

use call_history::model::{CallId, Owner, OwnerKind, Principal, Status};
use call_history::store::calls::{self, Changes, calls_after, calls_with_linkedids, replace};
use call_history::store::history::{PageQuery, page};
use call_history::store::{Connection, directory, owners};

use crate::made_up::{call, entry};
use crate::statements::Statements;
use crate::support::TestDatabase;

fn history(conn: &mut Connection, owner: Owner) -> Vec<CallId> {
    let readable = Principal::administrator().readable([owner]);
    let query = PageQuery {
        limit: 100,
        ..PageQuery::default()
    };
    let lines = page(conn, &readable, &query).unwrap();
    lines.iter().map(|line| line.call).collect()
}

fn changes(changed: usize, removed: usize, unchanged: usize) -> Changes {
    Changes {
        changed,
        removed,
        unchanged,
    }
}

#[test]
fn what_is_stored_already_is_not_written_again() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    let batch: Vec<_> = (0..300)
        .map(|nr| {
            let entries = vec![
                entry(Owner::user("alice"), nr),
                entry(Owner::queue("blue"), nr),
            ];
            call(&format!("1.{nr}"), nr, entries)
        })
        .collect();
    assert_eq!(replace(&mut conn, &batch, &[]), Ok(changes(300, 0, 0)));
    let statements = Statements::of(&mut conn);
    assert_eq!(replace(&mut conn, &batch, &[]), Ok(changes(0, 0, 300)));
    let unknown = [CallId::of("pbx", "unknown")];
    assert_eq!(replace(&mut conn, &[], &unknown), Ok(changes(0, 0, 0)));
    assert_eq!(statements.take_writes(), Vec::<String>::new());

    // One entry of one call differs: it goes and comes, and the call with its revision, which is
    // reserved, counted and logged.
    let mut other = batch.clone();
    other[7].entries[0].status = Status::Missed;
    assert_eq!(replace(&mut conn, &other, &[]), Ok(changes(1, 0, 299)));
    assert_eq!(statements.take_writes().len(), 2 + 2 + 3);
}

#[test]
fn a_call_that_changes_leaves_nothing_behind() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    let before = call("1.1", 10, vec![entry(Owner::user("alice"), 10)]);
    let other = call("1.2", 20, vec![entry(Owner::user("alice"), 20)]);
    replace(&mut conn, &[before, other.clone()], &[]).unwrap();
    let mut after = call("1.1", 11, vec![entry(Owner::user("bob"), 12)]);
    after.end = None;
    assert_eq!(
        replace(&mut conn, &[after.clone()], &[]),
        Ok(changes(1, 0, 0))
    );
    assert_eq!(
        replace(&mut conn, &[after.clone()], &[]),
        Ok(changes(0, 0, 1))
    );
    assert_eq!(history(&mut conn, Owner::user("alice")), [other.id]);
    assert_eq!(history(&mut conn, Owner::user("bob")), [after.id]);

    // Gone, unless it is there again in the same batch.
    let gone = [after.id, other.id];
    assert_eq!(
        replace(&mut conn, std::slice::from_ref(&other), &gone),
        Ok(changes(0, 1, 1))
    );
    assert_eq!(history(&mut conn, Owner::user("bob")), []);
    assert_eq!(history(&mut conn, Owner::user("alice")), [other.id]);
}

#[test]
fn names_that_look_alike_are_different_owners_and_calls() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    let names = ["a", "a ", "A", "Jose", "josé", "jose", "José"];
    let calls: Vec<_> = names
        .iter()
        .map(|name| call(name, 1, vec![entry(Owner::user(*name), 1)]))
        .collect();
    assert_eq!(replace(&mut conn, &calls, &[]), Ok(changes(7, 0, 0)));
    for (name, call) in names.iter().zip(&calls) {
        assert_eq!(
            history(&mut conn, Owner::user(*name)),
            [call.id],
            "{name:?}"
        );
        let found = calls_with_linkedids(&mut conn, "pbx", &[name.to_string()]).unwrap();
        assert_eq!(found, [(name.to_string(), call.id)]);
    }
    let mut sorted = names.map(str::to_owned).to_vec();
    sorted.sort_unstable();
    assert_eq!(owners::names(&mut conn, OwnerKind::User).unwrap(), sorted);
    assert_eq!(
        owners::names(&mut conn, OwnerKind::Agent).unwrap(),
        Vec::<String>::new()
    );
}

#[test]
fn only_a_new_user_agent_or_queue_changes_the_directorys_revision() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    let revision = |conn: &mut Connection, linkedid: &str, owner: Owner| {
        let before = directory::revision(conn).unwrap();
        replace(conn, &[call(linkedid, 1, vec![entry(owner, 1)])], &[]).unwrap();
        directory::revision(conn).unwrap() - before
    };
    assert_eq!(revision(&mut conn, "1", Owner::customer("0611")), 0);
    assert_eq!(revision(&mut conn, "2", Owner::queue("blue")), 1);
    assert_eq!(revision(&mut conn, "3", Owner::queue("blue")), 0);
    assert_eq!(revision(&mut conn, "4", Owner::agent("blue")), 1);
}

#[test]
fn all_calls_of_a_source_are_walked_once() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    let batch: Vec<_> = (0..25)
        .map(|nr| call(&format!("1.{nr:02}"), nr, Vec::new()))
        .collect();
    replace(&mut conn, &batch, &[]).unwrap();
    let mut walked = Vec::new();
    loop {
        let last = walked
            .last()
            .map(|(linkedid, _): &(String, CallId)| linkedid.clone());
        let chunk = calls_after(&mut conn, "pbx", last.as_deref(), 10).unwrap();
        if chunk.is_empty() {
            break;
        }
        walked.extend(chunk);
    }
    let wanted: Vec<_> = batch.iter().map(|c| (c.linkedid.clone(), c.id)).collect();
    assert_eq!(walked, wanted);
    assert_eq!(calls::sources_with_calls(&mut conn).unwrap(), ["pbx"]);
}

#[test]
fn writers_at_the_same_time_all_succeed() {
    let database = TestDatabase::new();
    std::thread::scope(|scope| {
        for writer in 0..4_usize {
            let database = &database;
            scope.spawn(move || {
                let mut conn = database.connect();
                for round in 0..10 {
                    // All meet the same new owners and calls, in different orders.
                    let mut batch: Vec<_> = (0..20)
                        .map(|nr| {
                            let owner = Owner::user(format!("user{round}-{nr}"));
                            call(&format!("{round}.{nr}"), nr, vec![entry(owner, nr)])
                        })
                        .collect();
                    batch.rotate_left(writer * 5);
                    replace(&mut conn, &batch, &[]).unwrap();
                }
            });
        }
    });
    let mut conn = database.connect();
    assert_eq!(
        calls_after(&mut conn, "pbx", None, 1000).unwrap().len(),
        200
    );
    assert_eq!(
        owners::names(&mut conn, OwnerKind::User).unwrap().len(),
        200
    );
}
