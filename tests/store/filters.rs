//! Filters: what the database compares, and what is compared of calls that are not stored, must
//! be the same.

use call_history::model::{
    Direction, Directory, Entry, NumberForm, Owner, OwnerKind, Principal, Status, TextSearch,
};
use call_history::store::Connection;
use call_history::store::calls::replace;
use call_history::store::history::{Filter, Order, PageQuery, count, page};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

use crate::made_up::{call, entry, time};
use crate::support::TestDatabase;

const CALLS: i64 = 400;
const MANY_CALLS: i64 = 4000;
const QUESTIONS: usize = 400;

const NUMBERS: [&str; 6] = ["0611223344", "+33611223344", "1000", "anonymous", "*98", ""];
const NAMES: [&str; 6] = ["José", "%", "Σίσυφος", "o_o", "\u{212a}im", "\u{130}PEK"];
const STATUSES: [Status; 4] = [
    Status::Answered,
    Status::Emitted,
    Status::Missed,
    Status::Ongoing,
];

fn owners() -> [Owner; 4] {
    [
        Owner::user("alice"),
        Owner::queue("blue"),
        Owner::customer("0611223344"),
        Owner::all(),
    ]
}

fn some(random: &mut StdRng, of: &[&str]) -> Option<String> {
    let text = of.choose(random).unwrap();
    (!text.is_empty()).then(|| (*text).to_owned())
}

/// Short or long.
fn seconds(random: &mut StdRng) -> i64 {
    let most = if random.random() { 110 } else { 600 };
    random.random_range(0..most)
}

/// An entry of which anything may be the case, also what no call gives.
pub(crate) fn any_entry(random: &mut StdRng, owner: Owner, start: i64) -> Entry {
    let mut made = entry(owner, start);
    made.status = *STATUSES.choose(random).unwrap();
    made.direction = *Direction::ALL.choose(random).unwrap();
    (made.talk_seconds, made.talking_since) = match random.random_range(0..4) {
        0 => (None, None),
        1 => (None, Some(time(start + random.random_range(0..50)))),
        _ => (Some(seconds(random)), None),
    };
    made.wait_seconds = random.random_bool(0.6).then(|| seconds(random));
    made.answered_elsewhere = random.random_bool(0.1);
    made.src.number = some(random, &NUMBERS);
    made.src.user = some(random, &["alice", "bob", "", ""]);
    made.src.name = some(random, &NAMES);
    made.dst.number = some(random, &NUMBERS);
    made.dialed = some(random, &NUMBERS);
    made.queue = some(random, &["blue", "Blue", ""]);
    made.agent = some(random, &["7", "07", ""]);
    made.account_code = some(random, &["sales", "sales ", ""]);
    made.has_recording = random.random();
    made.also_agent = random.random_bool(0.2);
    made
}

fn any_filter(random: &mut StdRng) -> Filter {
    let mut filter = Filter {
        now: time(CALLS + 40),
        ..Filter::default()
    };
    for _ in 0..random.random_range(1..=4) {
        let seconds = seconds(random);
        match random.random_range(0..11) {
            0 => filter.statuses.push(*STATUSES.choose(random).unwrap()),
            1 => filter
                .directions
                .push(*Direction::ALL.choose(random).unwrap()),
            2 | 3 => {
                filter.numbers.insert(any_form(random));
            }
            4 => filter.queues.extend(some(random, &["blue", "BLUE"])),
            5 => filter.agents.extend(some(random, &["7", "7 "])),
            6 => filter.account_codes.extend(some(random, &["sales", "%"])),
            7 => filter.least_talk = Some(seconds),
            8 => filter.most_talk = Some(seconds),
            9 => filter.least_wait = Some(seconds),
            _ => filter.has_recording = Some(random.random()),
        }
    }
    if random.random_bool(0.2) {
        let text = *[
            "jos", "JOSÉ", "%", "ΣΊ", "_", "alice", "06 11", "kIm", "i", "pek", "ip",
        ]
        .choose(random)
        .unwrap();
        filter.text = Some(TextSearch::new(text, &Directory::default()));
    }
    filter
}

