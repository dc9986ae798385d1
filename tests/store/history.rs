//! Pages: compared with sorting everything, and explained by the database.

use call_history::model::{Call, Line, Owner, Principal, Readable, Status};
use call_history::store::calls::replace;
use call_history::store::history::{Filter, Order, PageQuery, page};
use diesel::connection::SimpleConnection;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::made_up::{call, entry, time};
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
    let statuses = &query.filter.statuses;
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
                && (statuses.is_empty() || statuses.contains(&entry.status))
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
                filter: Filter {
                    statuses: [Status::Missed, Status::Answered][..random.random_range(0..3)]
                        .to_vec(),
                    ..Filter::default()
                },
                order: Order::Descending,
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