fn any_form(random: &mut StdRng) -> NumberForm {
    let text = |text: &str| text.to_owned();
    match random.random_range(0..6) {
        0 => NumberForm::Exactly(text("0611223344")),
        1 => NumberForm::Exactly(text("33611223344")),
        2 => NumberForm::BeginsWith(text("06"), random.random_range(0..12)),
        3 => NumberForm::BeginsWith(text("1000"), 0),
        4 => NumberForm::EndsWith(text("344")),
        _ => NumberForm::EndsWith(text("1223344")),
    }
}

#[test]
fn the_database_lets_pass_what_passes_elsewhere() {
    let random = &mut random(7);
    let database = TestDatabase::new();
    let conn = &mut database.connect();
    fill(conn, random, CALLS, &owners());
    let mut listed = 0;
    for _ in 0..QUESTIONS {
        let owner = owners().choose(random).unwrap().clone();
        let filter = any_filter(random);
        listed += compare(conn, random, CALLS, &owner, filter, 1000);
    }
    // Not only empty lists were compared.
    assert!(listed > 10 * QUESTIONS, "{listed}");
}

/// So many entries that their marks are not gone through at once.
#[test]
fn what_many_entries_have_passes_as_well() {
    let random = &mut random(15);
    let database = TestDatabase::new();
    let conn = &mut database.connect();
    let owners = [Owner::queue("blue"), Owner::all()];
    fill(conn, random, MANY_CALLS, &owners);
    let mut listed = 0;
    for nr in 0..QUESTIONS / 4 {
        let mut filter = any_filter(random);
        if nr % 2 == 0 {
            filter = Filter {
                statuses: vec![STATUSES[nr % 3], STATUSES[3]],
                most_talk: filter.most_talk,
                has_recording: filter.has_recording,
                now: filter.now,
                ..Filter::default()
            };
        }
        let owner = owners.choose(random).unwrap();
        listed += compare(conn, random, MANY_CALLS, owner, filter, 50);
    }
    assert!(listed > 2 * QUESTIONS, "{listed}");
}

fn random(seed: u64) -> StdRng {
    let seed = std::env::var("SEED").map_or(seed, |text| text.parse().unwrap());
    StdRng::seed_from_u64(seed)
}

/// Stores calls with an entry for each of these owners.
fn fill(conn: &mut Connection, random: &mut StdRng, calls: i64, owners: &[Owner]) {
    let (all, owners): (Vec<_>, Vec<_>) = owners
        .iter()
        .cloned()
        .partition(|owner| owner.kind == OwnerKind::All);
    let calls: Vec<_> = (0..calls)
        .map(|nr| {
            let entry = |owner: &Owner| any_entry(random, owner.clone(), nr / 3);
            let entries = owners.iter().map(entry).collect();
            let mut made = call(&format!("1.{nr}"), nr / 3, entries);
            made.summary = any_entry(random, all[0].clone(), nr / 3);
            made
        })
        .collect();
    replace(conn, &calls, &[]).unwrap();
}

/// Asks for a page, and compares it with what passes of the whole; returns how many there are.
fn compare(
    conn: &mut Connection,
    random: &mut StdRng,
    calls: i64,
    owner: &Owner,
    filter: Filter,
    limit: usize,
) -> usize {
    let whose = Principal::administrator().readable([owner.clone()]);
    let everything = PageQuery {
        answered_elsewhere: true,
        limit: 10_000,
        ..PageQuery::default()
    };
    let mut whole = page(conn, &whose, &everything).unwrap();
    assert_eq!(i64::try_from(whole.len()), Ok(calls));
    let after = whole.choose(random).map(|line| line.position());
    let query = PageQuery {
        from: random.random_bool(0.3).then(|| time(calls / 20)),
        until: random.random_bool(0.3).then(|| time(calls * 11 / 40)),
        filter,
        answered_elsewhere: random.random(),
        order: match random.random() {
            true => Order::Descending,
            false => Order::Ascending,
        },
        after: after.filter(|_| random.random_bool(0.5)),
        limit,
    };
    if query.order == Order::Ascending {
        whole.reverse();
    }
    whole.retain(|line| query.wants(line));
    if query.after.is_none() {
        let counted = count(conn, &whose, &query, 1000).unwrap();
        assert_eq!(counted, whole.len().min(1000), "{owner:?} {query:?}");
    }
    whole.truncate(limit);
    let found = page(conn, &whose, &query).unwrap();
    assert_eq!(found, whole, "{owner:?} {query:?}");
    found.len()
}
